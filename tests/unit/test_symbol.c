/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/image.h"
#include "analyzer/path.h"
#include "analyzer/symbol.h"
#include "analyzer/textbuf.h"
#include "tests/unit/names/expected.h"
#include "trace/memory.h"

/* "leaf:12|outer:30", without lines if the module has none. */
static char *write_chain(const struct hw_symbol_chain *chain, bool with_lines)
{
	struct hw_textbuf text;

	hw_textbuf_init(&text);
	for (size_t i = 0; i < chain->count; i++) {
		fprintf(text.out, "%s%s", i ? "|" : "", chain->frames[i].function);
		if (with_lines)
			fprintf(text.out, ":%d", chain->frames[i].line);
	}
	return hw_textbuf_finish(&text);
}

static void check_files(const struct expected *item, const struct hw_symbol_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++) {
		struct stat found, said;
		const char *file = chain->frames[i].file;

		cr_expect(file && file[0] == '/' && !strstr(file, "/../"),
			"%s: '%s' is no clean absolute path", item->chain, file ? file : "");
		/* The compiler's idea of the file is relative to where it ran: the build's root. */
		if (file && stat(item->file, &said) == 0)
			cr_expect(stat(file, &found) == 0 && found.st_ino == said.st_ino,
				"%s: '%s' is not '%s'", item->chain, file, item->file);
		cr_expect(file && strcmp(hw_path_base(file), hw_path_base(item->file)) == 0,
			"%s: '%s' is not '%s'", item->chain, file ? file : "", item->file);
	}
}

static void check_frame(struct hw_symbols *symbols, const struct expected *item)
{
	bool with_lines = item->depth == DEPTH_ALL;
	const char *expected = with_lines		   ? item->chain
			       : expected_has_symbol(item) ? item->symbol
							   : "";
	struct hw_symbol_chain chain;
	char *found;

	hw_symbol_find(symbols, item->module, NULL, item->address, &chain);
	found = write_chain(&chain, with_lines);
	cr_expect_str_eq(found, expected, "%s: found %s, not %s", item->module, found, expected);
	if (with_lines)
		check_files(item, &chain);
	free(found);
	hw_symbol_finish(&chain);
}

Test(symbol, functions_and_lines_in_every_kind_of_build)
{
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct expected_list list;
	size_t frames = 0;

	expected_read(&list);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].is_frame) {
			check_frame(symbols, &list.items[i]);
			frames++;
		}
	}
	cr_expect_gt(frames, 50);
	cr_expect_null(hw_symbol_note(symbols, 0));
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}

/* The first frame that is expected in a program with all debug information. */
static const struct expected *first_frame(const struct expected_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].is_frame && list->items[i].depth == DEPTH_ALL)
			return &list->items[i];
	cr_skip("no compiler");
	return NULL;
}

Test(symbol, a_rebuilt_module_gives_no_names_but_one_note)
{
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct hw_symbol_chain chain;
	struct expected_list list;
	const struct expected *item;
	const char *note;

	expected_read(&list);
	item = first_frame(&list);
	for (int i = 0; i < 3; i++) {
		hw_symbol_find(symbols, item->module, "00112233445566778899aabbccddeeff00112233",
			item->address, &chain);
		cr_expect_eq(chain.count, 0);
		hw_symbol_finish(&chain);
	}
	note = hw_symbol_note(symbols, 0);
	cr_assert_not_null(note);
	cr_expect(strstr(note, item->module) && strstr(note, "has changed since the recording"));
	cr_expect_null(hw_symbol_note(symbols, 1));
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}

Test(symbol, what_is_no_file_gives_no_names_and_no_note)
{
	static const char *const paths[] = { "[vdso]", "linux-vdso.so.1", "", "/nonexistent/file",
		"/dev/null", "/usr/bin", "/memfd:code (deleted)" };
	struct hw_symbols *symbols = hw_symbol_create(1);
	struct hw_symbol_chain chain;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		hw_symbol_find(symbols, paths[i], NULL, 0x1234, &chain);
		cr_expect_eq(chain.count, 0, "'%s' has a name", paths[i]);
		hw_symbol_find(symbols, paths[i], "0011", 0x1234, &chain);
		cr_expect_eq(chain.count, 0, "'%s' has a name", paths[i]);
	}
	cr_expect_null(hw_symbol_note(symbols, 0));
	hw_symbol_destroy(symbols);
}

