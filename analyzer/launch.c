/* SPDX-License-Identifier: MIT */
#include "analyzer/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/places.h"
#include "analyzer/program.h"
#include "analyzer/sanitizer.h"
#include "trace/memory.h"

enum {
	STATE_TICK_MS = 50,     /* how soon a new waiting state is noticed */
	FINISH_TICK_MS = 20,
	FLUSH_TICKS = 500,      /* ten seconds to store what was recorded */
};

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Everything a pipe says until its end; the caller frees it. */
static char *read_all(int fd)
{
	char *text = hw_xcalloc(1, PATH_MAX);
	size_t length = 0;
	ssize_t got;

	while (length + 1 < PATH_MAX &&
		((got = read(fd, text + length, PATH_MAX - 1 - length)) > 0 ||
			(got < 0 && errno == EINTR)))
		length += got > 0 ? (size_t)got : 0;
	return text;
}

/* The collector must outlive Ctrl-C, which the terminal sends to the whole process group. */
static void become_collector(const struct hw_launch *launch, const char *path,
	const struct hw_recording_options *options, pid_t launcher, int answer_fd)
{
	char text[8192], pid[16];

	hw_recording_options_text(options, text, sizeof(text));
	snprintf(pid, sizeof(pid), "%d", (int)launcher);
	hw_relay_leave(&launch->relay);
	setsid();
	dup2(answer_fd, STDOUT_FILENO);
	execl(path, path, "--launcher", pid, "--options", text, (char *)NULL);
	fprintf(stderr, "holdwait: cannot execute '%s': %s\n", path, strerror(errno));
	_exit(HW_EXIT_FAILED);
}

static int start_collector(struct hw_launch *launch, const struct hw_recording_options *options,
	struct hw_error *error)
{
	char *path = hw_places_find(HW_PLACE_COLLECTOR, error), *answer;
	pid_t launcher = getpid();
	int pipe_fds[2], code;
	size_t length;

	if (!path)
		return HW_EXIT_FAILED;
	if (pipe2(pipe_fds, O_CLOEXEC)) {
		hw_error_set(error, -errno, "cannot make a pipe: %s", strerror(errno));
		free(path);
		return HW_EXIT_FAILED;
	}
	launch->collector = fork();
	if (launch->collector == 0)
		become_collector(launch, path, options, launcher, pipe_fds[1]);
	close(pipe_fds[1]);
	free(path);
	answer = read_all(pipe_fds[0]);
	close(pipe_fds[0]);
	length = strlen(answer);
	code = HW_EXIT_FAILED;
	if (length && answer[length - 1] == '\n') {
		answer[length - 1] = '\0';
		code = hw_session_map_open(&launch->map, answer, error) ? HW_EXIT_FAILED : 0;
	}
	free(answer);
	launch->collector_pidfd = code ? -1 : open_pidfd(launch->collector);
	return code;
}

/* Ours first, so that nobody else's hooks are in between; the user's libraries stay. */
static char *preload(const char *library)
{
	const char *users = getenv("LD_PRELOAD");

	return users ? hw_xasprintf("%s:%s", library, users) : hw_xstrdup(library);
}

static void become_program(const struct hw_launch *launch, const char *path, char **arguments,
	const char *library, int failure_fd)
{
	char *sanitizer = hw_sanitizer_options(path);
	int code;

	if (sanitizer)
		setenv("ASAN_OPTIONS", sanitizer, 1);
	setenv("LD_PRELOAD", preload(library), 1);
	setenv(HW_SESSION_VARIABLE, launch->map.path, 1);
	hw_relay_leave(&launch->relay);
	execv(path, arguments);
	code = errno;
	if (write(failure_fd, &code, sizeof(code)) != sizeof(code))
		_exit(HW_EXIT_FAILED);
	_exit(HW_EXIT_NOT_EXECUTABLE);
}

static int start_program(struct hw_launch *launch, const char *path, char **arguments,
	struct hw_error *error)
{
	char *library = hw_places_find(HW_PLACE_LIBRARY, error);
	int pipe_fds[2], failure = 0;

	if (!library || pipe2(pipe_fds, O_CLOEXEC)) {
		free(library);
		return HW_EXIT_FAILED;
	}
	launch->program = fork();
	if (launch->program == 0)
		become_program(launch, path, arguments, library, pipe_fds[1]);
	close(pipe_fds[1]);
	free(library);
	if (launch->program > 0 && read(pipe_fds[0], &failure, sizeof(failure)) == 0) {
		close(pipe_fds[0]);
		launch->program_pidfd = open_pidfd(launch->program);
		hw_relay_begin(&launch->relay, launch->program, launch->map.session);
		return 0;
	}
	close(pipe_fds[0]);
	if (launch->program > 0)
		waitpid(launch->program, NULL, 0);
	launch->program_ended = true;
	hw_error_set(error, -failure, "cannot execute '%s': %s", path, strerror(failure));
	if (failure == ENOEXEC)
		hw_error_hint(error, "a script needs a first line like '#!/bin/sh'");
	return HW_EXIT_NOT_EXECUTABLE;
}

int hw_launch_start(struct hw_launch *launch, const struct hw_recording_options *options,
	const char *path, char **arguments, struct hw_error *error)
{
	int code;

	*launch = (struct hw_launch){ .program_pidfd = -1, .collector_pidfd = -1 };
	launch->map.fd = -1;
	error->message[0] = '\0';
	hw_relay_prepare(&launch->relay);
	code = start_collector(launch, options, error);
	if (!code) {
		code = start_program(launch, path, arguments, error);
		if (code)
			hw_launch_finish(launch);
	}
	if (code)
		hw_relay_end(&launch->relay);
	return code;
}

