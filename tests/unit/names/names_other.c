/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "names.h"
#include "where.h"

/* Of the same name as one in names.c. */
static pthread_mutex_t lock;
static pthread_mutex_t only_here;

NOINLINE void print_other_file(void)
{
	VARIABLE("mutex", lock, lock, "lock (names_other.c)", "lock (names_other.c)",
		"lock (names_other.c)");
	VARIABLE("mutex", only_here, only_here, "only_here", "only_here", "only_here");
	WHERE("print_other_file", __LINE__, 0);
	NOT_THE_LAST;
}
