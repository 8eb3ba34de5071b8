/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Memory that is given, taken back, moved and refused, with locks in it and without. */

enum { PAGE = 4096 };

static void *lock_in(void *memory)
{
	pthread_mutex_t *mutex = memory;

	pthread_mutex_init(mutex, NULL);
	pthread_mutex_lock(mutex);
	pthread_mutex_unlock(mutex);
	return memory;
}

static void heap(void)
{
	volatile size_t too_much = PTRDIFF_MAX;
	char *block;

	SHOW_VOID("nothing", free, NULL);
	block = malloc(100);
	SHOW_VOID("a block", free, block);
	block = lock_in(malloc(100));
	SHOW_VOID("a block with a lock", free, block);
	block = malloc(1 << 22);
	SHOW_VOID("a large block", free, block);
	block = SHOW_POINTER("nothing", realloc, NULL, 10);
	strcpy(block, "kept");
	block = SHOW_POINTER("longer", realloc, block, 1 << 20);
	hw_case_text("realloc", "longer, content", block);
	block = SHOW_POINTER("shorter", realloc, block, 5);
	hw_case_text("realloc", "shorter, content", block);
	SHOW_POINTER("too long", realloc, block, too_much);
	hw_case_text("realloc", "too long, content", block);
	SHOW_POINTER("to nothing", realloc, block, 0);
}

static void maps(const char *kind, void *(*map)(void *, size_t, int, int, int, off64_t))
{
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *place;

	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "no length", map(NULL, 0, PROT_READ, anonymous, -1, 0));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "no such file", map(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "no kind", map(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "too long",
		map(NULL, 1ul << 60, PROT_READ, anonymous, -1, 0));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "odd offset", map(NULL, PAGE, PROT_READ, anonymous, -1, 1));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "file to be written, opened to be read",
		map(NULL, PAGE, PROT_WRITE, MAP_SHARED, zero, 0));
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "a folder", map(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0));
	close(zero);
	close(folder);
	errno = HW_CASE_ERRNO;
	place = hw_case_pointer(kind, "memory",
		map(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, anonymous, -1, 0));
	lock_in(place);
	errno = HW_CASE_ERRNO;
	hw_case_text(kind, "over a lock", place == map(place, PAGE, PROT_READ | PROT_WRITE,
		anonymous | MAP_FIXED, -1, 0) ? "same place" : "elsewhere");
	errno = HW_CASE_ERRNO;
	hw_case_pointer(kind, "where something is", map(place, PAGE, PROT_READ,
		anonymous | MAP_FIXED_NOREPLACE, -1, 0));
	hw_case_number(kind, "content", place[0]);
	lock_in(place + PAGE);
	errno = HW_CASE_ERRNO;
	/* ThreadSanitizer believes that it was done, and forgets what it knew of all memory. */
	if (!HW_CASE_TSAN) {
		hw_case_pointer(kind, "over everything, too long", map(place, 1ul << 60, PROT_READ,
			anonymous | MAP_FIXED, -1, 0));
		SHOW("too long", munmap, place, 1ul << 60);
	}
	SHOW("odd address", munmap, place + 1, PAGE);
	SHOW("no length", munmap, place, 0);
	SHOW("with a lock", munmap, place, 2 * PAGE);
	SHOW("again", munmap, place, 2 * PAGE);
}

static void remap(void)
{
	char *place = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1, 0);
	char *other = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	lock_in(place);
	SHOW_POINTER("odd address", mremap, place + 1, PAGE, PAGE, 0);
	SHOW_POINTER("to nothing", mremap, place, PAGE, 0, 0);
	SHOW_POINTER("no flags", mremap, place, PAGE, PAGE, 99);
	SHOW_POINTER("longer, into what is there", mremap, place, PAGE, 2 * PAGE, 0);
	SHOW_POINTER("shorter", mremap, place, 4 * PAGE, 2 * PAGE, 0);
	place[PAGE] = 33;
	place = SHOW_POINTER("to a place", mremap, place, 2 * PAGE, 2 * PAGE,
		MREMAP_MAYMOVE | MREMAP_FIXED, other);
	hw_case_text("mremap", "to a place", place == other ? "there" : "elsewhere");
	hw_case_number("mremap", "content", place[PAGE]);
	place = SHOW_POINTER("longer", mremap, place, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	hw_case_number("mremap", "content", place[PAGE]);
	SHOW("moved", munmap, place, 64 * PAGE);
	SHOW_POINTER("gone", mremap, place, PAGE, PAGE, MREMAP_MAYMOVE);
}

static void segments(void)
{
	int segment = shmget(IPC_PRIVATE, PAGE, 0600);
	char *place = SHOW_POINTER("anywhere", shmat, segment, NULL, 0);

	strcpy(place, "kept");
	SHOW_POINTER("where something is", shmat, segment, place, 0);
	SHOW_POINTER("where it is, for reading", shmat, segment, place, SHM_REMAP | SHM_RDONLY);
	hw_case_text("shmat", "content", place);
	SHOW("odd address", shmdt, place + 1);
	SHOW("attached", shmdt, place);
	SHOW("not attached", shmdt, place);
	shmctl(segment, IPC_RMID, NULL);
	SHOW_POINTER("removed", shmat, segment, NULL, 0);
}

/* What is locked is not held against the limit: none is left. */
static void locked(void)
{
	const struct rlimit none = { 0, 0 };

	SHOW("no flags", mlockall, 0);
	SHOW("unknown flags", mlockall, 64);
	SHOW("what is there", mlockall, MCL_CURRENT);
	SHOW("what comes", mlockall, MCL_CURRENT | MCL_FUTURE);
	SHOW_POINTER("while all is locked", malloc, 1 << 20);
	SHOW("locked", munlockall);
	SHOW("not locked", munlockall);
	setrlimit(RLIMIT_MEMLOCK, &none);
	SHOW("beyond the limit", mlockall, geteuid() ? MCL_CURRENT : 0);
}

int main(void)
{
	heap();
	maps("mmap", mmap);
	maps("mmap64", mmap64);
	remap();
	segments();
	locked();
	return 0;
}
