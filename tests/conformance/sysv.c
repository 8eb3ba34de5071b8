/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Semaphores of System V: with units and without, awaited, interrupted and removed. */

enum { VALUE_MAX = 32767, MANY = 500, TOO_MANY = 1 << 20 };

static int set;
static const struct timespec no_time, far_away = { .tv_sec = 1L << 40 };

static struct sembuf op(int number, int change, int flags)
{
	return (struct sembuf){ .sem_num = (unsigned short)number, .sem_op = (short)change,
		.sem_flg = (short)flags };
}

static void show_values(const char *situation)
{
	unsigned short values[3] = { 0 };
	char text[64];

	semctl(set, 0, GETALL, values);
	snprintf(text, sizeof(text), "%d %d %d", values[0], values[1], values[2]);
	hw_case_text("semctl", situation, text);
}

static void show_op(const char *situation, int number, int change, int flags)
{
	struct sembuf one = op(number, change, flags);

	SHOW(situation, semop, set, &one, 1);
	SHOW(situation, semtimedop, set, &one, 1, &far_away);
	SHOW(situation, semtimedop, set, &one, 1, NULL);
}

static void make(void)
{
	key_t key = 0x68770000 | (getpid() & 0xffff);

	SHOW("not there", semget, key, 1, 0);
	SHOW("no semaphores", semget, key, 0, IPC_CREAT | 0600);
	SHOW("too many semaphores", semget, key, TOO_MANY, IPC_CREAT | 0600);
	set = semget(key, 3, IPC_CREAT | IPC_EXCL | 0600);
	SHOW("there already", semget, key, 3, IPC_CREAT | IPC_EXCL | 0600);
	SHOW("there with fewer", semget, key, 4, 0);
	hw_case_text("semget", "opened again",
		semget(key, 3, IPC_CREAT | 0600) == set && semget(key, 0, 0) == set ?
			"the same" : "another");
	SHOW("by its key", semctl, set, 0, IPC_RMID);
	SHOW("removed", semget, key, 3, 0);
	set = semget(IPC_PRIVATE, 3, 0600);
	show_values("new");
}

static void control(void)
{
	unsigned short values[] = { 1, 2, 3 }, too_large[] = { 0, VALUE_MAX + 1, 0 };
	struct semid_ds about;

	SHOW("one unit", semctl, set, 0, SETVAL, 1);
	SHOW("most units", semctl, set, 0, SETVAL, VALUE_MAX);
	SHOW("too many units", semctl, set, 0, SETVAL, VALUE_MAX + 1);
	SHOW("less than none", semctl, set, 0, SETVAL, -1);
	SHOW("no such semaphore", semctl, set, 3, SETVAL, 1);
	SHOW("before the first", semctl, set, -1, SETVAL, 1);
	SHOW("no such set", semctl, INT_MAX, 0, SETVAL, 1);
	SHOW("all", semctl, set, 0, SETALL, values);
	show_values("all set");
	SHOW("all, too many units", semctl, set, 0, SETALL, too_large);
	SHOW("all, no memory", semctl, set, 0, SETALL, (void *)8);
	show_values("not set");
	SHOW("units", semctl, set, 2, GETVAL);
	SHOW("waiting", semctl, set, 2, GETNCNT);
	SHOW("waiting for none", semctl, set, 2, GETZCNT);
	hw_case_text("semctl", "last user", semctl(set, 2, GETPID) == getpid() ? "this" : "none");
	SHOW("about it", semctl, set, 0, IPC_STAT, &about);
	about.sem_perm.mode = 0;
	SHOW("no permissions", semctl, set, 0, IPC_SET, &about);
	show_op("no permissions", 1, 1, IPC_NOWAIT);
	show_op("no permissions", 1, -1, IPC_NOWAIT);
	SHOW("no permissions", semctl, set, 0, SETVAL, 1);
	about.sem_perm.mode = 0600;
	SHOW("permissions", semctl, set, 0, IPC_SET, &about);
	SHOW("no such command", semctl, set, 0, 4711);
	SHOW("no such set", semctl, INT_MAX, 0, IPC_RMID);
}

