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
};

static void *find(const char *name, const char *version)
{
	void *found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;

	return found ? found : dlsym(RTLD_NEXT, name);
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
	{ (void **)&hw_real_functions.name, #name, version },
		HW_REAL_ALL(HW_REAL_LOOKUP)
#undef HW_REAL_LOOKUP
	};

	if (resolving)
		return;
	resolving = true;
	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++)
		if (!*lookups[i].place)
			*lookups[i].place = find(lookups[i].name, lookups[i].version);
	resolving = false;
	resolved = true;
}

void hw_real_resolve_once(void)
{
	if (!resolved)
		hw_real_resolve();
}
