/* SPDX-License-Identifier: MIT */
#include "trace/session_map.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/clock.h"

enum {
	NAME_TRIES = 8,
	FIRST_CHUNKS = 128, /* 4 MiB */
};

#define NAME_PREFIX "holdwait."
#define READY_BYTES (offsetof(struct hw_session, chunks) + FIRST_CHUNKS * HW_CHUNK_BYTES)

static const char *shared_folder(void)
{
	const char *folder = getenv("TMPDIR");

	if (!access("/dev/shm", W_OK | X_OK))
		return "/dev/shm";
	return folder && *folder ? folder : "/tmp";
}

static bool owned(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_uid == geteuid();
}

/* Collectors that were killed leave their session behind. Whoever holds no lock on it is dead. */
static void remove_stale(const char *folder)
{
	DIR *directory = opendir(folder);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		int fd;

		if (strncmp(entry->d_name, NAME_PREFIX, strlen(NAME_PREFIX)))
			continue;
		fd = openat(dirfd(directory), entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (owned(fd) && !flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(dirfd(directory), entry->d_name, 0);
		close(fd);
	}
	if (directory)
		closedir(directory);
}

/* Take the lock; false when another collector was about to remove the file as a stale one. */
static bool hold(int fd)
{
	struct stat status;

	return !flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &status) && status.st_nlink;
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
			return -errno;
		snprintf(map->path, sizeof(map->path), "%s/" NAME_PREFIX "%016llx%016llx",
			shared_folder(), (unsigned long long)secret[0],
			(unsigned long long)secret[1]);
		map->fd = open(map->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (map->fd >= 0 && hold(map->fd))
			return fchmod(map->fd, mode) ? -errno : 0;
		if (map->fd >= 0)
			close(map->fd);
		else if (errno != EEXIST)
			return -errno;
		map->fd = -1;
	}
	return -EEXIST;
}

static struct hw_session *map_file(int fd)
{
	void *at = mmap(NULL, sizeof(struct hw_session), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_NORESERVE, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Locked by this thread as long as it lives, or the map does. */
static int lock_for_life(pthread_mutex_t *mutex)
{
	pthread_mutexattr_t attributes;
	int error;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	error = pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return error ? error : pthread_mutex_lock(mutex);
}

static int fill(struct hw_session *session, const struct hw_session_options *options)
{
	session->clock = hw_clock_choose();
	hw_clock_look(session->clock, &session->clock_base, &session->clock_base_ns);
	session->size_bytes = sizeof(*session);
	session->depth = options->depth;
	session->lossy = options->lossy;
	session->patience_s = options->patience_s;
	session->kinds = options->kinds;
	session->follow = options->follow;
	session->python = options->python;
	session->hides = options->hides;
	session->unwind = options->unwind;
	session->free_processes.limit = HW_PROCESS_MAX;
	session->free_threads.limit = HW_THREAD_MAX;
	session->version = HW_SESSION_VERSION;
	session->magic = HW_SESSION_MAGIC;
	atomic_store(&session->state, HW_SESSION_ON);
	return -lock_for_life(&session->collector_lives);
}

/* Everything but the chunks is made ready at once: slots are taken without asking. */
static int create(struct hw_session_map *map, const struct hw_session_options *options)
{
	int code = create_file(map);

	if (!code && ftruncate(map->fd, sizeof(struct hw_session)))
		code = -errno;
	if (!code)
		code = -posix_fallocate(map->fd, 0, offsetof(struct hw_session, chunks));
	if (code)
		return code;
	map->session = map_file(map->fd);
	if (!map->session)
		return -errno;
	code = fill(map->session, options);
	return !code && !hw_session_map_grow(map, FIRST_CHUNKS) ? -ENOSPC : code;
}

int hw_session_map_create(struct hw_session_map *map, const struct hw_session_options *options,
	struct hw_error *error)
{
	int code;

	*map = (struct hw_session_map){ .fd = -1 };
	remove_stale(shared_folder());
	code = create(map, options);
	if (!code)
		return 0;
	hw_error_set(error, code, "cannot create shared memory in '%s': %s", shared_folder(),
		strerror(-code));
	hw_error_hint(error, "it takes %u MiB of files and %u MiB of address space",
		(unsigned)(READY_BYTES >> 20), (unsigned)(sizeof(struct hw_session) >> 20));
	if (map->fd >= 0)
		hw_session_map_remove(map);
	hw_session_map_finish(map);
	return code;
}

static bool is_session(int fd, const struct hw_session *session)
{
	struct stat status;

	return !fstat(fd, &status) && status.st_size >= (off_t)sizeof(*session) &&
		session->magic == HW_SESSION_MAGIC && session->version == HW_SESSION_VERSION;
}

int hw_session_map_open(struct hw_session_map *map, const char *path, struct hw_error *error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), code = 0;

	*map = (struct hw_session_map){ .fd = -1 };
	if (fd < 0)
		return hw_error_set(error, -errno, "cannot open '%s': %s", path, strerror(errno));
	map->session = map_file(fd);
	if (!map->session)
		code = hw_error_set(error, -errno, "cannot map '%s': %s", path, strerror(errno));
	else if (!is_session(fd, map->session))
		code = hw_error_set(error, -EINVAL, "'%s' is not a session of this holdwait", path);
	close(fd);
	if (code)
		hw_session_map_finish(map);
	else
		snprintf(map->path, sizeof(map->path), "%s", path);
	return code;
}

void hw_session_map_finish(struct hw_session_map *map)
{
	if (map->session && map->fd >= 0)
		pthread_mutex_unlock(&map->session->collector_lives);
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