static void reset(int first, int second, int third)
{
	unsigned short values[] = { (unsigned short)first, (unsigned short)second,
		(unsigned short)third };

	semctl(set, 0, SETALL, values);
}

static void change(void)
{
	struct sembuf two[] = { op(0, -1, 0), op(1, 2, 0) };
	struct sembuf lacking[] = { op(0, -1, 0), op(1, -9, IPC_NOWAIT) };
	struct sembuf twice[] = { op(2, -1, 0), op(2, 1, 0), op(2, 0, IPC_NOWAIT) };

	reset(7, 0, 0);
	show_op("a unit", 0, -1, 0);
	show_op("a unit, undone", 0, -1, SEM_UNDO);
	show_op("a post", 0, 1, 0);
	show_op("several units", 0, -3, IPC_NOWAIT);
	show_op("none left for it", 0, -9, IPC_NOWAIT);
	show_op("is zero", 1, 0, 0);
	show_op("is not zero", 0, 0, IPC_NOWAIT);
	show_op("too many units", 0, VALUE_MAX, 0);
	show_op("too many to undo", 1, VALUE_MAX, SEM_UNDO | IPC_NOWAIT);
	show_values("in between");
	reset(3, 0, 1);
	SHOW("two at once", semop, set, two, 2);
	SHOW("one of two lacking", semop, set, lacking, 2);
	SHOW("one three times", semop, set, twice, 3);
	show_values("at the end");
}

static void expire(void)
{
	struct sembuf take = op(0, -1, 0), zero = op(1, 0, 0), post = op(0, 1, 0);

	reset(0, 1, 0);
	SHOW("no unit, no time", semtimedop, set, &take, 1, &no_time);
	SHOW("no unit, short time", semtimedop, set, &take, 1, &hw_case_past);
	SHOW("no unit, invalid time", semtimedop, set, &take, 1, &hw_case_invalid);
	SHOW("no unit, time nowhere", semtimedop, set, &take, 1, (void *)8);
	SHOW("not zero, no time", semtimedop, set, &zero, 1, &no_time);
	SHOW("post, no time", semtimedop, set, &post, 1, &no_time);
	SHOW("post, invalid time", semtimedop, set, &post, 1, &hw_case_invalid);
	SHOW("a unit, no time", semtimedop, set, &take, 1, &no_time);
}

/* As many operations as the kernel lets there be, and more. */
static void count(void)
{
	struct sembuf *many = calloc(TOO_MANY, sizeof(*many));

	reset(0, 0, 0);
	for (int i = 0; i < MANY; i++)
		many[i] = op(i / 2 % 3, i % 2 ? -1 : 1, SEM_UNDO);
	SHOW("none", semop, set, many, 0);
	SHOW("64", semop, set, many, 64);
	SHOW("65", semop, set, many, 65);
	SHOW("500", semop, set, many, MANY);
	SHOW("too many", semop, set, many, TOO_MANY);
	SHOW("far too many", semop, set, many, SIZE_MAX);
	SHOW("too many, timed", semtimedop, set, many, TOO_MANY, &no_time);
	show_values("many");
	free(many);
}

static void misuse(void)
{
	long page_bytes = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * (size_t)page_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sembuf take = op(0, -1, 0), *last = (void *)(pages + page_bytes - sizeof(take));

	*last = take;
	mprotect(pages + page_bytes, (size_t)page_bytes, PROT_NONE);
	reset(2, 0, 0);
	SHOW("no array", semop, set, NULL, 1);
	SHOW("array nowhere", semop, set, (void *)8, 1);
	SHOW("array beyond all memory", semop, set, (void *)-8, 1);
	SHOW("array half there", semop, set, last, 2);
	SHOW("array just there", semop, set, last, 1);
	SHOW("array nowhere, timed", semtimedop, set, (void *)8, 1, &no_time);
	SHOW("no such semaphore", semop, set, &(struct sembuf){ .sem_num = 3, .sem_op = 1 }, 1);
	SHOW("far beyond the last", semop, set,
		&(struct sembuf){ .sem_num = USHRT_MAX, .sem_op = -1 }, 1);
	SHOW("no such set", semop, INT_MAX, &take, 1);
	SHOW("less than a set", semop, -1, &take, 1);
	SHOW("no such set", semtimedop, INT_MAX, &take, 1, &no_time);
	munmap(pages, 2 * (size_t)page_bytes);
}