/* Not even that of a function which the linker dropped and left at address 0 in DWARF. */
Test(symbol, addresses_outside_of_code_have_no_name)
{
	static const uint64_t addresses[] = { 0, 1, 2, 0x100, 0x7fffffff, UINT64_MAX / 2,
		UINT64_MAX };
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct hw_symbol_chain chain;
	struct expected_list list;

	expected_read(&list);
	for (size_t i = 0; i < list.count; i++) {
		const char *module = list.items[i].module;

		for (size_t j = 0; j < sizeof(addresses) / sizeof(*addresses); j++) {
			hw_symbol_find(symbols, module, NULL, addresses[j], &chain);
			cr_expect_eq(chain.count, 0, "%s: %#lx has a name", module,
				(unsigned long)addresses[j]);
			hw_symbol_finish(&chain);
		}
	}
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}

/* Each of them stays open, and the usual limit would end that early. */
Test(symbol, more_modules_than_files_may_be_open_at_first)
{
	struct rlimit limit;
	struct hw_symbols *symbols;
	struct expected_list list;

	expected_read(&list);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 16;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	symbols = hw_symbol_create(0);
	for (size_t i = 0; i < list.count; i++)
		cr_expect_not_null(hw_symbol_image(symbols, list.items[i].module, NULL)->module,
			"%s is not open", list.items[i].module);
	hw_symbol_destroy(symbols);
	expected_finish(&list);
}

/* The link-time address of a function of libc itself, whatever else has one of that name. */
static uint64_t libc_function(const char *name, const char **ret_path)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	char *address;
	Dl_info info;

	cr_assert_not_null(libc);
	address = dlsym(libc, name);
	cr_assert(address && dladdr(address, &info));
	*ret_path = info.dli_fname;
	return (uint64_t)(address - (char *)info.dli_fbase);
}

/* libc's source calls it ___pthread_mutex_lock, and its tables have three names for it. */
Test(symbol, functions_of_libc_have_their_public_names)
{
	static const char *const names[] = { "pthread_mutex_lock", "pthread_mutex_unlock",
		"pthread_create", "pthread_once", "sem_wait", "write", "poll" };
	struct hw_symbols *symbols = hw_symbol_create(0);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct hw_symbol_chain chain;
		const char *path;
		uint64_t address = libc_function(names[i], &path);

		/* As if the first instruction had called something. */
		hw_symbol_find(symbols, path, NULL, address + 1, &chain);
		cr_assert_geq(chain.count, 1, "%s has no name", names[i]);
		cr_expect_str_eq(chain.frames[chain.count - 1].function, names[i]);
		hw_symbol_finish(&chain);
	}
	hw_symbol_destroy(symbols);
}

Test(symbol, lines_of_libc_come_from_its_separate_debug_file)
{
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct hw_symbol_chain chain;
	struct hw_symbol_frame *outermost;
	const char *path;
	uint64_t address = libc_function("pthread_mutex_lock", &path);

	if (access("/usr/lib/debug/.build-id", R_OK) != 0)
		cr_skip("no debug information of libc is installed");
	hw_symbol_find(symbols, path, NULL, address + 1, &chain);
	cr_assert_geq(chain.count, 1);
	outermost = &chain.frames[chain.count - 1];
	cr_assert_not_null(outermost->file);
	cr_expect_str_eq(hw_path_base(outermost->file), "pthread_mutex_lock.c");
	cr_expect_null(strstr(outermost->file, "nptl/nptl"), "%s", outermost->file);
	cr_expect_gt(outermost->line, 0);
	cr_expect_geq(outermost->line, outermost->function_line);
	hw_symbol_finish(&chain);
	hw_symbol_destroy(symbols);
}
