/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <unistd.h>

#include "interpose/environment.h"
#include "interpose/export.h"
#include "interpose/log.h"
#include "interpose/process.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/*
 * Replacing the program, and spawning another. The new program's image finds the
 * session in its environment and registers itself; here it is only said that this
 * one ends, or where a child came from.
 */

static void log_exec(const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);

	if (self)
		hw_log_add(self, hw_log_now(), HW_OP_EXEC, HW_NO_OBJECT,
			hw_stack_capture(self, call), 0);
}

static int exec_failed(int result)
{
	struct hw_self *self = hw_self_enter(NULL);

	if (self)
		hw_log_add(self, hw_log_now(), HW_OP_FAIL, HW_NO_OBJECT, 0, (uint32_t)errno);
	return result;
}

/* The environment that a program to be executed gets, on the stack where it has to be made. */
#define WITH_SESSION(environment, completed) \
	size_t room_bytes = hw_environment_room_bytes(environment); \
	char *const *completed = hw_environment_complete(environment, \
		__builtin_alloca(room_bytes), room_bytes)

/* By the name that was called, as others may stand behind it, unless something is added. */
static int execute(const char *path, char *const arguments[], char *const environment[])
{
	return environment == environ ? HW_REAL(execv)(path, arguments) :
					HW_REAL(execve)(path, arguments, environment);
}

static int search(const char *file, char *const arguments[], char *const environment[])
{
	return environment == environ ? HW_REAL(execvp)(file, arguments) :
					HW_REAL(execvpe)(file, arguments, environment);
}

HW_EXPORT int execve(const char *path, char *const arguments[], char *const environment[])
{
	WITH_SESSION(environment, completed);

	log_exec(HW_CALL);
	return exec_failed(HW_REAL(execve)(path, arguments, completed));
}

HW_EXPORT int execv(const char *path, char *const arguments[])
{
	WITH_SESSION(environ, completed);

	log_exec(HW_CALL);
	return exec_failed(execute(path, arguments, completed));
}

HW_EXPORT int execvp(const char *file, char *const arguments[])
{
	WITH_SESSION(environ, completed);

	log_exec(HW_CALL);
	return exec_failed(search(file, arguments, completed));
}

HW_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[])
{
	WITH_SESSION(environment, completed);

	log_exec(HW_CALL);
	return exec_failed(HW_REAL(execvpe)(file, arguments, completed));
}

HW_EXPORT int fexecve(int fd, char *const arguments[], char *const environment[])
{
	WITH_SESSION(environment, completed);

	log_exec(HW_CALL);
	return exec_failed(HW_REAL(fexecve)(fd, arguments, completed));
}

HW_EXPORT int execveat(int folder, const char *path, char *const arguments[],
	char *const environment[], int flags)
{
	WITH_SESSION(environment, completed);

	if (!HW_REAL_HAS(execveat)) {
		errno = ENOSYS;
		return -1;
	}
	log_exec(HW_CALL);
	return exec_failed(HW_REAL(execveat)(folder, path, arguments, completed, flags));
}

/* The list forms become the array forms, on the stack as libc does it. */
static size_t count_arguments(va_list from)
{
	va_list counting;
	size_t count = 1;

	va_copy(counting, from);
	while (va_arg(counting, char *))
		count++;
	va_end(counting);
	return count;
}

static void copy_arguments(char **to, const char *first, va_list *from)
{
	*to = (char *)(uintptr_t)first;
	while (*to++)
		*to = va_arg(*from, char *);
}

#define WITH_ARGUMENTS(first, list, arguments) \
	char **arguments = __builtin_alloca((count_arguments(list) + 1) * sizeof(char *)); \
	copy_arguments(arguments, first, &list)

HW_EXPORT int execl(const char *path, const char *first, ...)
{
	va_list list;

	va_start(list, first);
	WITH_ARGUMENTS(first, list, arguments);
	va_end(list);
	WITH_SESSION(environ, completed);
	log_exec(HW_CALL);
	return exec_failed(execute(path, arguments, completed));
}

HW_EXPORT int execlp(const char *file, const char *first, ...)
{
	va_list list;

	va_start(list, first);
	WITH_ARGUMENTS(first, list, arguments);
	va_end(list);
	WITH_SESSION(environ, completed);
	log_exec(HW_CALL);
	return exec_failed(search(file, arguments, completed));
}

HW_EXPORT int execle(const char *path, const char *first, ...)
{
	char *const *environment;
	va_list list;

	va_start(list, first);
	WITH_ARGUMENTS(first, list, arguments);
	environment = va_arg(list, char *const *);
	va_end(list);
	WITH_SESSION(environment, completed);
	log_exec(HW_CALL);
	return exec_failed(HW_REAL(execve)(path, arguments, completed));
}

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *,
	const posix_spawnattr_t *, char *const[], char *const[]);

static int spawn(spawn_function *real, pid_t *child, const char *program,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[], const struct hw_call *call)
{
	WITH_SESSION(environment, completed);
	pid_t pid = 0;
	int error = real(&pid, program, actions, attributes, arguments, completed);

	if (!error) {
		if (child)
			*child = pid;
		hw_process_spawned(pid, call);
	}
	return error;
}

HW_EXPORT int posix_spawn(pid_t *child, const char *path,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	return spawn(HW_REAL(posix_spawn), child, path, actions, attributes, arguments,
		environment, HW_CALL);
}

HW_EXPORT int posix_spawnp(pid_t *child, const char *file,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	return spawn(HW_REAL(posix_spawnp), child, file, actions, attributes, arguments,
		environment, HW_CALL);
}

/* For programs linked before 2012: what the kernel does not know how to run is a script. */
static int old_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	return spawn(HW_REAL(old_posix_spawn), child, path, actions, attributes, arguments,
		environment, HW_CALL);
}

static int old_spawnp(pid_t *child, const char *file, const posix_spawn_file_actions_t *actions,
	const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	return spawn(HW_REAL(old_posix_spawnp), child, file, actions, attributes, arguments,
		environment, HW_CALL);
}

HW_OLD_NAME(int, posix_spawn, (pid_t *, const char *, const posix_spawn_file_actions_t *,
	const posix_spawnattr_t *, char *const[], char *const[]), old_spawn, "GLIBC_2.2.5")
HW_OLD_NAME(int, posix_spawnp, (pid_t *, const char *, const posix_spawn_file_actions_t *,
	const posix_spawnattr_t *, char *const[], char *const[]), old_spawnp, "GLIBC_2.2.5")
