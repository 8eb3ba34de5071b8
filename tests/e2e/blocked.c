/* SPDX-License-Identifier: MIT */
#include "tests/e2e/blocked.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* Read a file of /proc/PID/task/TID/; false when the thread has ended. */
static bool read_line(pid_t pid, const char *thread, const char *what, char *line, int size)
{
	char path[64];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", (int)pid, thread, what);
	file = fopen(path, "re");
	if (!file)
		return false;
	good = fgets(line, size, file) != NULL;
	fclose(file);
	line[good ? strcspn(line, "\n") : 0] = '\0';
	return good;
}

/*
 * /proc/PID/task/TID/syscall: the number of the call and its six arguments, or
 * "running". futex(address, operation, value, timeout, ...).
 */
static bool is_blocked(const char *line, uint64_t *ret_address)
{
	uint64_t address, operation, value, timeout;
	long number;

	if (sscanf(line, "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &number, &address,
		    &operation, &value, &timeout) != 5)
		return false;
	if (number != SYS_futex || timeout != 0)
		return false;
	*ret_address = address;
	return true;
}

bool hw_blocked_look(pid_t pid, struct hw_blocked *ret_blocked)
{
	char path[64], line[256];
	struct dirent *entry;
	DIR *threads;

	memset(ret_blocked, 0, sizeof(*ret_blocked));
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	if (!threads)
		return false;
	while ((entry = readdir(threads)) && ret_blocked->count < HW_BLOCKED_MOST) {
		unsigned slot = ret_blocked->count;

		if (entry->d_name[0] == '.')
			continue;
		ret_blocked->threads++;
		if (!read_line(pid, entry->d_name, "syscall", line, sizeof(line)) ||
			!is_blocked(line, &ret_blocked->addresses[slot]))
			continue;
		read_line(pid, entry->d_name, "comm", ret_blocked->names[slot],
			sizeof(ret_blocked->names[slot]));
		ret_blocked->count++;
	}
	closedir(threads);
	return ret_blocked->threads > 0;
}

static bool is_named(const struct hw_blocked *blocked, unsigned i, const char *name)
{
	return strncmp(blocked->names[i], name, strlen(name)) == 0;
}

unsigned hw_blocked_distinct(const struct hw_blocked *blocked, const char *name)
{
	unsigned distinct = 0;

	for (unsigned i = 0; i < blocked->count; i++) {
		bool seen = false;

		if (!is_named(blocked, i, name))
			continue;
		for (unsigned j = 0; j < i && !seen; j++)
			seen = is_named(blocked, j, name) &&
			       blocked->addresses[j] == blocked->addresses[i];
		distinct += !seen;
	}
	return distinct;
}

unsigned hw_blocked_named(const struct hw_blocked *blocked, const char *name)
{
	unsigned count = 0;

	for (unsigned i = 0; i < blocked->count; i++)
		count += is_named(blocked, i, name);
	return count;
}
