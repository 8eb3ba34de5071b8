/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdint.h>
#include <threads.h>

#include "tests/conformance/case.h"

/* The C11 names of mutexes, conditions and threads, and calls that run once, by both names. */

static mtx_t mutex;
static cnd_t cond;
static bool flag;

static int try_it(void *situation)
{
	if (SHOW(situation, mtx_trylock, &mutex) == thrd_success)
		mtx_unlock(&mutex);
	if (SHOW(situation, mtx_timedlock, &mutex, &hw_case_past) == thrd_success)
		mtx_unlock(&mutex);
	if (SHOW(situation, mtx_timedlock, &mutex, &hw_case_invalid) == thrd_success)
		mtx_unlock(&mutex);
	return 0;
}

static void mutexes(const char *kind, int type)
{
	thrd_t thread;

	SHOW(kind, mtx_init, &mutex, type);
	try_it((void *)hw_case_join(kind, "free"));
	SHOW(hw_case_join(kind, "free"), mtx_lock, &mutex);
	try_it((void *)hw_case_join(kind, "held by the caller"));
	thrd_create(&thread, try_it, (void *)hw_case_join(kind, "held by another thread"));
	thrd_join(thread, NULL);
	SHOW(hw_case_join(kind, "held by the caller"), mtx_unlock, &mutex);
	SHOW_VOID(kind, mtx_destroy, &mutex);
}

static int wake(void *all)
{
	mtx_lock(&mutex);
	flag = true;
	if (all)
		SHOW("one waits", cnd_broadcast, &cond);
	else
		SHOW("one waits", cnd_signal, &cond);
	mtx_unlock(&mutex);
	return 0;
}

static const struct timespec far_away = { .tv_sec = 1L << 40 };

static void be_woken(bool timed, void *all)
{
	int result = thrd_success;
	thrd_t thread;

	flag = false;
	thrd_create(&thread, wake, all);
	errno = HW_CASE_ERRNO;
	while (!flag && result == thrd_success)
		result = timed ? cnd_timedwait(&cond, &mutex, &far_away) : cnd_wait(&cond, &mutex);
	hw_case_number(timed ? "cnd_timedwait" : "cnd_wait", "woken", result);
	mtx_unlock(&mutex);
	thrd_join(thread, NULL);
	mtx_lock(&mutex);
}

static void conditions(void)
{
	mtx_init(&mutex, mtx_plain);
	SHOW("new", cnd_init, &cond);
	SHOW("nobody waits", cnd_signal, &cond);
	SHOW("nobody waits", cnd_broadcast, &cond);
	mtx_lock(&mutex);
	SHOW("in the past", cnd_timedwait, &cond, &mutex, &hw_case_past);
	SHOW("no time at all", cnd_timedwait, &cond, &mutex, &hw_case_invalid);
	be_woken(false, NULL);
	be_woken(true, &mutex);
	mtx_unlock(&mutex);
	SHOW_VOID("nobody waits", cnd_destroy, &cond);
	mtx_destroy(&mutex);
}

static int answer(void *value)
{
	errno = HW_CASE_ERRNO + 1; /* the new thread's, not its creator's */
	return (int)(intptr_t)value;
}

static int leave(void *value)
{
	thrd_exit((int)(intptr_t)value);
}

static void threads(void)
{
	thrd_t thread;
	int result = 0;

	SHOW("ends", thrd_create, &thread, answer, (void *)41);
	SHOW("ended", thrd_join, thread, &result);
	hw_case_number("thrd_join", "what it returned", result);
	SHOW("leaves", thrd_create, &thread, leave, (void *)-7);
	SHOW("left", thrd_join, thread, &result);
	hw_case_number("thrd_join", "what it left with", result);
	SHOW("to be detached", thrd_create, &thread, answer, NULL);
	SHOW("not joined", thrd_detach, thread);
	SHOW("nothing wanted", thrd_create, &thread, answer, NULL);
	SHOW("nothing wanted", thrd_join, thread, NULL);
	SHOW("the caller", thrd_join, thrd_current(), NULL);
}

static int runs;
static pthread_once_t once_cancelled = PTHREAD_ONCE_INIT;

static void run(void)
{
	runs++;
}

static void be_cancelled(void)
{
	runs++;
	if (runs > 1)
		return;
	pthread_cancel(pthread_self());
	pthread_testcancel();
}

static void *run_cancelled(void *unused)
{
	pthread_once(&once_cancelled, be_cancelled);
	return NULL;
}

static void *run_both(void *controls)
{
	struct {
		pthread_once_t *once;
		once_flag *flag;
	} *both = controls;

	pthread_once(both->once, run);
	call_once(both->flag, run);
	return NULL;
}

static void once(void)
{
	/* A name that old libraries call. */
	int (*__pthread_once)(pthread_once_t *, void (*)(void)) =
		dlvsym(RTLD_DEFAULT, "__pthread_once", "GLIBC_2.2.5");
	static pthread_once_t control = PTHREAD_ONCE_INIT, raced = PTHREAD_ONCE_INIT,
		old = PTHREAD_ONCE_INIT;
	static once_flag first = ONCE_FLAG_INIT, raced_flag = ONCE_FLAG_INIT;
	struct {
		pthread_once_t *once;
		once_flag *flag;
	} both = { &raced, &raced_flag };
	pthread_t others[4];

	SHOW_ERROR("first", pthread_once, &control, run);
	SHOW_ERROR("second", pthread_once, &control, run);
	SHOW_ERROR("first", __pthread_once, &old, run);
	SHOW_ERROR("second", __pthread_once, &old, run);
	SHOW_VOID("first", call_once, &first, run);
	SHOW_VOID("second", call_once, &first, run);
	for (int i = 0; i < 4; i++)
		pthread_create(&others[i], NULL, run_both, &both);
	for (int i = 0; i < 4; i++)
		pthread_join(others[i], NULL);
	hw_case_number("pthread_once", "how many ran", runs);
	runs = 0;
	hw_case_in_thread(run_cancelled, NULL);
	SHOW_ERROR("the first was cancelled", pthread_once, &once_cancelled, be_cancelled);
	hw_case_number("pthread_once", "how many ran, one in vain", runs);
}

int main(void)
{
	mutexes("plain", mtx_plain);
	mutexes("timed", mtx_timed);
	mutexes("recursive", mtx_plain | mtx_recursive);
	mutexes("timed recursive", mtx_timed | mtx_recursive);
	SHOW("no kind at all", mtx_init, &mutex, 99);
	conditions();
	threads();
	once();
	return 0;
}
