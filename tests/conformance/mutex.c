/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Mutexes of every kind: free, held by the caller or by another, left by a dead owner, broken. */

struct kind {
	const char *name;
	int type;
	bool robust;
	int protocol;
	bool shared;
};

static const struct kind kinds[] = {
	{ "normal", PTHREAD_MUTEX_NORMAL, false, PTHREAD_PRIO_NONE, false },
	{ "errorcheck", PTHREAD_MUTEX_ERRORCHECK, false, PTHREAD_PRIO_NONE, false },
	{ "recursive", PTHREAD_MUTEX_RECURSIVE, false, PTHREAD_PRIO_NONE, false },
	{ "adaptive", PTHREAD_MUTEX_ADAPTIVE_NP, false, PTHREAD_PRIO_NONE, false },
	{ "shared", PTHREAD_MUTEX_NORMAL, false, PTHREAD_PRIO_NONE, true },
	{ "shared errorcheck", PTHREAD_MUTEX_ERRORCHECK, false, PTHREAD_PRIO_NONE, true },
	{ "robust", PTHREAD_MUTEX_NORMAL, true, PTHREAD_PRIO_NONE, false },
	{ "robust errorcheck", PTHREAD_MUTEX_ERRORCHECK, true, PTHREAD_PRIO_NONE, false },
	{ "robust recursive", PTHREAD_MUTEX_RECURSIVE, true, PTHREAD_PRIO_NONE, false },
	{ "robust shared", PTHREAD_MUTEX_NORMAL, true, PTHREAD_PRIO_NONE, true },
	{ "inheriting", PTHREAD_MUTEX_NORMAL, false, PTHREAD_PRIO_INHERIT, false },
	{ "inheriting errorcheck", PTHREAD_MUTEX_ERRORCHECK, false, PTHREAD_PRIO_INHERIT, false },
	{ "inheriting recursive", PTHREAD_MUTEX_RECURSIVE, false, PTHREAD_PRIO_INHERIT, false },
	{ "inheriting robust", PTHREAD_MUTEX_NORMAL, true, PTHREAD_PRIO_INHERIT, false },
	{ "inheriting robust shared", PTHREAD_MUTEX_ERRORCHECK, true, PTHREAD_PRIO_INHERIT, true },
	{ "protecting", PTHREAD_MUTEX_NORMAL, false, PTHREAD_PRIO_PROTECT, false },
	{ "protecting errorcheck", PTHREAD_MUTEX_ERRORCHECK, false, PTHREAD_PRIO_PROTECT, false },
	{ "protecting robust", PTHREAD_MUTEX_NORMAL, true, PTHREAD_PRIO_PROTECT, false },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is being looked at. */
static const struct kind *kind;
static pthread_mutex_t *mutex;
static const char *situation;

static void make(void)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, kind->type);
	pthread_mutexattr_setrobust(&attributes,
		kind->robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED);
	pthread_mutexattr_setprotocol(&attributes, kind->protocol);
	pthread_mutexattr_setpshared(&attributes,
		kind->shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	mutex = hw_case_shared(sizeof(*mutex));
	SHOW_ERROR(kind->name, pthread_mutex_init, mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void unlock_if(int error)
{
	if (!error || error == EOWNERDEAD)
		SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
}

/* Every way to lock that comes back when the mutex is held. */
static void *try_all(void *unused)
{
	unlock_if(SHOW_ERROR(situation, pthread_mutex_trylock, mutex));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_timedlock, mutex, &hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_timedlock, mutex, &hw_case_invalid));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_REALTIME,
		&hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_MONOTONIC,
		&hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_MONOTONIC,
		&hw_case_invalid));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_THREAD_CPUTIME_ID,
		&hw_case_past));
	return NULL;
}

static bool knows_holder(void)
{
	return kind->robust || kind->protocol == PTHREAD_PRIO_INHERIT ||
		kind->type == PTHREAD_MUTEX_ERRORCHECK || kind->type == PTHREAD_MUTEX_RECURSIVE;
}

static void *by_another(void *unused)
{
	situation = hw_case_join(kind->name, "held by another thread");
	try_all(NULL);
	if (knows_holder())
		SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	if (!kind->robust)
		SHOW_ERROR(situation, pthread_mutex_destroy, mutex);
	SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	return NULL;
}

static void when_free(void)
{
	situation = hw_case_join(kind->name, "free");
	unlock_if(SHOW_ERROR(situation, pthread_mutex_lock, mutex));
	try_all(NULL);
	if (knows_holder())
		SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
}

static void when_held(void)
{
	situation = hw_case_join(kind->name, "held by the caller");
	if (SHOW_ERROR(situation, pthread_mutex_lock, mutex))
		return; /* one that protects asks for a right */
	if (kind->type == PTHREAD_MUTEX_ERRORCHECK || kind->type == PTHREAD_MUTEX_RECURSIVE)
		unlock_if(SHOW_ERROR(situation, pthread_mutex_lock, mutex));
	try_all(NULL);
	SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	if (!kind->robust)
		SHOW_ERROR(situation, pthread_mutex_destroy, mutex);
	hw_case_in_thread(by_another, NULL);
	situation = hw_case_join(kind->name, "held by the caller");
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
}

/* Robust ones do not refuse, and are none any more. */
static void destroy_held(void)
{
	situation = hw_case_join(kind->name, "destroyed while held");
	make();
	if (pthread_mutex_lock(mutex))
		return;
	SHOW_ERROR(situation, pthread_mutex_destroy, mutex);
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	SHOW_ERROR(situation, pthread_mutex_lock, mutex);
	SHOW_ERROR(situation, pthread_mutex_destroy, mutex);
}

