/* SPDX-License-Identifier: MIT */
#include "interpose/sys.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { LARGE_BYTES = 1 << 20, LARGE_MAX = 64 };

static struct {
	_Atomic uintptr_t start;
	size_t size_bytes;
} large[LARGE_MAX];

static _Atomic uint32_t large_count;
static _Atomic size_t mapped_bytes;
static _Atomic bool kernel_locks;

__thread struct hw_sys_blocked hw_sys_blocked;

bool hw_sys_mapped(uintptr_t start, uintptr_t end)
{
	uint32_t count = atomic_load(&large_count);

	for (uint32_t i = 0; i < count && i < LARGE_MAX; i++)
		if (start >= atomic_load(&large[i].start) &&
			end <= large[i].start + large[i].size_bytes)
			return true;
	return false;
}

size_t hw_sys_mapped_bytes(void)
{
	return atomic_load(&mapped_bytes);
}

void hw_sys_note_locking(bool locks)
{
	atomic_store(&kernel_locks, locks);
}

static void remember(uintptr_t start, size_t size_bytes)
{
	uint32_t number;

	atomic_fetch_add(&mapped_bytes, size_bytes);
	if (size_bytes < LARGE_BYTES)
		return;
	number = atomic_fetch_add(&large_count, 1);
	if (number < LARGE_MAX) {
		large[number].size_bytes = size_bytes;
		atomic_store(&large[number].start, start);
	}
}

/* Without access nothing is brought into memory before it is unlocked again. */
void *hw_sys_map(size_t size_bytes)
{
	bool locked = atomic_load_explicit(&kernel_locks, memory_order_relaxed);
	long at = hw_sys6(SYS_mmap, 0, (long)size_bytes,
		locked ? PROT_NONE : PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at < 0 && at > -4096)
		return NULL;
	if (locked) {
		hw_sys2(SYS_munlock, at, size_bytes);
		hw_sys3(SYS_mprotect, at, size_bytes, PROT_READ | PROT_WRITE);
	}
	remember((uintptr_t)at, size_bytes);
	return (void *)at;
}

long hw_sys_read_file(const char *path, char *buffer, size_t size_bytes)
{
	long fd = hw_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	size_t total = 0;
	long got = 0;

	if (fd < 0)
		return fd;
	while (total < size_bytes) {
		got = hw_sys3(SYS_read, fd, buffer + total, size_bytes - total);
		if (got <= 0)
			break;
		total += (size_t)got;
	}
	hw_sys1(SYS_close, fd);
	return got < 0 && !total ? got : (long)total;
}

/* A system call fails where a load would end the program. */
bool hw_sys_peek(const void *from, void *to, size_t size_bytes)
{
	struct iovec local = { to, size_bytes }, remote = { (void *)from, size_bytes };

	return hw_sys6(SYS_process_vm_readv, hw_sys0(SYS_getpid), (long)&local, 1, (long)&remote,
		       1, 0) == (long)size_bytes;
}

/* The three-state futex lock of Drepper, "Futexes Are Tricky" (2011), section 6. */
void hw_sys_lock(struct hw_sys_lock *lock)
{
	uint32_t seen = 0;

	hw_sys_block_signals();
	if (!atomic_compare_exchange_strong(&lock->word, &seen, 1)) {
		if (seen != 2)
			seen = atomic_exchange(&lock->word, 2);
		while (seen) {
			hw_sys_futex_wait(&lock->word, 2, 100);
			seen = atomic_exchange(&lock->word, 2);
		}
	}
}

void hw_sys_unlock(struct hw_sys_lock *lock)
{
	if (atomic_exchange(&lock->word, 0) == 2)
		hw_sys_futex_wake(&lock->word, 1);
	hw_sys_restore_signals();
}
