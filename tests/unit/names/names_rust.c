/* SPDX-License-Identifier: MIT */
#include "where.h"

/* What names_rust.rs calls. */
void print_rust_frame(const char *file, const char *chain, const char *function);
void print_rust_variable(
	const void *address, const void *start, const char *name, const char *class_name);

void print_rust_frame(const char *file, const char *chain, const char *function)
{
	char path[4096];
	uintptr_t offset = link_address(__builtin_return_address(0), path);

	printf("frame\t%s\t%lx\t%s\t%s\t%s\n", path, (unsigned long)offset, file, chain, function);
	fflush(stdout);
}

void print_rust_variable(
	const void *address, const void *start, const char *name, const char *class_name)
{
	print_variable(address, "mutex", name, class_name, "-", start);
	fflush(stdout);
}
