/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace/collector.h"
#include "trace/memory.h"
#include "trace/options.h"

/*
 * holdwait-collector: started by `holdwait run`, or by the first process of a program
 * that was started with LD_PRELOAD alone (--daemon). It answers on standard
 * output with the path of the session, and then is heard of no more.
 */

struct arguments {
	struct hw_recording_options options;
	pid_t program;
	pid_t launcher;
};

enum { OPTION_DAEMON = 256, OPTION_LAUNCHER, OPTION_META };

static const struct argp_option option_table[] = {
	{ "daemon", OPTION_DAEMON, "PID", 0,
		"detach from PID, which began it; end when the last process has gone", 0 },
	{ "launcher", OPTION_LAUNCHER, "PID", 0, "stay at least until PID lets go", 0 },
	{ "options", OPTION_META, "TEXT", 0, "options as in HOLDWAIT_OPTIONS", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;
	struct hw_error error;

	switch (key) {
	case OPTION_DAEMON:
		arguments->program = (pid_t)atoi(text);
		return 0;
	case OPTION_LAUNCHER:
		arguments->launcher = (pid_t)atoi(text);
		return 0;
	case OPTION_META:
		if (hw_recording_options_parse(&arguments->options, text, &error)) {
			hw_error_print(&error);
			exit(125);
		}
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void store_beginning(const struct hw_collector *collector)
{
	struct hw_store *store = collector->store;
	const struct hw_session *session = collector->map.session;
	char directory[PATH_MAX] = "", host[256] = "";

	if (!getcwd(directory, sizeof(directory)))
		directory[0] = '\0';
	gethostname(host, sizeof(host) - 1);
	hw_store_meta_text(store, "version", HW_VERSION);
	hw_store_meta_text(store, "directory", directory);
	hw_store_meta_text(store, "host", host);
	hw_store_meta_number(store, "started_at", (int64_t)time(NULL));
	hw_store_meta_text(store, "clock", session->clock == HW_CLOCK_TSC ? "tsc" : "monotonic");
	hw_store_meta_number(store, "clock_base", (int64_t)session->clock_base);
	hw_store_meta_real(store, "ns_per_tick", collector->clock.ns_per_tick);
	hw_store_meta_number(store, "depth", session->depth);
	hw_store_meta_text(store, "unwind", session->unwind == HW_UNWIND_FP ? "fp" : "auto");
	hw_store_commit(store);
}

/* Without a launcher the file is named after the program that started us. */
static int name_file(struct hw_recording_options *options, pid_t pid, struct hw_error *error)
{
	char link[32], program[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	length = readlink(link, program, sizeof(program) - 1);
	program[length < 0 ? 0 : length] = '\0';
	return hw_recording_options_expand(options, pid, program, error);
}

/* Out of sight of the program: another session, no terminal, a child of nobody in particular. */
static void detach(void)
{
	if (fork() > 0)
		_exit(0);
	setsid();
	if (fork() > 0)
		_exit(0);
}

/*
 * Of the program that started us we keep its standard streams, to answer and to
 * complain, and no other descriptor: somebody may wait for the end of a pipe, or for a
 * lock. What it had closed must not become a file of ours by accident.
 */
static void close_foreign(bool daemon)
{
	int null = open("/dev/null", O_RDWR);

	while (null >= 0 && null <= STDERR_FILENO)
		null = dup(null);
	if (daemon)
		close_range(STDERR_FILENO + 1, ~0u, 0);
	else if (null > STDERR_FILENO)
		close(null);
	/* A file that may not grow is a failure to be reported, not to die of. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* Everything was said; whoever reads our answer waits for its end. */
static void fall_silent(bool daemon)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	if (daemon) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDERR_FILENO);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = { option_table, parse_option, NULL,
		"Collects what programs under holdwait record. Started by holdwait.", NULL, NULL,
		NULL };
	struct arguments arguments = { .launcher = 0 };
	struct hw_collector collector;
	struct hw_error error;
	int code;

	hw_recording_options_init(&arguments.options);
	code = hw_recording_options_environment(&arguments.options, &error);
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	close_foreign(arguments.program);
	if (!code && arguments.program)
		code = name_file(&arguments.options, arguments.program, &error);
	if (arguments.program)
		detach();
	if (!code)
		code = hw_collector_init(&collector, &arguments.options, arguments.launcher,
			&error);
	if (code) {
		hw_error_print(&error);
		return 125;
	}
	store_beginning(&collector);
	printf("%s\n", collector.map.path);
	fflush(stdout);
	fall_silent(arguments.program);
	code = hw_collector_run(&collector, &error);
	if (code)
		hw_error_print(&error);
	hw_collector_finish(&collector);
	return code ? 125 : 0;
}
