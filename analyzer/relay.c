/* SPDX-License-Identifier: MIT */
#include "analyzer/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int passed[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP };

enum { PASSED = sizeof(passed) / sizeof(passed[0]) };

static struct sigaction before[PASSED]; /* begun: what each did */
static pid_t target;
static const struct hw_session *recorded;
static volatile sig_atomic_t quit_pressed;

static bool is_recorded(pid_t pid)
{
	uint32_t used = atomic_load(&recorded->free_processes.fresh);

	for (uint32_t i = 0; i < used && i < HW_PROCESS_MAX; i++)
		if (atomic_load(&recorded->processes[i].state) == HW_SLOT_LIVE &&
			recorded->processes[i].pid == pid)
			return true;
	return false;
}

static void pass_on(int number, siginfo_t *info, void *context)
{
	int saved_errno = errno;

	(void)context;
	if (info->si_code > 0)
		quit_pressed |= number == SIGQUIT;
	else if (info->si_pid != target && !is_recorded(info->si_pid))
		kill(target, number);
	errno = saved_errno;
}

static void set_of_passed(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < PASSED; i++)
		sigaddset(set, passed[i]);
}

void hw_relay_prepare(struct hw_relay *relay)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	set_of_passed(&set);
	sigprocmask(SIG_BLOCK, &set, &relay->mask);
	sigaction(SIGCHLD, &action, &relay->child);
}

void hw_relay_leave(const struct hw_relay *relay)
{
	sigaction(SIGCHLD, &relay->child, NULL);
	sigprocmask(SIG_SETMASK, &relay->mask, NULL);
}

void hw_relay_begin(const struct hw_relay *relay, pid_t program, const struct hw_session *session)
{
	struct sigaction action = { .sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART };

	target = program;
	recorded = session;
	quit_pressed = 0;
	for (size_t i = 0; i < PASSED; i++) {
		/* Also what was ignored from the start (nohup): the program may not ignore it. */
		sigaction(passed[i], &action, &before[i]);
	}
	sigprocmask(SIG_SETMASK, &relay->mask, NULL);
}

void hw_relay_end(const struct hw_relay *relay)
{
	for (size_t i = 0; target && i < PASSED; i++)
		sigaction(passed[i], &before[i], NULL);
	target = 0;
	sigprocmask(SIG_SETMASK, &relay->mask, NULL);
}

bool hw_relay_quit_pressed(void)
{
	bool was = quit_pressed;

	quit_pressed = 0;
	return was;
}

/*
 * Not continued or ended since it was seen to stop; a second SIGCONT is one too many. It may be
 * stopped all the same: by a key pressed after it was continued, which is a stop of its own.
 */
static bool is_stopped(pid_t program)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)program, &info,
		       WCONTINUED | WSTOPPED | WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

/*
 * False when this process did not stop: the kernel does not let a job's signals stop a group
 * that has no shell. That it was continued is seen by the SIGCONT, which is held back for it.
 */
static bool stop(int number)
{
	static const struct timespec at_once;
	struct sigaction by_default = { .sa_handler = SIG_DFL }, was;
	sigset_t stops, continues, mask;
	bool continued;

	sigemptyset(&stops);
	sigaddset(&stops, number);
	sigemptyset(&continues);
	sigaddset(&continues, SIGCONT);
	sigprocmask(SIG_BLOCK, &continues, &mask);
	if (number != SIGSTOP)
		sigaction(number, &by_default, &was);
	sigprocmask(SIG_UNBLOCK, &stops, NULL);
	raise(number);
	continued = sigtimedwait(&continues, NULL, &at_once) == SIGCONT;
	if (number != SIGSTOP)
		sigaction(number, &was, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return continued;
}

/*
 * The shell has given the terminal to this process's group. A program that made a group of its
 * own, as shells do, would have led the job's group without holdwait, and have the terminal.
 */
static void give_terminal(pid_t program)
{
	int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid_t group = getpgid(program);

	if (terminal < 0)
		return;
	if (group > 0 && group != getpgrp() && tcgetpgrp(terminal) == getpgrp())
		tcsetpgrp(terminal, group);
	close(terminal);
}

void hw_relay_stop_alike(pid_t program, int number)
{
	if (!is_stopped(program) || !stop(number))
		return;
	give_terminal(program);
	/* The shell continues the group, of which the program need not be a member. */
	if (is_stopped(program))
		kill(program, SIGCONT);
}
