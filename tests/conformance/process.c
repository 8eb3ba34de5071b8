/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Processes: forked, spawned, replaced, refused, waited for in every way. */

static char self_path[4096];
static char *const empty[] = { NULL };

/* What a new image got: its arguments, and what of its environment is not holdwait's. */
static int tell_arguments(char **arguments)
{
	for (arguments += 2; *arguments; arguments++)
		hw_case_text("new image", "argument", *arguments);
	for (char **variable = environ; *variable; variable++)
		if (!strncmp(*variable, "CONFORMANCE", 11))
			hw_case_text("new image", "environment", *variable);
	return 3;
}

static void show_status(const char *function, const char *situation, int status)
{
	if (WIFEXITED(status))
		hw_case_number(function, hw_case_join(situation, "ended with"),
			WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		hw_case_number(function, hw_case_join(situation, "killed by"), WTERMSIG(status));
	else
		hw_case_text(function, situation, "neither ended nor killed");
}

/* In a child, so that it may succeed. */
#define IN_CHILD(function, situation, ...) \
	do { \
		pid_t child = fork(); \
		int status; \
\
		if (!child) { \
			SHOW(situation, function, __VA_ARGS__); \
			_exit(9); \
		} \
		while (waitpid(child, &status, 0) != child) \
			; \
		show_status(#function, situation, status); \
	} while (0)

static void succeed(void)
{
	char *const arguments[] = { self_path, (char *)"tell", (char *)"a b", (char *)"", NULL };
	char *const environment[] = { (char *)"CONFORMANCE=yes", NULL };
	int fd = open(self_path, O_RDONLY | O_CLOEXEC);

	setenv("CONFORMANCE_OWN", "1", 1);
	IN_CHILD(execve, "new environment", self_path, arguments, environment);
	IN_CHILD(execv, "array", self_path, arguments);
	IN_CHILD(execvp, "array", self_path, arguments);
	IN_CHILD(execvpe, "new environment", self_path, arguments, environment);
	IN_CHILD(fexecve, "descriptor", fd, arguments, environment);
	IN_CHILD(execveat, "path", AT_FDCWD, self_path, arguments, environment, 0);
	IN_CHILD(execveat, "descriptor", fd, "", arguments, environment, AT_EMPTY_PATH);
	IN_CHILD(execl, "list", self_path, self_path, "tell", "1", "2", "3", "4", "5", "6", "7",
		(char *)NULL);
	IN_CHILD(execlp, "list", self_path, self_path, "tell", (char *)NULL);
	IN_CHILD(execle, "list, new environment", self_path, self_path, "tell", "x",
		(char *)NULL, environment);
	IN_CHILD(execlp, "found in PATH", "true", "true", (char *)NULL);
	close(fd);
}

static void refuse(const char *text_path, const char *circle)
{
	char *const arguments[] = { (char *)"x", NULL };
	size_t size = 1 << 24;
	char *large = malloc(size);
	char *const too_much[] = { large, NULL };

	memset(large, 'x', size - 1);
	large[size - 1] = '\0';
	SHOW("not there", execve, "/nowhere/at/all", arguments, environ);
	SHOW("a folder", execve, "/", arguments, environ);
	SHOW("below a file", execve, "/dev/null/x", arguments, environ);
	SHOW("too many arguments", execve, self_path, too_much, environ);
	SHOW("text", execve, text_path, arguments, environ);
	SHOW("a link in a circle", execve, circle, arguments, environ);
	SHOW("a long name", execve, large, arguments, environ);
	SHOW("a name that is nowhere", execve, (char *)8, arguments, environ);
	SHOW("not there", execv, "/nowhere/at/all", arguments);
	SHOW("not there", execvp, "no-such-program-anywhere", arguments);
	SHOW("not there", execvpe, "no-such-program-anywhere", arguments, environ);
	SHOW("not there", execl, "/nowhere/at/all", "x", (char *)NULL);
	SHOW("not there", execlp, "no-such-program-anywhere", "x", (char *)NULL);
	SHOW("not there", execle, "/nowhere/at/all", "x", (char *)NULL, environ);
	SHOW("no name", execvp, "", arguments);
	SHOW("a folder", execv, "/", arguments);
	SHOW("below a file", execv, "/dev/null/x", arguments);
	SHOW("too many arguments", execv, self_path, too_much);
	SHOW("text", execv, text_path, arguments);
	SHOW("no descriptor", fexecve, -1, arguments, environ);
	SHOW("not there", execveat, AT_FDCWD, "no-such-program-anywhere", arguments, environ, 0);
	SHOW("no descriptor", execveat, -1, "x", arguments, environ, 0);
	SHOW("no flags", execveat, AT_FDCWD, self_path, arguments, environ, 0x10);
	SHOW("a link", execveat, AT_FDCWD, "/proc/self/exe", arguments, environ,
		AT_SYMLINK_NOFOLLOW);
	SHOW("text", execveat, AT_FDCWD, text_path, arguments, environ, 0);
	SHOW("no arguments", fexecve, 0, (char *const *)NULL, environ);
	IN_CHILD(execvp, "text", text_path, arguments);
	free(large);
}

static void spawn(void)
{
	/* It prints nothing: it runs while its parent does. */
	char *const arguments[] = { self_path, (char *)"tell", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t child = 0;
	int status;

	unsetenv("CONFORMANCE_OWN");
	SHOW_ERROR("new", posix_spawn, &child, self_path, NULL, NULL, arguments, environ);
	SHOW("spawned", waitpid, child, &status, WNOHANG | 0x8000000);
	waitpid(child, &status, 0);
	show_status("posix_spawn", "new", status);
	SHOW_ERROR("new", posix_spawnp, &child, self_path, NULL, NULL, arguments, empty);
	waitpid(child, &status, 0);
	show_status("posix_spawnp", "new", status);
	SHOW_ERROR("number not wanted", posix_spawnp, NULL, "true", NULL, NULL, arguments, environ);
	wait(&status);
	show_status("posix_spawnp", "number not wanted", status);
	SHOW_ERROR("not there", posix_spawn, &child, "/nowhere", NULL, NULL, arguments, environ);
	SHOW_ERROR("not there", posix_spawnp, &child, "no-such-program-anywhere", NULL, NULL,
		arguments, environ);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addclose(&actions, 99);
	posix_spawn_file_actions_addopen(&actions, 5, "/nowhere/at/all", O_RDONLY, 0);
	SHOW_ERROR("file not there", posix_spawn, &child, self_path, &actions, NULL, arguments,
		environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	SHOW_ERROR("group of its own", posix_spawn, &child, self_path, NULL, &attributes, arguments,
		environ);
	SHOW("of another group", waitpid, 0, &status, 0);
	waitpid(child, &status, 0);
	show_status("posix_spawn", "group of its own", status);
	posix_spawnattr_destroy(&attributes);
}

static pid_t child_that_ends(int status)
{
	pid_t child = fork();

	if (!child)
		_exit(status);
	return child;
}

/* Second names. */
pid_t __wait(int *);
pid_t __waitpid(pid_t, int *, int);

/* Children are told by whether they are the one that is awaited. */
#define SHOW_CHILD(situation, child, function, ...) \
	hw_case_text(#function, situation, function(__VA_ARGS__) == (child) ? "it" : "not it")

static void reap(void)
{
	siginfo_t info = { 0 };
	struct rusage usage;
	pid_t child;
	int status;

	child = child_that_ends(1);
	SHOW_CHILD("one child", child, wait, &status);
	show_status("wait", "one child", status);
	child = child_that_ends(2);
	SHOW_CHILD("one child", child, wait, NULL);
	child = child_that_ends(4);
	SHOW_CHILD("one child", child, __wait, &status);
	show_status("__wait", "one child", status);
	child = child_that_ends(5);
	SHOW_CHILD("one child", child, __waitpid, child, &status, 0);
	show_status("__waitpid", "one child", status);
	child = child_that_ends(3);
	SHOW_CHILD("one child", child, wait3, &status, 0, &usage);
	show_status("wait3", "one child", status);
	child = child_that_ends(4);
	SHOW_CHILD("one child", child, wait4, child, &status, 0, NULL);
	show_status("wait4", "one child", status);
	child = child_that_ends(5);
	SHOW_CHILD("status not wanted", child, wait4, child, NULL, 0, &usage);
	child = child_that_ends(6);
	SHOW("left there", waitid, P_PID, child, &info, WEXITED | WNOWAIT);
	hw_case_number("waitid", "left there, status", info.si_status);
	SHOW("nothing wanted", waitid, P_PID, child, NULL, WEXITED);
	child = child_that_ends(7);
	SHOW("nowhere", waitpid, child, (int *)8, 0);
	child = child_that_ends(7);
	SHOW("nowhere", wait, (int *)8);
	child = child_that_ends(7);
	SHOW("nowhere", wait3, (int *)8, 0, NULL);
	child = child_that_ends(7);
	SHOW("nowhere", wait4, child, (int *)8, 0, NULL);
	child = child_that_ends(8);
	SHOW("nowhere", waitid, P_PID, child, (siginfo_t *)8, WEXITED);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void reap_none(void)
{
	siginfo_t info = { 0 };
	int status;

	SHOW("no child", wait, &status);
	SHOW("no child", __wait, &status);
	SHOW("no child", __waitpid, -1, &status, 0);
	SHOW("no child", waitpid, -1, &status, 0);
	SHOW("no child", waitpid, 1, &status, 0);
	SHOW("no option", waitpid, -1, &status, 0x12345);
	SHOW("no child", wait3, &status, WNOHANG, NULL);
	SHOW("no child", wait4, -1, &status, 0, NULL);
	SHOW("no child", waitid, P_ALL, 0, &info, WEXITED);
	SHOW("no option", waitid, P_ALL, 0, &info, 0);
}

/* A child that stays until it is killed; signals interrupt its parent's waits. */
static void interrupted(void)
{
	siginfo_t info = { 0 };
	pid_t child = fork();
	int status = 0;

	if (!child)
		for (;;)
			pause();
	SHOW("it runs", waitpid, child, &status, WNOHANG);
	SHOW("it runs", waitid, P_PID, child, &info, WEXITED | WNOHANG);
	hw_case_number("waitid", "it runs, who", info.si_pid);
	hw_case_alarm(true);
	SHOW("interrupted", wait, &status);
	SHOW("interrupted", waitpid, child, &status, 0);
	SHOW("interrupted", wait3, &status, 0, NULL);
	SHOW("interrupted", wait4, child, &status, 0, NULL);
	SHOW("interrupted", waitid, P_PID, child, &info, WEXITED);
	hw_case_alarm(false);
	kill(child, SIGSTOP);
	SHOW_CHILD("stopped", child, waitpid, child, &status, WUNTRACED);
	hw_case_number("waitpid", "stopped", WIFSTOPPED(status));
	kill(child, SIGKILL);
	SHOW_CHILD("killed", child, waitpid, child, &status, 0);
	show_status("waitpid", "killed", status);
}

/* The child runs in its parent's memory. */
#define VFORK(function) \
	do { \
		volatile int written = 0; \
		int status_of; \
		pid_t made; \
\
		errno = HW_CASE_ERRNO; \
		made = function(); \
		if (!made) { \
			written = 1; \
			_exit(21); \
		} \
		hw_case_text(#function, "parent", made > 0 ? "a child" : "none"); \
		hw_case_number(#function, "what the child wrote", written); \
		waitpid(made, &status_of, 0); \
		show_status(#function, "child", status_of); \
	} while (0)

pid_t __vfork(void);

static void forks(void)
{
	pid_t child;
	int status;

	VFORK(vfork);
	VFORK(__vfork);
	errno = HW_CASE_ERRNO;
	child = fork();
	if (!child) {
		hw_case_text("fork", "child", "runs");
		_exit(0);
	}
	waitpid(child, NULL, 0);
	hw_case_text("fork", "parent", child > 0 ? "a child" : "none");
	child = vfork();
	if (!child) {
		execlp("no-such-program-anywhere", "x", (char *)NULL);
		_exit(errno == ENOENT ? 22 : 23);
	}
	waitpid(child, &status, 0);
	show_status("execlp", "after vfork, not there", status);
}

int main(int count, char **arguments)
{
	char text_path[] = "/tmp/hw-conformance-XXXXXX";
	char circle[sizeof(text_path) + 8];
	int fd;

	if (count > 1)
		return tell_arguments(arguments);
	if (readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) < 0)
		return 1;
	fd = mkstemp(text_path);
	if (fd < 0 || write(fd, "exit 5\n", 7) != 7 || fchmod(fd, 0700))
		return 1;
	close(fd);
	forks();
	reap();
	reap_none();
	interrupted();
	succeed();
	snprintf(circle, sizeof(circle), "%s-circle", text_path);
	if (symlink(circle, circle))
		return 1;
	refuse(text_path, circle);
	spawn();
	unlink(circle);
	unlink(text_path);
	return 0;
}