static void interrupt(void)
{
	struct sembuf take = op(0, -1, 0), zero = op(1, 0, 0);
	struct sembuf two[] = { op(1, -1, 0), op(0, -1, 0) };

	reset(0, 1, 0);
	hw_case_alarm(true);
	SHOW("interrupted", semop, set, &take, 1);
	SHOW("interrupted", semtimedop, set, &take, 1, &far_away);
	SHOW("interrupted, for zero", semop, set, &zero, 1);
	SHOW("interrupted, for two", semop, set, two, 2);
	hw_case_alarm(false);
	show_values("interrupted");
}

static sigjmp_buf before;

static void jump(int number)
{
	siglongjmp(before, number);
}

static void jump_out(void)
{
	struct sigaction action = { .sa_handler = jump };
	struct itimerval soon = { .it_value.tv_usec = 1000 };
	struct sembuf take = op(0, -1, 0);

	reset(0, 0, 0);
	sigaction(SIGALRM, &action, NULL);
	if (!sigsetjmp(before, 1)) {
		setitimer(ITIMER_REAL, &soon, NULL);
		semop(set, &take, 1);
	}
	show_op("after a jump", 0, 1, 0);
	show_op("after a jump", 0, -1, 0);
}

static void until_awaited(int number)
{
	while (semctl(set, number, GETNCNT) + semctl(set, number, GETZCNT) < 1)
		sched_yield();
}

static void *give(void *unused)
{
	struct sembuf post = op(0, 3, 0), take = op(1, -1, 0);

	until_awaited(0);
	semop(set, &post, 1);
	until_awaited(1);
	semop(set, &take, 1);
	until_awaited(2);
	semctl(set, 2, SETVAL, 2);
	return unused;
}

static void await(void)
{
	struct sembuf three = op(0, -3, 0), zero = op(1, 0, 0), two = op(2, -2, 0);
	pthread_t thread;

	reset(0, 1, 0);
	pthread_create(&thread, NULL, give, NULL);
	SHOW("posted by another thread", semop, set, &three, 1);
	SHOW("made zero by another thread", semop, set, &zero, 1);
	SHOW("set by another thread", semtimedop, set, &two, 1, &far_away);
	pthread_join(thread, NULL);
	show_values("by others");
}

static void undo(void)
{
	struct sembuf take = op(0, -2, SEM_UNDO), post = op(1, 2, SEM_UNDO);
	int status = -1;

	reset(3, 0, 0);
	if (fork() == 0) {
		SHOW("of a child", semop, set, &take, 1);
		SHOW("of a child", semop, set, &post, 1);
		show_values("of a child");
		exit(7);
	}
	wait(&status);
	hw_case_text("semop", "undone", WEXITSTATUS(status) == 7 ? "7" : "another");
	show_values("undone");
}

static void *end_set(void *unused)
{
	until_awaited(0);
	SHOW("awaited", semctl, set, 0, IPC_RMID);
	return unused;
}

static void end(void)
{
	struct sembuf take = op(0, -1, 0);
	pthread_t thread;
	int result, error;

	reset(0, 0, 0);
	pthread_create(&thread, NULL, end_set, NULL);
	errno = HW_CASE_ERRNO;
	result = semop(set, &take, 1);
	error = errno;
	pthread_join(thread, NULL);
	errno = error;
	hw_case_number("semop", "removed while it waits", result);
	SHOW("removed", semop, set, &take, 1);
	SHOW("removed", semtimedop, set, &take, 1, &no_time);
	SHOW("removed", semctl, set, 0, SETVAL, 1);
	SHOW("removed", semctl, set, 0, IPC_RMID);
}

int main(void)
{
	make();
	control();
	change();
	expire();
	count();
	misuse();
	interrupt();
	jump_out();
	await();
	undo();
	end();
	return 0;
}
