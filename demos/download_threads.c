/* SPDX-License-Identifier: MIT */

/*
 * Download pictures with several threads.
 *
 * The workers are threads of one process. They share libcurl's cache of
 * addresses and TLS sessions, which libcurl locks through two functions that we
 * give it; a semaphore keeps down the number of pictures that are under way;
 * and the bookkeeping has the two locks that --inverted takes in both orders.
 */

#include "demos/bookkeeping.h"
#include "demos/check.h"
#include "demos/clock.h"
#include "demos/download.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	unsigned number;
	pthread_t thread;
};

static struct download download;
static struct bookkeeping book;
static struct fetch_result *results; /* one for each picture */

static sem_t slots;		      /* one unit for each picture that may be under way */
static pthread_barrier_t all_started; /* no worker begins before all of them live */

static CURLSH *share;
static pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];

static void lock_share(CURL *curl, curl_lock_data data, curl_lock_access access, void *closure)
{
	check(pthread_mutex_lock(&share_locks[data]), "lock what libcurl shares");
}

static void unlock_share(CURL *curl, curl_lock_data data, void *closure)
{
	check(pthread_mutex_unlock(&share_locks[data]), "unlock what libcurl shares");
}

static void create_share(void)
{
	for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
		check(pthread_mutex_init(&share_locks[i], NULL), "make a lock");
	share = curl_share_init();
	if (!share)
		die("cannot make what libcurl's handles share");
	curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock_share);
	curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock_share);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

static void destroy_share(void)
{
	curl_share_cleanup(share);
	for (int i = 0; i < CURL_LOCK_DATA_LAST; i++)
		check(pthread_mutex_destroy(&share_locks[i]), "destroy a lock");
}

static void wait_for_all(void)
{
	int error = pthread_barrier_wait(&all_started);

	if (error != PTHREAD_BARRIER_SERIAL_THREAD)
		check(error, "wait for the other workers");
}

/* The slot is given back before the bookkeeping, which needs no network. */
static void fetch_and_enter(const struct worker *self, CURL *curl, unsigned index)
{
	struct fetch_result *result = &results[index];

	check_sem_wait(&slots, "wait for a slot");
	download_fetch(&download, curl, index, result);
	check_errno(sem_post(&slots), "give a slot back");

	if (download_is_inverted(&download, self->number))
		bookkeeping_enter_inverted(&book, result);
	else
		bookkeeping_enter(&book, result);
}

static void *work(void *argument)
{
	const struct worker *self = argument;
	CURL *curl = fetch_create(share);
	char name[32];

	snprintf(name, sizeof(name), "worker %u", self->number);
	check(pthread_setname_np(pthread_self(), name), "name a worker");
	wait_for_all();
	for (unsigned i = self->number; i < download.options.count; i += download.workers)
		fetch_and_enter(self, curl, i);
	curl_easy_cleanup(curl);
	return NULL;
}

static void run_workers(void)
{
	struct worker *workers = calloc(download.workers, sizeof(*workers));

	if (!workers)
		die("out of memory");
	for (unsigned i = 0; i < download.workers; i++) {
		int error;

		workers[i].number = i;
		error = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		if (error)
			die("cannot start worker %u: %s", i, strerror(error));
	}
	for (unsigned i = 0; i < download.workers; i++)
		check(pthread_join(workers[i].thread, NULL), "wait for a worker");
	free(workers);
}

int main(int argc, char **argv)
{
	double start, seconds;
	int status;

	download_begin(&download, argc, argv, "thread");
	results = calloc(download.options.count, sizeof(*results));
	if (!results)
		die("out of memory");
	create_share();
	check_errno(sem_init(&slots, 0, download.options.parallel), "count the slots");
	check(pthread_barrier_init(&all_started, NULL, download.workers), "make a barrier");
	bookkeeping_init(&book, download.options.count, false);

	start = clock_now_s();
	run_workers();
	seconds = clock_now_s() - start;

	bookkeeping_finish(&book);
	check(pthread_barrier_destroy(&all_started), "destroy the barrier");
	check_errno(sem_destroy(&slots), "destroy the slots");
	destroy_share();
	status = download_end(&download, results, seconds);
	free(results);
	return status;
}
