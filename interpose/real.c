/* SPDX-License-Identifier: MIT */
#include "interpose/real.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

struct hw_real_functions hw_real_functions;

static bool resolved;
/* This thread is in there already: dlsym called a hook. */
static __thread bool resolving;

struct lookup {
	void **place;
	const char *name;
	const char *version;
	bool is_old; /* not without the version */
};

/* Whether both are of one library. */
static bool are_together(const void *a, const void *b)
{
	Dl_info one, other;

	return a == b ||
		(dladdr(a, &one) && dladdr(b, &other) && one.dli_fbase == other.dli_fbase);
}

/* Another library may stand in front of libc; names in it have no version. */
static void *find(const struct lookup *lookup)
{
	void *found = lookup->version ? dlvsym(RTLD_NEXT, lookup->name, lookup->version) : NULL;
	void *next = lookup->is_old ? found : dlsym(RTLD_NEXT, lookup->name);

	return found && are_together(found, next) ? found : next;
}

/*
 * A hit in dlsym allocates nothing (glibc 2.36, measured); a miss does, and may
 * come back to us through the program's malloc. By then the mutexes, first in
 * the list, are there. Both free what an earlier miss has left, so free is asked for
 * before anything is there, and must do without.
 */
void hw_real_resolve(void)
{
	static const struct lookup lookups[] = {
#define HW_REAL_LOOKUP(result, name, parameters, version) \
	{ (void **)&hw_real_functions.name, #name, version, false },
		HW_REAL_ALL(HW_REAL_LOOKUP)
#undef HW_REAL_LOOKUP
#define HW_REAL_LOOKUP(result, member, parameters, name, version) \
	{ (void **)&hw_real_functions.member, #name, version, true },
		HW_REAL_OLD(HW_REAL_LOOKUP)
#undef HW_REAL_LOOKUP
	};

	if (resolving)
		return;
	resolving = true;
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++)
		if (!*lookups[i].place)
			*lookups[i].place = find(&lookups[i]);
	resolving = false;
	resolved = true;
}

void hw_real_resolve_once(void)
{
	if (!resolved)
		hw_real_resolve();
}
