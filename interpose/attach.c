/* SPDX-License-Identifier: MIT */
#include "interpose/attach.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "interpose/sys.h"
#include "trace/session.h"

enum { PATH_BYTES = 4096, ANSWER_BYTES = 512, PROGRAM_SHARE = 4 };

/* What children are told: the session's path, or that there is none to be had. */
static char started_session[ANSWER_BYTES];
static const char no_session[] = "none";

static void say(const char *text)
{
	hw_sys3(SYS_write, STDERR_FILENO, text, strlen(text));
}

static bool failed(long result)
{
	return result < 0 && result > -4096;
}

/* Reserve room, then put the file at the first place in it where chunks are aligned. */
static struct hw_session *map_session(long fd)
{
	size_t size_bytes = sizeof(struct hw_session);
	long reserved = hw_sys6(SYS_mmap, 0, (long)(size_bytes + HW_CHUNK_BYTES), PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long aligned, mapped;

	if (failed(reserved))
		return NULL;
	aligned = (reserved + HW_CHUNK_BYTES - 1) & -(long)HW_CHUNK_BYTES;
	mapped = hw_sys6(SYS_mmap, aligned, (long)size_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
	if (failed(mapped)) {
		hw_sys2(SYS_munmap, reserved, size_bytes + HW_CHUNK_BYTES);
		return NULL;
	}
	hw_sys3(SYS_madvise, mapped, size_bytes, MADV_DONTDUMP);
	return (struct hw_session *)mapped;
}

/* Of a limited address space most is left to the program: what it may not notice must be small. */
static bool has_room(void)
{
	struct rlimit limit;

	return hw_sys2(SYS_getrlimit, RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY ||
	       limit.rlim_cur / PROGRAM_SHARE >= sizeof(struct hw_session);
}

/* There is room for the first page at least, in which to say so. */
static void count_unrecorded(long fd)
{
	size_t size_bytes = offsetof(struct hw_session, processes);
	long mapped = hw_sys6(SYS_mmap, 0, (long)size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	struct hw_session *session = (struct hw_session *)mapped;

	if (failed(mapped))
		return;
	if (session->magic == HW_SESSION_MAGIC && session->version == HW_SESSION_VERSION)
		atomic_fetch_add(&session->unrecorded_processes, 1);
	hw_sys2(SYS_munmap, mapped, size_bytes);
}

static struct hw_session *open_session(const char *path)
{
	long fd = hw_sys4(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	struct hw_session *session;

	if (fd < 0)
		return NULL;
	session = has_room() ? map_session(fd) : NULL;
	if (!session)
		count_unrecorded(fd);
	hw_sys1(SYS_close, fd);
	if (session && (session->magic != HW_SESSION_MAGIC ||
			session->version != HW_SESSION_VERSION ||
			atomic_load(&session->state) != HW_SESSION_ON ||
			hw_session_collector_died(session))) {
		hw_sys2(SYS_munmap, session, sizeof(*session));
		session = NULL;
	}
	return session;
}

/* The collector lives next to this library, installed as well as in a build folder. */
static bool collector_path(char *path, const char *beside)
{
	Dl_info info;
	const char *slash;
	size_t folder_bytes;

	if (!dladdr((void *)hw_attach_session, &info) || !info.dli_fname)
		return false;
	slash = strrchr(info.dli_fname, '/');
	folder_bytes = slash ? (size_t)(slash + 1 - info.dli_fname) : 0;
	if (folder_bytes + strlen(beside) >= PATH_BYTES)
		return false;
	memcpy(path, info.dli_fname, folder_bytes);
	strcpy(path + folder_bytes, beside);
	return !hw_sys2(SYS_access, path, X_OK);
}

/* What is the program's alone: libraries to preload, auditors, a dynamic linker that talks. */
static bool is_for_linker(const char *variable)
{
	return !strncmp(variable, "LD_", 3) && strncmp(variable, "LD_LIBRARY_PATH=", 16) != 0;
}

/* The environment for the collector; it would trace itself, and whoever looks would see it. */
static char **environment_of_collector(void)
{
	size_t count = 0, kept = 0;
	char **copy;

	while (environ[count])
		count++;
	copy = hw_sys_map((count + 1) * sizeof(*copy));
	for (size_t i = 0; copy && i < count; i++)
		if (!is_for_linker(environ[i]))
			copy[kept++] = environ[i];
	return copy;
}

static const char *in_digits(long number, char *text, size_t size_bytes)
{
	char *at = text + size_bytes;

	*--at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return at;
}

/* In the grandchild, a copy of process `program`: become the collector. */
static void become_collector(const char *path, long program, long answer_fd)
{
	char digits[32];
	char *arguments[] = { (char *)path, (char *)"--daemon",
		(char *)in_digits(program, digits, sizeof(digits)), NULL };
	char **environment = environment_of_collector();

	/* Duplicated or not, it has to stay open. */
	if (answer_fd == STDOUT_FILENO)
		hw_sys3(SYS_fcntl, answer_fd, F_SETFD, 0);
	else
		hw_sys3(SYS_dup3, answer_fd, STDOUT_FILENO, 0);
	if (environment)
		hw_sys3(SYS_execve, path, arguments, environment);
	hw_sys1(SYS_exit_group, 127);
	__builtin_unreachable();
}

static size_t read_answer(long fd, char *answer, size_t size_bytes)
{
	size_t length = 0;
	long got;

	while (length + 1 < size_bytes) {
		got = hw_sys3(SYS_read, fd, answer + length, size_bytes - 1 - length);
		if (got == -EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	answer[length] = '\0';
	return length;
}

/* A child whose end is told to nobody by a signal, as long as it executes nothing. */
static long clone_quietly(void)
{
	return hw_sys6(SYS_clone, 0, 0, 0, 0, 0, 0);
}

/* Start a collector. It answers with the path of the session, or says itself what is wrong. */
static struct hw_session *start_collector(void)
{
	char path[PATH_BYTES];
	int pipe_fds[2];
	long program, child;
	size_t length;

	if (!environ || (!collector_path(path, "holdwait-collector") &&
				!collector_path(path, "../trace/holdwait-collector"))) {
		say("holdwait: cannot find holdwait-collector; nothing is recorded\n");
		strcpy(started_session, no_session);
		return NULL;
	}
	if (hw_sys2(SYS_pipe2, pipe_fds, O_CLOEXEC))
		return NULL;
	program = hw_sys0(SYS_getpid);
	child = clone_quietly();
	if (child == 0) {
		if (clone_quietly() == 0)
			become_collector(path, program, pipe_fds[1]);
		hw_sys1(SYS_exit_group, 0);
	}
	hw_sys1(SYS_close, pipe_fds[1]);
	length = child > 0 ? read_answer(pipe_fds[0], started_session, ANSWER_BYTES) : 0;
	hw_sys1(SYS_close, pipe_fds[0]);
	if (child > 0)
		hw_sys4(SYS_wait4, child, NULL, __WALL, NULL);
	if (length && started_session[length - 1] == '\n') {
		started_session[length - 1] = '\0';
		return open_session(started_session);
	}
	strcpy(started_session, no_session);
	return NULL;
}

static const char *session_variable(void)
{
	size_t length = strlen(HW_SESSION_VARIABLE);

	for (char **at = environ; at && *at; at++)
		if (!strncmp(*at, HW_SESSION_VARIABLE "=", length + 1)) {
			const char *path = *at + length + 1;
			size_t hidden = strlen(HW_SESSION_HIDDEN);

			return strncmp(path, HW_SESSION_HIDDEN, hidden) ? path : path + hidden;
		}
	return NULL;
}

struct hw_session *hw_attach_session(void)
{
	const char *path = session_variable();

	return path ? open_session(path) : start_collector();
}

const char *hw_attach_session_path(void)
{
	const char *path = started_session[0] ? started_session : session_variable();

	return path ? path : "";
}
