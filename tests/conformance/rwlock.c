/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <string.h>

#include "tests/conformance/case.h"

/* Read-write locks of every kind: free, held for reading and for writing, by whom, and full. */

static const struct kind {
	const char *name;
	int preference;
	int shared;
} kinds[] = {
	{ "readers first", PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_PROCESS_PRIVATE },
	{ "writers first", PTHREAD_RWLOCK_PREFER_WRITER_NP, PTHREAD_PROCESS_PRIVATE },
	{ "writers first, not recursive", PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP,
		PTHREAD_PROCESS_PRIVATE },
	{ "shared", PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_PROCESS_SHARED },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct kind *kind;
static pthread_rwlock_t *rwlock;
static const char *situation;

static void unlock_if(int error)
{
	if (!error)
		SHOW_ERROR(situation, pthread_rwlock_unlock, rwlock);
}

/* Every way to get it that comes back when somebody has it. */
static void *try_all(void *unused)
{
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_tryrdlock, rwlock));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_trywrlock, rwlock));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_timedrdlock, rwlock, &hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_timedwrlock, rwlock, &hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_timedrdlock, rwlock, &hw_case_invalid));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_timedwrlock, rwlock, &hw_case_invalid));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockrdlock, rwlock, CLOCK_MONOTONIC,
		&hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockwrlock, rwlock, CLOCK_MONOTONIC,
		&hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockrdlock, rwlock, CLOCK_REALTIME,
		&hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockwrlock, rwlock, CLOCK_REALTIME,
		&hw_case_invalid));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockrdlock, rwlock,
		CLOCK_THREAD_CPUTIME_ID, &hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_rwlock_clockwrlock, rwlock,
		CLOCK_THREAD_CPUTIME_ID, &hw_case_past));
	return NULL;
}

static void look_from_both(const char *how)
{
	situation = hw_case_join(kind->name, hw_case_join(how, "by the caller"));
	try_all(NULL);
	situation = hw_case_join(kind->name, hw_case_join(how, "by another thread"));
	hw_case_in_thread(try_all, NULL);
	situation = hw_case_join(kind->name, how);
}

static void run_kind(void)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, kind->preference);
	pthread_rwlockattr_setpshared(&attributes, kind->shared);
	rwlock = hw_case_shared(sizeof(*rwlock));
	SHOW_ERROR(kind->name, pthread_rwlock_init, rwlock, &attributes);
	pthread_rwlockattr_destroy(&attributes);

	situation = hw_case_join(kind->name, "free");
	try_all(NULL);
	SHOW_ERROR(situation, pthread_rwlock_rdlock, rwlock);
	look_from_both("held for reading");
	SHOW_ERROR(situation, pthread_rwlock_unlock, rwlock);
	situation = hw_case_join(kind->name, "free");
	SHOW_ERROR(situation, pthread_rwlock_wrlock, rwlock);
	look_from_both("held for writing");
	/* Who writes is told so instead of waiting for itself. */
	SHOW_ERROR(situation, pthread_rwlock_rdlock, rwlock);
	SHOW_ERROR(situation, pthread_rwlock_wrlock, rwlock);
	SHOW_ERROR(situation, pthread_rwlock_unlock, rwlock);
	SHOW_ERROR(kind->name, pthread_rwlock_destroy, rwlock);
}

/* Nobody reads two hundred million times at once; its count says that somebody does. */
static void when_full(void)
{
	pthread_rwlock_t full = PTHREAD_RWLOCK_INITIALIZER;

	full.__data.__readers = 0x7ffffff8;
	SHOW_ERROR("too many readers", pthread_rwlock_rdlock, &full);
	SHOW_ERROR("too many readers", pthread_rwlock_tryrdlock, &full);
	SHOW_ERROR("too many readers", pthread_rwlock_timedrdlock, &full, &hw_case_past);
	SHOW_ERROR("too many readers", pthread_rwlock_clockrdlock, &full, CLOCK_MONOTONIC,
		&hw_case_past);
}

/* Names that old libraries call, and no header declares. */
#define HIDDEN(name) int (*name)(pthread_rwlock_t *) = dlvsym(RTLD_DEFAULT, #name, "GLIBC_2.2.5")

static void hidden_names(void)
{
	int (*__pthread_rwlock_init)(pthread_rwlock_t *, const pthread_rwlockattr_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_rwlock_init", "GLIBC_2.2.5");
	HIDDEN(__pthread_rwlock_rdlock);
	HIDDEN(__pthread_rwlock_wrlock);
	HIDDEN(__pthread_rwlock_tryrdlock);
	HIDDEN(__pthread_rwlock_trywrlock);
	HIDDEN(__pthread_rwlock_unlock);
	HIDDEN(__pthread_rwlock_destroy);
	pthread_rwlock_t old;

	SHOW_ERROR("by its old name", __pthread_rwlock_init, &old, NULL);
	SHOW_ERROR("free", __pthread_rwlock_rdlock, &old);
	SHOW_ERROR("held for reading", __pthread_rwlock_tryrdlock, &old);
	SHOW_ERROR("held for reading", __pthread_rwlock_trywrlock, &old);
	SHOW_ERROR("held for reading", __pthread_rwlock_unlock, &old);
	SHOW_ERROR("held for reading", __pthread_rwlock_unlock, &old);
	SHOW_ERROR("free", __pthread_rwlock_wrlock, &old);
	SHOW_ERROR("held for writing", __pthread_rwlock_wrlock, &old);
	SHOW_ERROR("held for writing", __pthread_rwlock_tryrdlock, &old);
	SHOW_ERROR("held for writing", __pthread_rwlock_unlock, &old);
	SHOW_ERROR("free", __pthread_rwlock_destroy, &old);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		kind = &kinds[i];
		run_kind();
	}
	when_full();
	hidden_names();
	return 0;
}
