/* SPDX-License-Identifier: MIT */
#include "demos/bookkeeping.h"

#include "demos/check.h"
#include "demos/fetch.h"

void bookkeeping_init(struct bookkeeping *book, unsigned total, bool between_processes)
{
	pthread_mutexattr_t attributes;

	check(pthread_mutexattr_init(&attributes), "make a lock");
	if (between_processes)
		check(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
			"share a lock between processes");
	check(pthread_mutex_init(&book->statistics_lock, &attributes), "make a lock");
	check(pthread_mutex_init(&book->progress_lock, &attributes), "make a lock");
	pthread_mutexattr_destroy(&attributes);

	book->entered = 0;
	book->failed = 0;
	book->bytes = 0;
	progress_bar_start(&book->bar, "downloading", total);
}

void bookkeeping_finish(struct bookkeeping *book)
{
	progress_bar_clear(&book->bar);
	check(pthread_mutex_destroy(&book->statistics_lock), "destroy the statistics' lock");
	check(pthread_mutex_destroy(&book->progress_lock), "destroy the progress bar's lock");
}

static void lock_statistics(struct bookkeeping *book)
{
	check(pthread_mutex_lock(&book->statistics_lock), "lock the statistics");
}

static void unlock_statistics(struct bookkeeping *book)
{
	check(pthread_mutex_unlock(&book->statistics_lock), "unlock the statistics");
}

static void lock_progress(struct bookkeeping *book)
{
	check(pthread_mutex_lock(&book->progress_lock), "lock the progress bar");
}

static void unlock_progress(struct bookkeeping *book)
{
	check(pthread_mutex_unlock(&book->progress_lock), "unlock the progress bar");
}

/* With both locks held. */
static void add_and_draw(struct bookkeeping *book, const struct fetch_result *result)
{
	book->entered++;
	book->failed += !result->complete;
	book->bytes += result->bytes;
	progress_bar_draw(&book->bar, book->entered, book->failed, book->bytes);
}

void bookkeeping_enter(struct bookkeeping *book, const struct fetch_result *result)
{
	lock_statistics(book);
	lock_progress(book);
	add_and_draw(book, result);
	unlock_progress(book);
	unlock_statistics(book);
}

void bookkeeping_enter_inverted(struct bookkeeping *book, const struct fetch_result *result)
{
	lock_progress(book);
	lock_statistics(book);
	add_and_draw(book, result);
	unlock_statistics(book);
	unlock_progress(book);
}
