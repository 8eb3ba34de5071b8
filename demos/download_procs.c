/* SPDX-License-Identifier: MIT */

/*
 * Download pictures with several processes.
 *
 * The workers are forked, and share with their parent one piece of memory: the
 * results, a barrier, and the bookkeeping with its two locks, which --inverted
 * takes in both orders. A named semaphore keeps down the number of pictures
 * that are under way.
 *
 * A worker that ends too early (killed, say) may have taken a lock or a slot
 * with it, for which the others would wait for ever. So its end ends them all.
 */

#include "demos/bookkeeping.h"
#include "demos/check.h"
#include "demos/clock.h"
#include "demos/download.h"
#include "demos/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What all the processes see. */
struct shared {
	struct bookkeeping book;
	pthread_barrier_t all_started; /* no worker begins before all of them live */
	struct fetch_result results[]; /* one for each picture */
};

static struct download download;
static struct shared *shared;
static size_t shared_bytes;
static sem_t *slots;   /* one unit for each picture that may be under way */
static pid_t *workers; /* 0 for one that has ended */

static void create_shared(void)
{
	unsigned count = download.options.count;
	pthread_barrierattr_t attributes;

	shared_bytes = sizeof(*shared) + count * sizeof(shared->results[0]);
	shared =
		mmap(NULL, shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("cannot get memory to share: %s", strerror(errno));

	check(pthread_barrierattr_init(&attributes), "make a barrier");
	check(pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED),
		"share a barrier between processes");
	check(pthread_barrier_init(&shared->all_started, &attributes, download.workers),
		"make a barrier");
	pthread_barrierattr_destroy(&attributes);

	for (unsigned i = 0; i < count; i++)
		snprintf(shared->results[i].reason, sizeof(shared->results[i].reason),
			"its worker ended too early");
	bookkeeping_init(&shared->book, count, true);
}

/*
 * A name that no other program uses, and only until the semaphore is open: the
 * workers inherit it, and nothing is left behind however this program ends.
 */
static void open_slots(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/%s.%d", program_invocation_short_name, (int)getpid());
	slots = sem_open(name, O_CREAT | O_EXCL, 0600, download.options.parallel);
	if (slots == SEM_FAILED)
		die("cannot create semaphore '%s': %s", name, strerror(errno));
	check_errno(sem_unlink(name), "take away the semaphore's name");
}

/* What a worker does. */

static void wait_for_all(void)
{
	int error = pthread_barrier_wait(&shared->all_started);

	if (error != PTHREAD_BARRIER_SERIAL_THREAD)
		check(error, "wait for the other workers");
}

/* The slot is given back before the bookkeeping, which needs no network. */
static void fetch_and_enter(unsigned number, CURL *curl, unsigned index)
{
	struct fetch_result result;

	check_sem_wait(slots, "wait for a slot");
	download_fetch(&download, curl, index, &result);
	check_errno(sem_post(slots), "give a slot back");

	shared->results[index] = result;
	if (download_is_inverted(&download, number))
		bookkeeping_enter_inverted(&shared->book, &result);
	else
		bookkeeping_enter(&shared->book, &result);
}

static void work(unsigned number, pid_t parent)
{
	CURL *curl = fetch_create(NULL);
	char name[32];

	interrupt_reset();
	check_errno(prctl(PR_SET_PDEATHSIG, SIGTERM), "watch the parent process");
	if (getppid() != parent)
		die("the parent process has ended");
	snprintf(name, sizeof(name), "worker %u", number);
	check(pthread_setname_np(pthread_self(), name), "name a worker");

	wait_for_all();
	for (unsigned i = number; i < download.options.count; i += download.workers)
		fetch_and_enter(number, curl, i);
	curl_easy_cleanup(curl);
}

/* What their parent does. */

static void start_workers(void)
{
	pid_t parent = getpid();

	for (unsigned i = 0; i < download.workers; i++) {
		pid_t pid = fork();

		check_errno(pid, "start a worker");
		if (pid == 0) {
			work(i, parent);
			_exit(0);
		}
		workers[i] = pid;
	}
}

/* Async-signal-safe, and called by the handler as well. */
static void kill_workers(void)
{
	for (unsigned i = 0; i < download.workers; i++) {
		if (workers[i])
			kill(workers[i], SIGKILL);
	}
}

/* Forget worker `pid`, which has ended; false when it is none of ours. */
static bool forget_worker(pid_t pid, unsigned *ret_number)
{
	for (unsigned i = 0; i < download.workers; i++) {
		if (workers[i] == pid) {
			workers[i] = 0;
			*ret_number = i;
			return true;
		}
	}
	return false;
}

static void complain(unsigned number, int status)
{
	char how[64];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "status %d", WEXITSTATUS(status));
	fprintf(stderr, "%s: worker %u ended too early, with %s\n", program_invocation_short_name,
		number, how);
}

/* Wait until all have ended; false when one of them did so too early. */
static bool wait_for_workers(void)
{
	unsigned left = download.workers;
	bool good = true;

	while (left > 0) {
		unsigned number;
		int status;
		/* 0: from our process group, in which the picture server is not. */
		pid_t pid = waitpid(0, &status, 0);

		if (pid == -1 && errno == EINTR)
			continue;
		check_errno(pid, "wait for a worker");
		if (!forget_worker(pid, &number))
			continue;
		left--;
		if (good && status != 0) {
			progress_bar_clear(&shared->book.bar);
			complain(number, status);
			kill_workers();
			good = false;
		}
	}
	return good;
}

static void remove_parts(void)
{
	for (unsigned i = 0; i < download.options.count; i++)
		unlink(download.parts[i]);
}

int main(int argc, char **argv)
{
	double start, seconds;
	int status;

	download_begin(&download, argc, argv, "process");
	workers = calloc(download.workers, sizeof(*workers));
	if (!workers)
		die("out of memory");
	interrupt_call_first(kill_workers);
	create_shared();
	open_slots();

	start = clock_now_s();
	start_workers();
	if (wait_for_workers()) {
		bookkeeping_finish(&shared->book);
		check(pthread_barrier_destroy(&shared->all_started), "destroy the barrier");
	} else {
		remove_parts(); /* and leave the locks alone: a dead worker may hold one */
	}
	seconds = clock_now_s() - start;

	check_errno(sem_close(slots), "close the semaphore");
	status = download_end(&download, shared->results, seconds);
	munmap(shared, shared_bytes);
	free(workers);
	return status;
}
