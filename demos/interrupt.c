/* SPDX-License-Identifier: MIT */
#include "demos/interrupt.h"

#include "demos/check.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static struct {
	char *const *names;
	unsigned count;
	void (*call_first)(void);
} files;

static void end(int number)
{
	if (files.call_first)
		files.call_first();
	for (unsigned i = 0; i < files.count; i++)
		unlink(files.names[i]);
	raise(number); /* arrives when this returns; SA_RESETHAND made it deadly again */
}

/* A signal that the caller of the program had ignored (nohup) stays ignored. */
static void set_all(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESETHAND };
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&action.sa_mask, signals[i]);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		check_errno(sigaction(signals[i], NULL, &old), "look at a signal");
		if (old.sa_handler != SIG_IGN)
			check_errno(sigaction(signals[i], &action, NULL), "handle a signal");
	}
}

void interrupt_remove_files(char *const *names, unsigned count)
{
	files.names = names;
	files.count = count;
	set_all(end);
}

void interrupt_call_first(void (*function)(void))
{
	files.call_first = function;
}

void interrupt_reset(void)
{
	set_all(SIG_DFL);
}
