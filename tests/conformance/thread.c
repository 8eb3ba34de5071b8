/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Threads: created, refused, detached, named. */

static pthread_barrier_t go;

static void *answer(void *value)
{
	return value;
}

static void *leave(void *value)
{
	pthread_exit(value);
}

/* Goes on only when it is let. */
static void *stay(void *value)
{
	pthread_barrier_wait(&go);
	return value;
}

static void show_result(const char *function, const char *situation, void *result)
{
	hw_case_number(function, situation, result == PTHREAD_CANCELED ? -99 : (intptr_t)result);
}

/* Nobody joins a thread that is detached. */
static void refused(pthread_t thread, const char *situation)
{
	/* It ends when it is asked for a thread that it does not know any more. */
	if (HW_CASE_TSAN)
		return;
	SHOW_ERROR(situation, pthread_join, thread, NULL);
	SHOW_ERROR(situation, pthread_detach, thread);
	SHOW_ERROR(situation, pthread_tryjoin_np, thread, NULL);
	SHOW_ERROR(situation, pthread_timedjoin_np, thread, NULL, &hw_case_past);
	SHOW_ERROR(situation, pthread_clockjoin_np, thread, NULL, CLOCK_MONOTONIC, &hw_case_past);
}

static void create(void)
{
	struct sched_param highest = { .sched_priority = INT_MAX };
	cpu_set_t nowhere = { 0 };
	pthread_attr_t attributes;
	pthread_t thread;
	void *result;

	SHOW_ERROR("returns", pthread_create, &thread, NULL, answer, (void *)5);
	SHOW_ERROR("returned", pthread_join, thread, &result);
	show_result("pthread_join", "what it returned", result);
	SHOW_ERROR("leaves", pthread_create, &thread, NULL, leave, (void *)6);
	SHOW_ERROR("left", pthread_join, thread, &result);
	show_result("pthread_join", "what it left with", result);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1ul << 46);
	SHOW_ERROR("stack larger than memory", pthread_create, &thread, &attributes, answer, NULL);
	pthread_attr_setstacksize(&attributes, 1ul << 18);
	SHOW_ERROR("stack of its own size", pthread_create, &thread, &attributes, answer, NULL);
	SHOW_ERROR("nothing wanted", pthread_join, thread, NULL);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	SHOW_ERROR("born detached", pthread_create, &thread, &attributes, stay, NULL);
	refused(thread, "born detached");
	pthread_barrier_wait(&go);
	pthread_attr_destroy(&attributes);
	pthread_attr_init(&attributes);
	pthread_attr_setaffinity_np(&attributes, sizeof(nowhere), &nowhere);
	SHOW_ERROR("on no processor", pthread_create, &thread, &attributes, answer, NULL);
	pthread_attr_destroy(&attributes);
	hw_case_error("pthread_attr_setschedparam", "no such priority",
		pthread_attr_setschedparam(&attributes, &highest));
}

static void detach(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, stay, NULL);
	SHOW_ERROR("runs", pthread_detach, thread);
	refused(thread, "detached");
	pthread_barrier_wait(&go);
}

static void names(void)
{
	char name[32];

	SHOW_ERROR("short", pthread_setname_np, pthread_self(), "short");
	SHOW_ERROR("too long", pthread_setname_np, pthread_self(), "much more than 15 letters");
	pthread_getname_np(pthread_self(), name, sizeof(name));
	hw_case_text("pthread_setname_np", "what it is", name);
	SHOW("a name", prctl, PR_SET_NAME, "much more than 15 letters", 0, 0, 0);
	SHOW("what name", prctl, PR_GET_NAME, name, 0, 0, 0);
	hw_case_text("prctl", "what it is", name);
	/* They read it themselves. */
	if (!HW_CASE_TSAN && !HW_CASE_ASAN)
		SHOW("a name that is nowhere", prctl, PR_SET_NAME, 8, 0, 0, 0);
	SHOW("no option", prctl, -1, 0, 0, 0, 0);
	SHOW("signal of the parent's death", prctl, PR_SET_PDEATHSIG, 999, 0, 0, 0);
	SHOW("dumpable", prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
}

int main(void)
{
	pthread_barrier_init(&go, NULL, 2);
	create();
	detach();
	names();
	return 0;
}
