/* SPDX-License-Identifier: MIT */
#include "trace/namespace.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

uint64_t hw_namespace_own(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) ? 0 : status.st_ino;
}

/*
 * "NSpid:" of a status file: what the task is called in each namespace, this
 * one first, its own last. True when there are several, and the last is `inner`.
 */
static bool is_called(const char *status_path, pid_t inner)
{
	FILE *file = fopen(status_path, "re");
	char line[512], *at, *end;
	long pid = 0;
	int count = 0;

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		for (at = line + 6; (pid = strtol(at, &end, 10)), end != at; at = end) {
			count++;
			if (pid != inner)
				continue;
			if (!end[strspn(end, " \t\n")])
				break;
		}
		break;
	}
	if (file)
		fclose(file);
	return count > 1 && pid == inner;
}

/* Whether it may be in that namespace; it may when nobody tells. */
static bool is_in(pid_t pid, uint64_t namespace)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return stat(path, &status) || status.st_ino == namespace;
}

/* The first entry of a folder in /proc whose task is called so; 0 when there is none. */
static pid_t find_in(const char *folder, pid_t inner, uint64_t namespace)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];
	pid_t found = 0;

	while (directory && !found && (entry = readdir(directory))) {
		pid_t pid = (pid_t)atoi(entry->d_name);

		snprintf(path, sizeof(path), "%s/%s/status", folder, entry->d_name);
		if (pid > 0 && is_called(path, inner) && (!namespace || is_in(pid, namespace)))
			found = pid;
	}
	if (directory)
		closedir(directory);
	return found;
}

pid_t hw_namespace_find(uint64_t namespace, pid_t inner)
{
	return find_in("/proc", inner, namespace);
}

bool hw_namespace_has_thread(pid_t pid, pid_t inner)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
	return find_in(folder, inner, 0) != 0;
}
