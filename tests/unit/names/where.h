/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_NAMES_WHERE_H
#define HW_TESTS_UNIT_NAMES_WHERE_H

/*
 * For programs whose names are looked up by tests: each says itself, line by
 * line, at which link-time address of which module what should be found.
 *
 *   frame MODULE ADDRESS FILE LEAF:LINE|...|FUNCTION:LINE FUNCTION
 *   variable MODULE ADDRESS KIND NAME CLASS SYMBOL+0xOFFSET
 *
 * Columns are separated by tabs. A frame's address is a return address; its
 * functions are innermost first, all but the last inlined. The last column is
 * what the ELF symbols alone can say, "-" when that depends on the compiler.
 */

#include <dlfcn.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOINLINE      __attribute__((noinline))
#define INLINE	      static inline __attribute__((always_inline))
#define INLINE_METHOD inline __attribute__((always_inline))

/* What a call after this one keeps from becoming a jump. */
#define NOT_THE_LAST __asm__ volatile("")

static jmp_buf where_return __attribute__((unused));

/* The address as the linker knew it, and the file it is in. */
static inline uintptr_t link_address(const volatile void *address, char path[4096])
{
	Dl_info info;
	const Elf64_Ehdr *header;
	ssize_t length;

	if (!dladdr((const void *)(uintptr_t)address, &info))
		abort();
	header = (const Elf64_Ehdr *)info.dli_fbase;
	if (info.dli_fname[0] == '/') {
		snprintf(path, 4096, "%s", info.dli_fname);
	} else {
		length = readlink("/proc/self/exe", path, 4095);
		path[length > 0 ? length : 0] = '\0';
	}
	return (uintptr_t)address - (header->e_type == ET_EXEC ? 0 : (uintptr_t)info.dli_fbase);
}

static inline void print_frame(
	const void *address, const char *file, const char *function, int line, va_list more)
{
	char path[4096];
	uintptr_t offset = link_address(address, path);

	printf("frame\t%s\t%lx\t%s\t", path, (unsigned long)offset, file);
	for (;;) {
		printf("%s:%d", function, line);
		line = va_arg(more, int);
		if (!line)
			break;
		function = va_arg(more, const char *);
		putchar('|');
	}
	printf("\t%s\n", function);
}

#define PRINT_CALLER(file, function, line)                                            \
	do {                                                                          \
		va_list more;                                                         \
                                                                                      \
		va_start(more, line);                                                 \
		print_frame(__builtin_return_address(0), file, function, line, more); \
		va_end(more);                                                         \
	} while (0)

NOINLINE __attribute__((unused)) static void where_at(
	const char *file, const char *function, int line, ...)
{
	PRINT_CALLER(file, function, line);
}

NOINLINE __attribute__((unused, cold)) static void where_cold_at(
	const char *file, const char *function, int line, ...)
{
	PRINT_CALLER(file, function, line);
}

NOINLINE __attribute__((unused, noreturn)) static void where_last_at(
	const char *file, const char *function, int line, ...)
{
	PRINT_CALLER(file, function, line);
	longjmp(where_return, 1);
}

/* WHERE("leaf", __LINE__, line, "caller", 0): the call is in leaf, which is inlined in caller. */
#define WHERE(...) where_at(__FILE__, __VA_ARGS__)

/* The same where the compiler expects the program hardly ever to come. */
#define WHERE_COLD(...) where_cold_at(__FILE__, __VA_ARGS__)

/* The same, and never returns: no code needs to follow the call. */
#define WHERE_LAST(...) where_last_at(__FILE__, __VA_ARGS__)

static inline void print_variable(const volatile void *address, const char *kind, const char *name,
	const char *class_name, const char *symbol, const volatile void *start)
{
	char path[4096];
	uintptr_t offset = link_address(address, path);
	uintptr_t inside = (uintptr_t)address - (uintptr_t)start;

	printf("variable\t%s\t%lx\t%s\t%s\t%s\t%s", path, (unsigned long)offset, kind, name,
		class_name, symbol);
	if (inside && *symbol != '-')
		printf("+0x%lx", (unsigned long)inside);
	putchar('\n');
}

/* An object inside `whole`, whose ELF symbol is `symbol`. */
#define VARIABLE(kind, object, whole, symbol, name, class_name) \
	print_variable(&(object), kind, name, class_name, symbol, &(whole))

#endif