static void reap_collector(struct hw_launch *launch)
{
	int status;

	if (launch->collector_ended || waitpid(launch->collector, &status, WNOHANG) <= 0)
		return;
	launch->collector_ended = true;
	launch->collector_failed = !WIFEXITED(status) || WEXITSTATUS(status);
	launch->collector_told = WIFEXITED(status) && WEXITSTATUS(status) == HW_EXIT_FAILED;
	if (launch->collector_failed) {
		/* Nobody frees chunks any more: whoever waits for one must go on without. */
		atomic_store(&launch->map.session->state, HW_SESSION_OFF);
		syscall(SYS_futex, &launch->map.session->chunks_freed, FUTEX_WAKE, INT_MAX, NULL);
		hw_session_map_remove(&launch->map);
	}
}

static enum hw_launch_news note_end(struct hw_launch *launch)
{
	launch->program_ended = true;
	hw_relay_end(&launch->relay);
	return HW_LAUNCH_ENDED;
}

enum hw_launch_news hw_launch_wait(struct hw_launch *launch, bool look_again)
{
	for (bool waited = false;; waited = true) {
		struct pollfd pollfds[] = { { .fd = launch->program_pidfd, .events = POLLIN },
			{ .fd = launch->collector_ended ? -1 : launch->collector_pidfd,
				.events = POLLIN } };
		uint32_t states = atomic_load(&launch->map.session->states_stored);

		if (waitpid(launch->program, &launch->status, WNOHANG | WUNTRACED) > 0) {
			if (!WIFSTOPPED(launch->status))
				return note_end(launch);
			hw_relay_stop_alike(launch->program, WSTOPSIG(launch->status));
		}
		if (hw_relay_quit_pressed())
			return HW_LAUNCH_QUIT_PRESSED;
		if (states != launch->states_seen || (look_again && waited)) {
			launch->states_seen = states;
			return HW_LAUNCH_STATE;
		}
		if (!launch->collector_ended) {
			reap_collector(launch);
			if (launch->collector_ended)
				return HW_LAUNCH_COLLECTOR_GONE;
		}
		/* The program's stops, too, are seen by looking. */
		poll(pollfds, 2, STATE_TICK_MS);
	}
}

int64_t hw_launch_now_ns(struct hw_launch *launch)
{
	const struct hw_session *session = launch->map.session;

	if (!launch->clock.ns_per_tick)
		hw_clock_init(&launch->clock, session->clock, session->clock_base,
			session->clock_base_ns);
	return hw_clock_ns(&launch->clock, hw_clock_now(session->clock) - session->clock_base);
}

static void ring(struct hw_session *session)
{
	atomic_fetch_add(&session->doorbell, 1);
	syscall(SYS_futex, &session->doorbell, FUTEX_WAKE, INT_MAX, NULL);
}

unsigned hw_launch_running(const struct hw_launch *launch)
{
	struct hw_session *session = launch->map.session;
	uint32_t used = atomic_load(&session->free_processes.fresh);
	unsigned running = 0;

	for (uint32_t i = 0; i < used && i < HW_PROCESS_MAX; i++)
		if (atomic_load(&session->processes[i].state) == HW_SLOT_LIVE &&
			session->processes[i].pid != launch->program &&
			!kill(session->processes[i].pid, 0))
			running++;
	return running;
}

/* Stopped by a signal, or by a debugger: then nobody knows when it goes on. */
static bool is_stopped(pid_t pid)
{
	char path[32], line[128] = "";
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	state = strrchr(line, ')');
	return state && state[1] && (state[2] == 'T' || state[2] == 't');
}

bool hw_launch_finish(struct hw_launch *launch)
{
	struct hw_session *session = launch->map.session;
	uint32_t asked = atomic_fetch_add(&session->flush_asked, 1) + 1;
	uint32_t stopped_ticks = 0;
	int ticks = 0;

	atomic_store(&session->launcher_holds, 0);
	ring(session);
	for (;;) {
		struct pollfd pollfd = { .fd = launch->collector_pidfd, .events = POLLIN };

		reap_collector(launch);
		if (launch->collector_ended)
			return true;
		if (atomic_load(&session->flush_done) == asked || ticks++ > FLUSH_TICKS)
			if (hw_launch_running(launch))
				return false;
		stopped_ticks = is_stopped(launch->collector) ? stopped_ticks + 1 : 0;
		launch->collector_stopped =
			stopped_ticks > session->patience_s * (1000 / FINISH_TICK_MS);
		if (launch->collector_stopped)
			return false;
		poll(&pollfd, 1, FINISH_TICK_MS);
	}
}

static void send_all(const struct hw_launch *launch, int signal_number)
{
	struct hw_session *session = launch->map.session;
	uint32_t used = atomic_load(&session->free_processes.fresh);

	for (uint32_t i = 0; i < used && i < HW_PROCESS_MAX; i++)
		if (atomic_load(&session->processes[i].state) == HW_SLOT_LIVE &&
			session->processes[i].pid > 1)
			kill(session->processes[i].pid, signal_number);
	kill(launch->program, signal_number);
}

/*
 * The end of a process may end the wait of another: by robust mutexes, or what semop(2) was told
 * to undo. Who was stopped before does nothing with it.
 */
void hw_launch_kill(struct hw_launch *launch, int signal_number)
{
	if (signal_number == SIGKILL)
		send_all(launch, SIGSTOP);
	send_all(launch, signal_number);
}

void hw_launch_exit_alike(const struct hw_launch *launch)
{
	struct rlimit no_core = { 0, 0 };
	sigset_t only;
	int number;

	if (WIFEXITED(launch->status))
		exit(WEXITSTATUS(launch->status));
	number = WTERMSIG(launch->status);
	/* The program left its core; ours would only hide it. */
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	fflush(NULL);
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
	exit(128 + number);
}
