/* SPDX-License-Identifier: MIT */
#include "tests/e2e/starved.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "trace/event_table.h"

enum {
	LOOKS = HW_PROCESS_PATIENCE_S * 200,
	SESSION_BYTES = 22 << 20, /* and for each thread */
	THREAD_BYTES = 256 << 10,
};

void hw_starved_pause(void)
{
	static const struct timespec moment = { .tv_nsec = 5000000 };

	nanosleep(&moment, NULL);
}

static bool link_is(const char *pid, const char *name, const char *end_of_target)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0 || (size_t)length < strlen(end_of_target))
		return false;
	target[length] = '\0';
	return !strcmp(target + length - strlen(end_of_target), end_of_target);
}

pid_t hw_starved_collector(const char *folder)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (!found && (entry = readdir(processes)))
		if (atoi(entry->d_name) > 0 && link_is(entry->d_name, "cwd", folder) &&
			link_is(entry->d_name, "exe", "/holdwait-collector"))
			found = atoi(entry->d_name);
	closedir(processes);
	cr_assert(found, "no collector works in '%s'", folder);
	return found;
}

static bool has_row(const char *recording, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;
	bool found = sqlite3_open_v2(recording, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		hw_event_table_register(db) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK &&
		sqlite3_step(row) == SQLITE_ROW;

	sqlite3_finalize(row);
	sqlite3_close(db);
	return found;
}

void hw_starved_wait_for_threads(const char *recording, int count)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT 1 FROM thread WHERE EXISTS "
		"(SELECT 1 FROM event WHERE event.thread = thread.id AND op = 'unlock') "
		"LIMIT 1 OFFSET %d", count - 1);
	for (int looks = 0; !has_row(recording, sql); looks++) {
		cr_assert(looks < LOOKS, "what %d threads do is not recorded", count);
		hw_starved_pause();
	}
}

void hw_starved_tell(const char *folder, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	cr_assert(fd >= 0);
	close(fd);
}

void hw_starved_wait_for(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (int looks = 0; access(path, F_OK); looks++) {
		cr_assert(looks < LOOKS, "there is no '%s'", name);
		hw_starved_pause();
	}
}

void hw_starved_session(pid_t pid, char *ret_path, size_t size_bytes)
{
	char path[64], line[PATH_MAX + 128], *name = NULL;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	cr_assert(maps);
	while (!name && fgets(line, sizeof(line), maps))
		name = strstr(line, "/dev/shm/holdwait.");
	fclose(maps);
	cr_assert(name, "no session is mapped");
	name[strcspn(name, " \n")] = '\0';
	snprintf(ret_path, size_bytes, "%s", name);
}

void hw_starved_map(pid_t pid, struct hw_session_map *ret_map)
{
	char path[PATH_MAX];
	struct hw_error error;

	hw_starved_session(pid, path, sizeof(path));
	cr_assert_eq(hw_session_map_open(ret_map, path, &error), 0, "%s", error.message);
}

void hw_starved_wait_for_waiters(const struct hw_session_map *map)
{
	for (int looks = 0; !atomic_load(&map->session->chunk_waiters); looks++) {
		cr_assert(looks < LOOKS, "nobody waits for a chunk");
		hw_starved_pause();
	}
}

void hw_starved_disturb(const struct hw_session_map *map, int number, int times)
{
	const struct hw_session *session = map->session;

	for (int i = 0; i < times; i++) {
		for (uint32_t slot = 0; slot < atomic_load(&session->free_threads.fresh); slot++)
			syscall(SYS_tkill, session->threads[slot].tid, number);
		hw_starved_pause();
	}
}

static bool any_free(const struct hw_session_map *map)
{
	const struct hw_free_list *list = &map->session->free_chunks;

	return (uint32_t)atomic_load(&list->head) ||
		atomic_load(&list->fresh) < atomic_load(&list->limit);
}

void hw_starved_wait_until_none(const struct hw_session_map *map)
{
	for (int looks = 0; any_free(map); looks++) {
		cr_assert(looks < LOOKS, "there is always a chunk");
		hw_starved_pause();
	}
}

void hw_starved_wait_for_chunks(const struct hw_session_map *map)
{
	for (int looks = 0; !any_free(map); looks++) {
		cr_assert(looks < LOOKS, "no chunk is freed");
		hw_starved_pause();
	}
}

void hw_starved_expect_bounded(const struct hw_session_map *map)
{
	uint32_t threads = atomic_load(&map->session->free_threads.fresh);
	struct stat status;

	cr_assert_eq(stat(map->path, &status), 0);
	cr_expect_leq(status.st_blocks * 512,
		SESSION_BYTES + (off_t)threads * THREAD_BYTES, "%lld bytes for %u threads",
		(long long)status.st_blocks * 512, threads);
}

int64_t hw_starved_rounds(const struct hw_process *process)
{
	char *output = hw_process_output(process);
	int64_t rounds = 0;

	for (char *line = strstr(output, "rounds "); line; line = strstr(line + 1, "rounds "))
		rounds += atoll(line + strlen("rounds "));
	free(output);
	return rounds;
}
