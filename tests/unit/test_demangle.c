/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/demangle.h"

struct names {
	const char *linker, *full, *brief;
};

static void check(const struct names *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *full = hw_demangle_full(names[i].linker);
		char *brief = hw_demangle_short(names[i].linker);

		cr_expect_str_eq(full, names[i].full);
		cr_expect_str_eq(brief, names[i].brief);
		free(full);
		free(brief);
	}
}

#define CHECK(...)                                                   \
	do {                                                         \
		static const struct names names[] = { __VA_ARGS__ }; \
                                                                     \
		check(names, sizeof(names) / sizeof(*names));        \
	} while (0)

Test(demangle, cxx)
{
	CHECK({ "_ZN3app5Queue4pushEi", "app::Queue::push(int)", "app::Queue::push" },
		{ "_Z3fooIiEvT_", "void foo<int>(int)", "foo<int>" },
		{ "_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()() const",
			"main::{lambda()#1}::operator()" },
		{ "_ZN12_GLOBAL__N_14workEv", "(anonymous namespace)::work()",
			"(anonymous namespace)::work" },
		{ "_ZNSt5mutex4lockEv", "std::mutex::lock()", "std::mutex::lock" },
		{ "_ZN3app8Registry5guardE", "app::Registry::guard", "app::Registry::guard" });
}

Test(demangle, rust)
{
	CHECK({ "_ZN4pool6worker17h0123456789abcdefE", "pool::worker", "pool::worker" },
		{ "_ZN39_$LT$pool..Job$u20$as$u20$pool..Run$GT$3run17hfedcba9876543210E",
			"<pool::Job as pool::Run>::run", "<pool::Job as pool::Run>::run" },
		{ "_RNvCs1234_7mycrate3foo", "mycrate::foo", "mycrate::foo" },
		{ "_RNvXCs1234_4poolNtB2_3JobNtB2_3Run3run", "<pool::Job as pool::Run>::run",
			"<pool::Job as pool::Run>::run" });
}

Test(demangle, everything_else_stays)
{
	CHECK({ "main", "main", "main" }, { "f", "f", "f" }, { "i", "i", "i" }, { "", "", "" },
		{ "_start", "_start", "_start" }, { "_Z", "_Z", "_Z" }, { "_R", "_R", "_R" },
		{ "_ZZ", "_ZZ", "_ZZ" }, { "_Z999999x", "_Z999999x", "_Z999999x" },
		{ "_ZN3app", "_ZN3app", "_ZN3app" },
		{ "pthread_mutex_lock", "pthread_mutex_lock", "pthread_mutex_lock" });
}

Test(demangle, short_form_drops_what_compilers_append)
{
	CHECK({ "worker.constprop.0", "worker.constprop.0", "worker" },
		{ "worker.isra.0.part.3.cold", "worker.isra.0.part.3.cold", "worker" },
		{ "_Z3fooi.part.0", "foo(int) [clone .part.0]", "foo" },
		{ "worker.llvm.123456", "worker.llvm.123456", "worker" },
		{ "a.cold.b", "a.cold.b", "a.cold.b" }, { ".cold", ".cold", ".cold" },
		{ "turn.0", "turn.0", "turn.0" }, { "x.partial", "x.partial", "x.partial" });
}

/* Real ones of template libraries are; libiberty's usual limit on recursion refuses them. */
Test(demangle, long_names)
{
	enum { SCOPES = 500 };
	char name[5 * SCOPES] = "_ZN", *text;

	for (int i = 0; i < SCOPES; i++)
		strcat(name, "3abc");
	strcat(name, "1fEv");
	text = hw_demangle_full(name);
	cr_expect_eq(strlen(text), SCOPES * strlen("abc::") + strlen("f()"));
	cr_expect_eq(strncmp(text, "abc::abc::", 10), 0);
	free(text);
}

Test(demangle, absurdly_long_names_stay)
{
	static char name[100000] = "_Z4work";
	char *text;

	memset(name + 7, 'i', sizeof(name) - 8);
	text = hw_demangle_full(name);
	cr_expect_str_eq(text, name);
	free(text);
}
