/* SPDX-License-Identifier: MIT */
#include "demos/local_server.h"

#include "demos/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char program[] = "picture_server";

/* "DIRECTORY/picture_server", where DIRECTORY is that of this program. */
static void find_program(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	check_errno((int)length, "find the picture server");
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (snprintf(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, program) >= PATH_MAX)
		die("cannot find the picture server: %s", strerror(ENAMETOOLONG));
}

/*
 * Start `path` with its output in `output`. It gets a process group of its own,
 * so that Ctrl-C at the terminal does not end it before the downloads end.
 */
static pid_t spawn(const char *path, unsigned delay_ms, int output)
{
	char delay[32], parent[32];
	char *arguments[] = { (char *)path, delay, parent, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	int error;

	snprintf(delay, sizeof(delay), "--delay-ms=%u", delay_ms);
	snprintf(parent, sizeof(parent), "--parent=%d", (int)getpid());
	check(posix_spawn_file_actions_init(&actions), "start the picture server");
	check(posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO),
		"start the picture server");
	check(posix_spawnattr_init(&attributes), "start the picture server");
	check(posix_spawnattr_setpgroup(&attributes, 0), "start the picture server");
	check(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP),
		"start the picture server");
	error = posix_spawn(&pid, path, &actions, &attributes, arguments, environ);
	if (error)
		die("cannot start '%s': %s", path, strerror(error));
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

void local_server_start(struct local_server *server, unsigned delay_ms)
{
	char path[PATH_MAX];
	int ends[2];
	FILE *output;

	find_program(path);
	check_errno(pipe2(ends, O_CLOEXEC), "make a pipe");
	server->pid = spawn(path, delay_ms, ends[1]);
	close(ends[1]);
	output = fdopen(ends[0], "r");
	if (!output || !fgets(server->address, sizeof(server->address), output))
		die("the picture server ended before it was ready");
	server->address[strcspn(server->address, "\n")] = '\0';
	fclose(output);
}

void local_server_stop(struct local_server *server)
{
	if (!server->pid)
		return;
	kill(server->pid, SIGTERM);
	while (waitpid(server->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	server->pid = 0;
}
