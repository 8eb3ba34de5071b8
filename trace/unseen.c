/* SPDX-License-Identifier: MIT */
#include "trace/unseen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/collector.h"
#include "trace/memory.h"

enum {
	INTERVAL_NS = 50000000,
	COST_SHARE = 50,    /* looking may take one part in so many of the time */
	COMM_BYTES = 16,
	PROGRAMS_MAX = 256, /* a build starts thousands; whoever reads this wants a few */
};

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/*
 * After a chroot a process sees itself below its own root, and we see it below ours. Of a program
 * that nobody may read there is only the name, as far as the kernel keeps it.
 */
static bool is_image(const char *path, const char *registered)
{
	const char *slash = registered ? strrchr(registered, '/') : NULL;

	if (!slash)
		return false;
	return strchr(path, '/') ? ends_with(path, registered) :
				   !strncmp(path, slash + 1, COMM_BYTES - 1);
}

/* What runs as `pid`: its path, or its name where only that may be read. False when it is gone. */
static bool read_image(pid_t pid, char *path, size_t size_bytes)
{
	static const char deleted[] = " (deleted)";
	char name[32];
	ssize_t length;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	length = readlink(name, path, size_bytes - 1);
	if (length < 0 && errno == EACCES) {
		snprintf(name, sizeof(name), "/proc/%d/comm", (int)pid);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		length = fd < 0 ? -1 : read(fd, path, size_bytes - 1);
		if (fd >= 0)
			close(fd);
		length -= length > 0 && path[length - 1] == '\n';
	}
	if (length <= 0)
		return false;
	path[length] = '\0';
	if (ends_with(path, deleted))
		path[length - (ssize_t)strlen(deleted)] = '\0';
	return true;
}

static void note(struct hw_unseen *unseen, pid_t pid, const char *path, int64_t now_ns)
{
	for (size_t i = unseen->count; i-- > 0;) {
		struct hw_unseen_program *program = &unseen->programs[i];

		if (program->pid != pid || strcmp(program->path, path))
			continue;
		program->last_ns = now_ns;
		return;
	}
	if (unseen->count == PROGRAMS_MAX)
		return;
	HW_GROW(unseen->programs, unseen->count, unseen->capacity);
	unseen->programs[unseen->count++] = (struct hw_unseen_program){ .pid = pid,
		.path = hw_xstrdup(path), .first_ns = now_ns, .last_ns = now_ns };
}

/* Whether an image of this path has registered with this pid: then it was only being loaded. */
static bool has_registered(const struct hw_roster *roster, const struct hw_unseen_program *program)
{
	for (size_t i = 0; i < roster->process_count; i++)
		if (roster->processes[i]->pid == program->pid &&
			is_image(program->path, roster->processes[i]->exe))
			return true;
	return false;
}

static void drop_registered(struct hw_collector *collector)
{
	struct hw_unseen *unseen = &collector->unseen;
	size_t kept = 0;

	for (size_t i = 0; i < unseen->count; i++)
		if (has_registered(&collector->roster, &unseen->programs[i]))
			free(unseen->programs[i].path);
		else
			unseen->programs[kept++] = unseen->programs[i];
	unseen->count = kept;
}

/* Who has registered, and runs something else. */
static void look_at_replaced(struct hw_collector *collector, int64_t now_ns)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < collector->watched_count; i++) {
		const struct hw_watched *watched = &collector->watched[i];

		if (!watched->ended && !watched->foreign &&
			read_image(watched->process->pid, path, sizeof(path)) &&
			!is_image(path, watched->process->exe))
			note(&collector->unseen, watched->process->pid, path, now_ns);
	}
}

/* Who was spawned, and has not registered. */
static void look_at_expected(struct hw_collector *collector, int64_t now_ns)
{
	const struct hw_interpreter *interpreter = &collector->interpreter;
	char path[PATH_MAX];

	for (size_t i = 0; i < interpreter->expected_count; i++) {
		pid_t pid = interpreter->expected[i].pid;

		if (pid > 0 && !hw_roster_running(&collector->roster, pid) &&
			read_image(pid, path, sizeof(path)))
			note(&collector->unseen, pid, path, now_ns);
	}
}

void hw_unseen_look(struct hw_collector *collector)
{
	uint32_t follow = collector->map.session->follow;
	int64_t now_ns = hw_collector_now_ns(collector), cost_ns;

	if (now_ns < collector->unseen.due_ns || !(follow & HW_FOLLOW_EXEC))
		return;
	look_at_replaced(collector, now_ns);
	if (follow & HW_FOLLOW_FORK)
		look_at_expected(collector, now_ns);
	drop_registered(collector);
	cost_ns = (hw_collector_now_ns(collector) - now_ns) * COST_SHARE;
	collector->unseen.due_ns = now_ns + (cost_ns > INTERVAL_NS ? cost_ns : INTERVAL_NS);
}

static void store_program(struct hw_store *store, const struct hw_unseen_program *program,
	const char *key)
{
	char value[PATH_MAX + 32];

	snprintf(value, sizeof(value), "%lld %s", (long long)(program->last_ns - program->first_ns),
		program->path);
	hw_store_meta_text(store, key, value);
}

void hw_unseen_store(struct hw_collector *collector)
{
	struct hw_unseen *unseen = &collector->unseen;
	char key[48];

	drop_registered(collector);
	for (size_t i = 0; i < unseen->count || i < unseen->stored; i++) {
		snprintf(key, sizeof(key), "unrecorded.%zu", i + 1);
		if (i < unseen->count)
			store_program(collector->store, &unseen->programs[i], key);
		else
			hw_store_meta_remove(collector->store, key);
	}
	unseen->stored = unseen->count;
}

void hw_unseen_finish(struct hw_unseen *unseen)
{
	for (size_t i = 0; i < unseen->count; i++)
		free(unseen->programs[i].path);
	free(unseen->programs);
	*unseen = (struct hw_unseen){ 0 };
}
