/* SPDX-License-Identifier: MIT */
#include "trace/futex.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than some kernel headers. */
enum { FUTEX_LOCK_PI2_OP = 13, FUTEX_WAITV_CALL = 449 };

/* The kernel's PF_EXITING, in the flags of /proc/PID/stat. */
enum { FLAG_EXITING = 4 };

/* The operations that block until somebody else does something. */
static bool waits(uint64_t operation)
{
	switch (operation & (uint64_t)FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2_OP:
		return true;
	default:
		return false;
	}
}

enum hw_futex_state hw_futex_parse(const char *line, struct hw_futex_place *ret_place)
{
	unsigned long long argument[6], stack, instruction;
	long number;

	/* "running", or -1 and two addresses when it sleeps outside of all system calls. */
	if (sscanf(line, "%ld %llx %llx %llx %llx %llx %llx %llx %llx", &number, &argument[0],
		    &argument[1], &argument[2], &argument[3], &argument[4], &argument[5], &stack,
		    &instruction) != 9)
		return HW_FUTEX_NONE;
	if (number != FUTEX_WAITV_CALL && (number != SYS_futex || !waits(argument[1])))
		return HW_FUTEX_NONE;
	*ret_place = (struct hw_futex_place){ .word = argument[0], .instruction = instruction,
		.stack = stack };
	return HW_FUTEX_BLOCKED;
}

/* A file of a thread in /proc; how many bytes it has, negative when it cannot be read. */
static ssize_t read_file(pid_t pid, pid_t tid, const char *name, char *text, size_t size_bytes)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, size_bytes - 1);
	if (length < 0)
		length = -errno;
	close(fd);
	if (length >= 0)
		text[length] = '\0';
	return length;
}

/* Else the thread has ended, or is about to. /proc may hide processes of others (hidepid). */
static bool is_refused(pid_t pid, pid_t tid, ssize_t length)
{
	return length == -EACCES || length == -EPERM ||
		(length == -ENOENT &&
			(!syscall(SYS_tgkill, pid, tid, 0) || errno == EPERM));
}

/* Sleepers on a priority-inheriting futex sleep in the kernel's own kind of lock. */
static bool is_futex_function(const char *function)
{
	return strstr(function, "futex") || !strncmp(function, "rt_mutex", strlen("rt_mutex")) ||
		!strncmp(function, "__rt_mutex", strlen("__rt_mutex"));
}

/* Anybody may know whether a thread sleeps. */
static bool sleeps(pid_t pid, pid_t tid)
{
	char line[128];
	const char *name_end;

	if (read_file(pid, tid, "stat", line, sizeof(line)) <= 0)
		return false;
	name_end = strrchr(line, ')');
	return name_end && (name_end[2] == 'S' || name_end[2] == 'D');
}

/* A kernel that does not tell says "0", as it does of a thread that runs. */
static enum hw_futex_state look_at_channel(pid_t pid, pid_t tid, struct hw_futex_place *ret_place)
{
	char function[128];
	ssize_t length = read_file(pid, tid, "wchan", function, sizeof(function));

	if (length <= 0)
		return is_refused(pid, tid, length) ? HW_FUTEX_UNKNOWN : HW_FUTEX_NONE;
	*ret_place = (struct hw_futex_place){ 0 };
	if (!strcmp(function, "0"))
		return sleeps(pid, tid) ? HW_FUTEX_UNKNOWN : HW_FUTEX_NONE;
	return is_futex_function(function) ? HW_FUTEX_BLOCKED : HW_FUTEX_NONE;
}

enum hw_futex_state hw_futex_look(pid_t pid, pid_t tid, struct hw_futex_place *ret_place)
{
	char line[256];
	ssize_t length = read_file(pid, tid, "syscall", line, sizeof(line));

	if (length <= 0)
		return is_refused(pid, tid, length) ? look_at_channel(pid, tid, ret_place) :
						      HW_FUTEX_NONE;
	return hw_futex_parse(line, ret_place);
}

bool hw_futex_ends(pid_t pid, pid_t tid)
{
	char line[256], state;
	const char *name_end;
	unsigned flags;

	if (read_file(pid, tid, "stat", line, sizeof(line)) <= 0)
		return true;
	/* Behind the name: state, four numbers, the terminal's group, flags. */
	name_end = strrchr(line, ')');
	if (!name_end || sscanf(name_end, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) != 2)
		return true;
	return state == 'Z' || state == 'X' || flags & FLAG_EXITING;
}
