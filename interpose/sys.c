/* SPDX-License-Identifier: MIT */
#include "interpose/sys.h"

#include <fcntl.h>
#include <sys/mman.h>

void *hw_sys_map(size_t size_bytes)
{
	long at = hw_sys6(SYS_mmap, 0, (long)size_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
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

/* The three-state futex lock of Drepper, "Futexes Are Tricky" (2011), section 6. */
void hw_sys_lock(struct hw_sys_lock *lock)
{
	uint64_t signals = hw_sys_block_signals();
	uint32_t seen = 0;

	if (!atomic_compare_exchange_strong(&lock->word, &seen, 1)) {
		if (seen != 2)
			seen = atomic_exchange(&lock->word, 2);
		while (seen) {
			hw_sys_futex_wait(&lock->word, 2, 100);
			seen = atomic_exchange(&lock->word, 2);
		}
	}
	lock->signals = signals;
}

void hw_sys_unlock(struct hw_sys_lock *lock)
{
	uint64_t signals = lock->signals;

	if (atomic_exchange(&lock->word, 0) == 2)
		hw_sys_futex_wake(&lock->word, 1);
	hw_sys_restore_signals(signals);
}
