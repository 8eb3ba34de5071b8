/* SPDX-License-Identifier: MIT */
#include "trace/session_map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/clock.h"

enum {
	NAME_TRIES = 8,
	FIRST_CHUNKS = 128, /* 4 MiB */
};

static const char *shared_folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (!access("/dev/shm", W_OK | X_OK))
		return "/dev/shm";
	return folder && *folder ? folder : "/tmp";
}

/*
 * Started by root, the file is open to all: a server that gives up its privileges
 * and then executes a helper must still find it. Its name is the secret.
 */
static int create_file(struct hw_session_map *map)
{
	mode_t mode = geteuid() == 0 ? 0666 : 0600;

	for (int try = 0; try < NAME_TRIES; try++) {
		uint64_t secret[2];

		if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
			return -1;
		snprintf(map->path, sizeof(map->path), "%s/holdwait.%016llx%016llx",
			shared_folder(), (unsigned long long)secret[0],
			(unsigned long long)secret[1]);
		map->fd = open(map->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (map->fd >= 0)
			return fchmod(map->fd, mode);
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

static struct hw_session *map_file(int fd)
{
	void *at = mmap(NULL, sizeof(struct hw_session), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void fill(struct hw_session *session, const struct hw_session_options *options)
{
	session->clock = hw_clock_choose();
	session->clock_base = hw_clock_now(session->clock);
	session->size_bytes = sizeof(*session);
	session->depth = options->depth;
	session->lossy = options->lossy;
	session->kinds = options->kinds;
	session->follow = options->follow;
	session->free_processes.limit = HW_PROCESS_MAX;
	session->free_threads.limit = HW_THREAD_MAX;
	session->version = HW_SESSION_VERSION;
	session->magic = HW_SESSION_MAGIC;
	atomic_store(&session->state, HW_SESSION_ON);
}

int hw_session_map_create(struct hw_session_map *map, const struct hw_session_options *options,
	struct hw_error *error)
{
	size_t head_bytes = offsetof(struct hw_session, processes);
	int code;

	*map = (struct hw_session_map){ .fd = -1 };
	if (create_file(map) || ftruncate(map->fd, sizeof(struct hw_session)) ||
		(code = posix_fallocate(map->fd, 0, (off_t)head_bytes))) {
		code = -errno;
		hw_error_set(error, code, "cannot create shared memory '%s': %s", map->path,
			strerror(errno));
		hw_error_hint(error, "make room in %s, or set TMPDIR to a folder that has some",
			shared_folder());
		goto fail;
	}
	map->session = map_file(map->fd);
	if (!map->session) {
		code = hw_error_set(error, -errno, "cannot map shared memory: %s", strerror(errno));
		goto fail;
	}
	fill(map->session, options);
	if (!hw_session_map_grow(map, FIRST_CHUNKS)) {
		code = hw_error_set(error, -ENOSPC, "no room for the log in '%s'", map->path);
		hw_error_hint(error, "make room there: 4 MiB are needed at least");
		goto fail;
	}
	return 0;
fail:
	if (map->fd >= 0)
		hw_session_map_remove(map);
	hw_session_map_finish(map);
	return code;
}

int hw_session_map_open(struct hw_session_map *map, const char *path, struct hw_error *error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	*map = (struct hw_session_map){ .fd = -1 };
	snprintf(map->path, sizeof(map->path), "%s", path);
	if (fd >= 0)
		map->session = map_file(fd);
	if (!map->session)
		hw_error_set(error, -errno, "cannot map '%s': %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return map->session ? 0 : -EIO;
}

void hw_session_map_finish(struct hw_session_map *map)
{
	if (map->session)
		munmap(map->session, sizeof(*map->session));
	if (map->fd >= 0 && map->path[0])
		close(map->fd);
	*map = (struct hw_session_map){ .fd = -1 };
}

void hw_session_map_remove(const struct hw_session_map *map)
{
	if (map->path[0])
		unlink(map->path);
}

uint32_t hw_session_map_grow(struct hw_session_map *map, uint32_t count)
{
	struct hw_session *session = map->session;
	uint32_t limit = atomic_load(&session->free_chunks.limit);
	off_t at = (off_t)offsetof(struct hw_session, chunks) + (off_t)limit * HW_CHUNK_BYTES;

	if (count > HW_CHUNK_MAX - limit)
		count = HW_CHUNK_MAX - limit;
	if (!count || posix_fallocate(map->fd, at, (off_t)count * HW_CHUNK_BYTES))
		return 0;
	atomic_store_explicit(&session->free_chunks.limit, limit + count, memory_order_release);
	return count;
}
