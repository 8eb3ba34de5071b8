/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <stdint.h>
#include <threads.h>

#include "tests/conformance/case.h"

/* The C11 names of mutexes, conditions and threads, and calls that run once, by both names. */

static mtx_t mutex;
static cnd_t cond;
static bool flag;

static void *try_it(void *situation)
{
	if (SHOW_THREADS(situation, mtx_trylock, &mutex) == thrd_success)
		mtx_unlock(&mutex);
	if (SHOW_THREADS(situation, mtx_timedlock, &mutex, &hw_case_past) == thrd_success)
		mtx_unlock(&mutex);
	if (SHOW_THREADS(situation, mtx_timedlock, &mutex, &hw_case_invalid) == thrd_success)
		mtx_unlock(&mutex);
	return NULL;
}

static void mutexes(const char *kind, int type)
{
	SHOW_THREADS(kind, mtx_init, &mutex, type);
	try_it((void *)hw_case_join(kind, "free"));
	SHOW_THREADS(hw_case_join(kind, "free"), mtx_lock, &mutex);
	try_it((void *)hw_case_join(kind, "held by the caller"));
	hw_case_in_thread(try_it, (void *)hw_case_join(kind, "held by another thread"));
	SHOW_THREADS(hw_case_join(kind, "held by the caller"), mtx_unlock, &mutex);
	SHOW_VOID(kind, mtx_destroy, &mutex);
}

static void *wake(void *all)
{
	mtx_lock(&mutex);
	flag = true;
	if (all)
		SHOW_THREADS("one waits", cnd_broadcast, &cond);
	else
		SHOW_THREADS("one waits", cnd_signal, &cond);
	mtx_unlock(&mutex);
	return NULL;
}

static const struct timespec far_away = { .tv_sec = 1L << 40 };

static void be_woken(bool timed, void *all)
{
	int result = thrd_success;
	pthread_t thread;

	flag = false;
	pthread_create(&thread, NULL, wake, all);
	errno = HW_CASE_ERRNO;
	while (!flag && result == thrd_success)
		result = timed ? cnd_timedwait(&cond, &mutex, &far_away) : cnd_wait(&cond, &mutex);
	hw_case_threads(timed ? "cnd_timedwait" : "cnd_wait", "woken", result);
	mtx_unlock(&mutex);
	pthread_join(thread, NULL);
	mtx_lock(&mutex);
}

static void conditions(void)
{
	mtx_init(&mutex, mtx_plain);
	SHOW_THREADS("new", cnd_init, &cond);
	SHOW_THREADS("nobody waits", cnd_signal, &cond);
	SHOW_THREADS("nobody waits", cnd_broadcast, &cond);
	mtx_lock(&mutex);
	SHOW_THREADS("in the past", cnd_timedwait, &cond, &mutex, &hw_case_past);
	SHOW_THREADS("no time at all", cnd_timedwait, &cond, &mutex, &hw_case_invalid);
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

static int stay(void *barrier)
{
	return pthread_barrier_wait(barrier);
}

static void refused(void)
{
	static pthread_barrier_t go;
	pthread_attr_t attributes, too_large;
	thrd_t thread;

	pthread_barrier_init(&go, NULL, 2);
	SHOW_THREADS("to be detached", thrd_create, &thread, stay, &go);
	SHOW_THREADS("runs", thrd_detach, thread);
	SHOW_THREADS("detached", thrd_detach, thread);
	SHOW_THREADS("detached", thrd_join, thread, NULL);
	pthread_barrier_wait(&go);
	pthread_getattr_default_np(&attributes);
	pthread_attr_init(&too_large);
	pthread_attr_setstacksize(&too_large, 1ul << 46);
	pthread_setattr_default_np(&too_large);
	SHOW_THREADS("stack larger than memory", thrd_create, &thread, answer, NULL);
	pthread_setattr_default_np(&attributes);
}

static void threads(void)
{
	thrd_t thread;
	int result = 0;

	SHOW_THREADS("ends", thrd_create, &thread, answer, (void *)41);
	SHOW_THREADS("ended", thrd_join, thread, &result);
	hw_case_number("thrd_join", "what it returned", result);
	SHOW_THREADS("leaves", thrd_create, &thread, leave, (void *)-7);
	SHOW_THREADS("left", thrd_join, thread, &result);
	hw_case_number("thrd_join", "what it left with", result);
	SHOW_THREADS("to be detached", thrd_create, &thread, answer, NULL);
	SHOW_THREADS("not joined", thrd_detach, thread);
	SHOW_THREADS("nothing wanted", thrd_create, &thread, answer, NULL);
	SHOW_THREADS("nothing wanted", thrd_join, thread, NULL);
	SHOW_THREADS("the caller", thrd_join, thrd_current(), NULL);
	refused();
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
	/* It has a pthread_once of its own, which waits for ever for one that was cancelled. */
	if (HW_CASE_TSAN)
		return;
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
	SHOW_THREADS("no kind at all", mtx_init, &mutex, 99);
	conditions();
	/* It does not know threads that C11 made, and ends in the first call that it intercepts. */
	if (!HW_CASE_TSAN)
		threads();
	once();
	return 0;
}
