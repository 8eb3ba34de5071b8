/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "names.h"
#include "where.h"

struct {
	pthread_mutex_t first, second;
} library_pair;

/* The public name of a function that its source knows by an internal one. */
NOINLINE void __library_inner(volatile int *rounds)
{
	WHERE("library_inner", __LINE__, 0);
	(*rounds)++;
}

void library_inner(volatile int *rounds) __attribute__((alias("__library_inner")));

void library_outer(volatile int *rounds)
{
	VARIABLE("mutex", library_pair.second, library_pair, "library_pair", "library_pair.second",
		"library_pair.second");
	WHERE("library_outer", __LINE__, 0);
	library_inner(rounds);
	NOT_THE_LAST;
}
