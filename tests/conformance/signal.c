/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance/case.h"

/* Signals: handlers, masks and alternate stacks, as they are set, asked for, refused and used. */

static void handle(int number)
{
	int errno_then = errno;

	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	hw_case_number("signal handler", "its number", number);
	errno = errno_then;
}

static void handle_more(int number, siginfo_t *info, void *context)
{
	hw_case_number("signal handler", "its value", info->si_value.sival_int);
}

static const char *word_of(sighandler_t handler)
{
	return handler == SIG_DFL ? "default" : handler == SIG_IGN ? "ignore" :
		handler == SIG_ERR ? "error" : handler == handle ? "ours" : "somebody's";
}

/* Nobody but the program installs any. */
static void initial(void)
{
	char handlers[256] = "", blocked[256] = "";
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number < NSIG; number++) {
		if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL)
			sprintf(handlers + strlen(handlers), " %d", number);
		if (sigismember(&mask, number) == 1)
			sprintf(blocked + strlen(blocked), " %d", number);
	}
	hw_case_text("sigaction", "signals that are not left alone", handlers);
	hw_case_text("sigprocmask", "signals that are blocked", blocked);
}

/* Second names, of which headers declare one. */
int __sigaction(int, const struct sigaction *, struct sigaction *);
sighandler_t bsd_signal(int, sighandler_t);

static void second_names(void)
{
	struct sigaction action = { .sa_handler = handle }, old;

	hw_case_text("ssignal", "install", word_of(ssignal(SIGUSR2, handle)));
	hw_case_text("bsd_signal", "ignore", word_of(bsd_signal(SIGUSR2, SIG_IGN)));
	errno = HW_CASE_ERRNO;
	hw_case_text("bsd_signal", "no signal", word_of(bsd_signal(0, handle)));
	SHOW("install", __sigaction, SIGUSR2, &action, &old);
	hw_case_text("__sigaction", "was", word_of(old.sa_handler));
	SHOW("no signal", __sigaction, 65, &action, NULL);
	/* ThreadSanitizer knows one of the names, which holdwait calls for both, and sets errno. */
	if (!HW_CASE_TSAN)
		raise(SIGUSR2);
	ssignal(SIGUSR2, SIG_DFL);
}

static void install(void)
{
	struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART }, old;

	sigaddset(&action.sa_mask, SIGUSR2);
	errno = HW_CASE_ERRNO;
	hw_case_text("signal", "first", word_of(signal(SIGUSR1, handle)));
	hw_case_text("signal", "again", word_of(signal(SIGUSR1, SIG_IGN)));
	errno = HW_CASE_ERRNO;
	hw_case_text("signal", "of SIGKILL", word_of(signal(SIGKILL, handle)));
	errno = HW_CASE_ERRNO;
	hw_case_text("signal", "no signal", word_of(signal(0, handle)));
	SHOW("ask", sigaction, SIGUSR1, NULL, &old);
	hw_case_text("sigaction", "was", word_of(old.sa_handler));
	SHOW("install", sigaction, SIGUSR1, &action, &old);
	SHOW("ask", sigaction, SIGUSR1, NULL, &old);
	hw_case_text("sigaction", "is", word_of(old.sa_handler));
	hw_case_number("sigaction", "its flags", old.sa_flags & ~0x04000000);
	hw_case_number("sigaction", "it blocks", sigismember(&old.sa_mask, SIGUSR2));
	SHOW("of SIGSTOP", sigaction, SIGSTOP, &action, NULL);
	SHOW("no signal", sigaction, 65, &action, NULL);
	SHOW("one that libc keeps", sigaction, 32, &action, NULL);
	raise(SIGUSR1);
	/* Both at once: what is asked for may be written over what is told. */
	SHOW("in place", sigaction, SIGUSR1, &action, &action);
	hw_case_text("sigaction", "in place, was", word_of(action.sa_handler));
}

static void queue(void)
{
	struct sigaction action = { .sa_sigaction = handle_more,
		.sa_flags = SA_SIGINFO | SA_RESETHAND };
	struct sigaction old;

	sigaction(SIGRTMIN + 3, &action, NULL);
	pthread_sigqueue(pthread_self(), SIGRTMIN + 3, (union sigval){ .sival_int = 17 });
	SHOW("reset by itself", sigaction, SIGRTMIN + 3, NULL, &old);
	hw_case_text("sigaction", "reset by itself", word_of(old.sa_handler));
}

static void mask(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	SHOW("block", sigprocmask, SIG_BLOCK, &set, &old);
	SHOW("no way", sigprocmask, 99, &set, &old);
	SHOW("ask", sigprocmask, 99, NULL, &old);
	hw_case_number("sigprocmask", "is blocked", sigismember(&old, SIGUSR2));
	SHOW_ERROR("in place", pthread_sigmask, SIG_UNBLOCK, &set, &set);
	hw_case_number("pthread_sigmask", "was blocked", sigismember(&set, SIGUSR2));
	SHOW_ERROR("no way", pthread_sigmask, 99, &set, &old);
	sigfillset(&set);
	SHOW_ERROR("all", pthread_sigmask, SIG_SETMASK, &set, NULL);
	SHOW_ERROR("ask", pthread_sigmask, SIG_BLOCK, NULL, &old);
	hw_case_number("pthread_sigmask", "SIGKILL is blocked", sigismember(&old, SIGKILL));
	hw_case_number("pthread_sigmask", "SIGTERM is blocked", sigismember(&old, SIGTERM));
	sigemptyset(&set);
	SHOW_ERROR("none", pthread_sigmask, SIG_SETMASK, &set, &old);
}

static stack_t alternate;

static void handle_on_stack(int number)
{
	stack_t now;

	hw_case_text("sigaltstack", "handler runs on it",
		(char *)&now - (char *)alternate.ss_sp < (long)alternate.ss_size &&
				(char *)&now > (char *)alternate.ss_sp ? "yes" : "no");
	SHOW("on it", sigaltstack, NULL, &now);
	hw_case_number("sigaltstack", "on it, flags", now.ss_flags);
	SHOW("changed on it", sigaltstack, &alternate, NULL);
	handle(number);
}

static void stacks(void)
{
	struct sigaction action = { .sa_handler = handle_on_stack, .sa_flags = SA_ONSTACK };
	stack_t small = { .ss_sp = &small, .ss_size = 16 };
	stack_t odd = { .ss_sp = &odd, .ss_size = 1 << 16, .ss_flags = 99 };
	stack_t old;

	alternate = (stack_t){ .ss_sp = malloc(1 << 16), .ss_size = 1 << 16 };
	SHOW("ask", sigaltstack, NULL, &old);
	hw_case_number("sigaltstack", "flags", old.ss_flags);
	SHOW("too small", sigaltstack, &small, NULL);
	SHOW("no flags", sigaltstack, &odd, NULL);
	SHOW("nowhere", sigaltstack, (stack_t *)8, NULL);
	SHOW("set", sigaltstack, &alternate, &old);
	SHOW("ask", sigaltstack, NULL, &old);
	hw_case_text("sigaltstack", "is", old.ss_sp == alternate.ss_sp ? "that" : "another");
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	alternate.ss_flags = SS_DISABLE;
	SHOW("none", sigaltstack, &alternate, NULL);
}

int main(void)
{
	initial();
	second_names();
	install();
	queue();
	mask();
	stacks();
	initial();
	return 0;
}
