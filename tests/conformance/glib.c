/* SPDX-License-Identifier: MIT */
#include <glib.h>

#include "tests/conformance/case.h"

/* The locks of GLib: free, and held by the caller or another thread. */

static GMutex mutex;
static GRecMutex recursive;
static GRWLock rwlock;
static GCond cond;
static const char *situation;

static void *try_all(void *unused)
{
	if (SHOW(situation, g_mutex_trylock, &mutex))
		SHOW_VOID(situation, g_mutex_unlock, &mutex);
	if (SHOW(situation, g_rec_mutex_trylock, &recursive))
		SHOW_VOID(situation, g_rec_mutex_unlock, &recursive);
	if (SHOW(situation, g_rw_lock_reader_trylock, &rwlock))
		SHOW_VOID(situation, g_rw_lock_reader_unlock, &rwlock);
	if (SHOW(situation, g_rw_lock_writer_trylock, &rwlock))
		SHOW_VOID(situation, g_rw_lock_writer_unlock, &rwlock);
	return NULL;
}

static void look_from_both(const char *how)
{
	situation = hw_case_join(how, "by the caller");
	try_all(NULL);
	situation = hw_case_join(how, "by another thread");
	hw_case_in_thread(try_all, NULL);
	situation = how;
}

static void locks(void)
{
	look_from_both("free");
	SHOW_VOID("free", g_mutex_lock, &mutex);
	SHOW_VOID("free", g_rec_mutex_lock, &recursive);
	SHOW_VOID("held", g_rec_mutex_lock, &recursive);
	SHOW_VOID("free", g_rw_lock_reader_lock, &rwlock);
	SHOW_VOID("held for reading", g_rw_lock_reader_lock, &rwlock);
	look_from_both("held");
	SHOW_VOID("held twice", g_rec_mutex_unlock, &recursive);
	SHOW_VOID("held for reading twice", g_rw_lock_reader_unlock, &rwlock);
	look_from_both("held once less");
	SHOW_VOID("held", g_mutex_unlock, &mutex);
	SHOW_VOID("held", g_rec_mutex_unlock, &recursive);
	SHOW_VOID("held for reading", g_rw_lock_reader_unlock, &rwlock);
	SHOW_VOID("free", g_rw_lock_writer_lock, &rwlock);
	look_from_both("held for writing");
	SHOW_VOID("held for writing", g_rw_lock_writer_unlock, &rwlock);
	look_from_both("free again");
}

static void *wake_one(void *unused)
{
	g_mutex_lock(&mutex);
	SHOW_VOID("with a waiter", g_cond_signal, &cond);
	g_mutex_unlock(&mutex);
	return NULL;
}

static void *wake_all(void *unused)
{
	g_mutex_lock(&mutex);
	SHOW_VOID("with a waiter", g_cond_broadcast, &cond);
	g_mutex_unlock(&mutex);
	return NULL;
}

static void wait_for(void *(*waker)(void *), const char *who)
{
	pthread_t thread;

	g_mutex_lock(&mutex);
	pthread_create(&thread, NULL, waker, NULL);
	/* The futex that it is made of may leave its errno, natively too. */
	g_cond_wait(&cond, &mutex);
	errno = HW_CASE_ERRNO;
	hw_case_text("g_cond_wait", who, "done");
	g_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
}

static void conditions(void)
{
	SHOW_VOID("without a waiter", g_cond_signal, &cond);
	SHOW_VOID("without a waiter", g_cond_broadcast, &cond);
	g_mutex_lock(&mutex);
	SHOW("in the past", g_cond_wait_until, &cond, &mutex, 1);
	SHOW("held after a wait", g_mutex_trylock, &mutex);
	g_mutex_unlock(&mutex);
	wait_for(wake_one, "signalled");
	wait_for(wake_all, "broadcast");
}

int main(void)
{
	SHOW_VOID("static", g_mutex_init, &mutex);
	SHOW_VOID("static", g_rec_mutex_init, &recursive);
	SHOW_VOID("static", g_rw_lock_init, &rwlock);
	SHOW_VOID("static", g_cond_init, &cond);
	locks();
	conditions();
	SHOW_VOID("free", g_mutex_clear, &mutex);
	SHOW_VOID("free", g_rec_mutex_clear, &recursive);
	SHOW_VOID("free", g_rw_lock_clear, &rwlock);
	SHOW_VOID("free", g_cond_clear, &cond);
	return 0;
}
