/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Semaphores: private, shared and named; with units, without, and full; interrupted. */

static sem_t *sem;
static const char *situation;

static void try_all(void)
{
	SHOW(situation, sem_trywait, sem);
	SHOW(situation, sem_timedwait, sem, &hw_case_past);
	SHOW(situation, sem_timedwait, sem, &hw_case_invalid);
	SHOW(situation, sem_clockwait, sem, CLOCK_REALTIME, &hw_case_past);
	SHOW(situation, sem_clockwait, sem, CLOCK_MONOTONIC, &hw_case_past);
	SHOW(situation, sem_clockwait, sem, CLOCK_MONOTONIC, &hw_case_invalid);
	SHOW(situation, sem_clockwait, sem, CLOCK_THREAD_CPUTIME_ID, &hw_case_past);
}

static const struct timespec far_away = { .tv_sec = 1L << 40 };

static void when_interrupted(const char *kind)
{
	situation = hw_case_join(kind, "interrupted");
	hw_case_alarm(true);
	SHOW(situation, sem_wait, sem);
	SHOW(situation, sem_timedwait, sem, &far_away);
	SHOW(situation, sem_clockwait, sem, CLOCK_MONOTONIC, &far_away);
	hw_case_alarm(false);
}

static void *post_one(void *unused)
{
	sem_post(sem);
	return NULL;
}

static void use(const char *kind)
{
	pthread_t thread;

	situation = hw_case_join(kind, "without units");
	try_all();
	SHOW(situation, sem_post, sem);
	situation = hw_case_join(kind, "with one unit");
	SHOW(situation, sem_wait, sem);
	sem_post(sem);
	SHOW(situation, sem_trywait, sem);
	for (int i = 0; i < 7; i++)
		sem_post(sem);
	situation = hw_case_join(kind, "with units");
	try_all();
	while (!sem_trywait(sem))
		;
	situation = hw_case_join(kind, "posted by another thread");
	pthread_create(&thread, NULL, post_one, NULL);
	SHOW(situation, sem_wait, sem);
	pthread_join(thread, NULL);
	when_interrupted(kind);
}

static void unnamed(const char *kind, int shared)
{
	sem = hw_case_shared(sizeof(*sem));
	SHOW(hw_case_join(kind, "too many units"), sem_init, sem, shared, SEM_VALUE_MAX + 1u);
	SHOW(kind, sem_init, sem, shared, 0);
	use(kind);
	SHOW(kind, sem_destroy, sem);
	SHOW(hw_case_join(kind, "full"), sem_init, sem, shared, SEM_VALUE_MAX);
	SHOW(hw_case_join(kind, "full"), sem_post, sem);
	SHOW(hw_case_join(kind, "full"), sem_trywait, sem);
	SHOW(hw_case_join(kind, "full but for one"), sem_post, sem);
	SHOW(kind, sem_destroy, sem);
}

static void not_opened(const char *name)
{
	struct rlimit files, none = { 0 };
	char long_name[NAME_MAX + 8];

	memset(long_name, 'x', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	SHOW_POINTER("not there", sem_open, name, 0);
	SHOW_POINTER("no name", sem_open, "/", O_CREAT, 0600, 1);
	SHOW_POINTER("a folder in its name", sem_open, "/hw/conformance", O_CREAT, 0600, 1);
	SHOW_POINTER("long name", sem_open, long_name, O_CREAT, 0600, 1);
	SHOW_POINTER("too many units", sem_open, name, O_CREAT, 0600, SEM_VALUE_MAX + 1u);
	getrlimit(RLIMIT_NOFILE, &files);
	none.rlim_max = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	SHOW_POINTER("no descriptors", sem_open, name, O_CREAT, 0600, 1);
	setrlimit(RLIMIT_NOFILE, &files);
}

static void named(void)
{
	char name[64];
	sem_t *again;

	snprintf(name, sizeof(name), "/hw-conformance-%d", (int)getpid());
	not_opened(name);
	sem = SHOW_POINTER("new", sem_open, name, O_CREAT | O_EXCL, 0600, 0);
	SHOW_POINTER("there already", sem_open, name, O_CREAT | O_EXCL, 0600, 0);
	again = SHOW_POINTER("there already", sem_open, name, 0);
	hw_case_text("sem_open", "twice", again == sem ? "one address" : "two addresses");
	use("named");
	SHOW("opened twice", sem_close, again);
	sem_post(sem);
	SHOW("closed once", sem_trywait, sem);
	sem_unlink(name);
	SHOW("opened once", sem_close, sem);
	SHOW("not opened", sem_close, (sem_t *)name);
}

/* A handler may post, and a call that the kernel starts again then finds the unit. */
static void post_in_handler(int number)
{
	sem_post(sem);
}

static void restarted(void)
{
	struct sigaction action = { .sa_handler = post_in_handler, .sa_flags = SA_RESTART };
	sem_t own;

	sem = &own;
	sem_init(sem, 0, 0);
	hw_case_alarm(true);
	sigaction(SIGALRM, &action, NULL);
	SHOW("posted by a handler", sem_wait, sem);
	hw_case_alarm(false);
}

int main(void)
{
	unnamed("private", 0);
	unnamed("shared", 1);
	named();
	restarted();
	return 0;
}