static void *lock_and_end(void *unused)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

/* A thread that ends, or a process, with the mutex locked. */
static void leave_it(void)
{
	pid_t child;

	if (!kind->shared) {
		hw_case_in_thread(lock_and_end, NULL);
		return;
	}
	child = fork();
	if (!child) {
		pthread_mutex_lock(mutex);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void when_left(void)
{
	situation = hw_case_join(kind->name, "its owner is dead");
	leave_it();
	if (SHOW_ERROR(situation, pthread_mutex_lock, mutex) != EOWNERDEAD)
		return;
	SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	leave_it();
	if (SHOW_ERROR(situation, pthread_mutex_trylock, mutex) == EOWNERDEAD)
		SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	leave_it();
	if (SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_MONOTONIC,
		    &hw_case_past) == EOWNERDEAD)
		SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	leave_it();
	SHOW_ERROR(situation, pthread_mutex_timedlock, mutex, &hw_case_past);
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	situation = hw_case_join(kind->name, "given up");
	unlock_if(SHOW_ERROR(situation, pthread_mutex_lock, mutex));
	SHOW_ERROR(situation, pthread_mutex_unlock, mutex);
	SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
	unlock_if(SHOW_ERROR(situation, pthread_mutex_timedlock, mutex, &hw_case_past));
	unlock_if(SHOW_ERROR(situation, pthread_mutex_clocklock, mutex, CLOCK_MONOTONIC,
		&hw_case_past));
	/* libc's leaves itself in the lock when it refuses, so nothing comes after. */
	unlock_if(SHOW_ERROR(situation, pthread_mutex_trylock, mutex));
}

/* Nobody locks it four thousand million times; its count says that somebody did. */
static void when_full(void)
{
	pthread_mutex_t full = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

	pthread_mutex_lock(&full);
	full.__data.__count = UINT_MAX;
	SHOW_ERROR("recursive, too often", pthread_mutex_lock, &full);
	SHOW_ERROR("recursive, too often", pthread_mutex_trylock, &full);
	SHOW_ERROR("recursive, too often", pthread_mutex_timedlock, &full, &hw_case_past);
	SHOW_ERROR("recursive, too often", pthread_mutex_clocklock, &full, CLOCK_MONOTONIC,
		&hw_case_past);
	full.__data.__count = 1;
	SHOW_ERROR("recursive, too often", pthread_mutex_unlock, &full);
}

static void *lock_old_and_end(void *old)
{
	pthread_mutex_lock(old);
	return NULL;
}

/* Names that old libraries call, and no header declares. */
static void hidden_names(void)
{
	int (*__pthread_mutex_init)(pthread_mutex_t *, const pthread_mutexattr_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_mutex_init", "GLIBC_2.2.5");
	int (*__pthread_mutex_lock)(pthread_mutex_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_mutex_lock", "GLIBC_2.2.5");
	int (*__pthread_mutex_trylock)(pthread_mutex_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_mutex_trylock", "GLIBC_2.2.5");
	int (*__pthread_mutex_unlock)(pthread_mutex_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_mutex_unlock", "GLIBC_2.2.5");
	int (*__pthread_mutex_destroy)(pthread_mutex_t *) =
		dlvsym(RTLD_DEFAULT, "__pthread_mutex_destroy", "GLIBC_2.2.5");
	int (*pthread_mutex_consistent_np)(pthread_mutex_t *) =
		dlvsym(RTLD_DEFAULT, "pthread_mutex_consistent_np", "GLIBC_2.4");
	pthread_mutexattr_t attributes;
	pthread_mutex_t old;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	SHOW_ERROR("errorcheck", __pthread_mutex_init, &old, &attributes);
	SHOW_ERROR("errorcheck, free", __pthread_mutex_lock, &old);
	SHOW_ERROR("errorcheck, held by the caller", __pthread_mutex_lock, &old);
	SHOW_ERROR("errorcheck, held by the caller", __pthread_mutex_trylock, &old);
	SHOW_ERROR("errorcheck, held by the caller", __pthread_mutex_destroy, &old);
	SHOW_ERROR("errorcheck, held by the caller", __pthread_mutex_unlock, &old);
	SHOW_ERROR("errorcheck, free", __pthread_mutex_unlock, &old);
	SHOW_ERROR("errorcheck, free", __pthread_mutex_destroy, &old);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&old, &attributes);
	hw_case_in_thread(lock_old_and_end, &old);
	SHOW_ERROR("robust, held by nobody", pthread_mutex_consistent_np, &old);
	pthread_mutex_lock(&old);
	SHOW_ERROR("robust, of a dead thread", pthread_mutex_consistent_np, &old);
	SHOW_ERROR("robust, in order", pthread_mutex_consistent_np, &old);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		kind = &kinds[i];
		make();
		when_free();
		when_held();
		situation = hw_case_join(kind->name, "free");
		SHOW_ERROR(situation, pthread_mutex_consistent, mutex);
		/* Those that protect are not robust in libc, asked for or not: all would hang. */
		if (kind->robust && kind->protocol != PTHREAD_PRIO_PROTECT)
			when_left();
		SHOW_ERROR(situation, pthread_mutex_destroy, mutex);
		if (kind->robust)
			destroy_held();
	}
	when_full();
	hidden_names();
	return 0;
}
