/* SPDX-License-Identifier: MIT */
#include "interpose/real.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

struct hw_real_functions hw_real_functions;
void *hw_real_other_vforks[2];

static bool resolved;
/* This thread is in there already: dlsym called a hook. */
static __thread bool resolving;

struct lookup {
	void **place;
	const char *name;
	const char *version;
};

/* The version of everything that libc has had from the beginning on x86-64. */
#define OLDEST "GLIBC_2.2.5"

/*
 * Asking for a version goes past libraries that give none to their symbols, and so past the hooks
 * of a sanitizer. So it decides only between two of libc's.
 */
static void *find(const char *name, const char *version)
{
	void *next = dlsym(RTLD_NEXT, name);
	void *wanted = version ? dlvsym(RTLD_NEXT, name, version) : NULL;

	return wanted && next == dlvsym(RTLD_NEXT, name, OLDEST) ? wanted : next;
}

/* What another library has in front of libc's, or NULL. */
static void *find_other(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name), *libcs = dlvsym(RTLD_NEXT, name, OLDEST);

	return libcs && next != libcs ? next : NULL;
}

/* What programs were linked with long ago is called as that, whoever stands in between. */
static void resolve_old(void)
{
	static const struct lookup lookups[] = {
#define HW_REAL_LOOKUP(result, member, parameters, name, version) \
	{ (void **)&hw_real_functions.member, #name, version },
		HW_REAL_OLD(HW_REAL_LOOKUP)
#undef HW_REAL_LOOKUP
	};

	for (size_t i = 0; i < sizeof(lookups) / sizeof(lookups[0]); i++)
		*lookups[i].place = dlvsym(RTLD_NEXT, lookups[i].name, lookups[i].version);
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
	hw_real_other_vforks[0] = find_other("vfork");
	hw_real_other_vforks[1] = find_other("__vfork");
	resolve_old();
	resolving = false;
	resolved = true;
}

bool hw_real_resolve_once(void)
{
	if (!resolved)
		hw_real_resolve();
	return resolved;
}
