/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SYS_H
#define HW_INTERPOSE_SYS_H

/*
 * System calls without libc: they leave errno alone, are no cancellation
 * points, cannot be interposed, and work before libc is ready. A failure is
 * the negative errno, as the kernel returns it. x86-64 only.
 */

#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "interpose/export.h"

static inline long hw_sys6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define hw_sys0(n)                hw_sys6(n, 0, 0, 0, 0, 0, 0)
#define hw_sys1(n, a)             hw_sys6(n, (long)(a), 0, 0, 0, 0, 0)
#define hw_sys2(n, a, b)          hw_sys6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define hw_sys3(n, a, b, c)       hw_sys6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define hw_sys4(n, a, b, c, d)    hw_sys6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* Of the calling thread, while it blocks its signals: how often, and what it blocked before. */
struct hw_sys_blocked {
	uint32_t depth;
	uint64_t before;
};

extern HW_HIDDEN __thread struct hw_sys_blocked hw_sys_blocked;

/*
 * Every signal, those of libc's own thread cancellation too. Nests: only the outermost pair asks
 * the kernel. What was blocked before is returned. The count changes while they are
 * blocked, so that a handler always finds it 0.
 */
static inline uint64_t hw_sys_block_signals(void)
{
	uint64_t all = ~0ull;

	if (!hw_sys_blocked.depth)
		hw_sys4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &hw_sys_blocked.before, sizeof(all));
	hw_sys_blocked.depth++;
	return hw_sys_blocked.before;
}

static inline void hw_sys_restore_signals(void)
{
	if (--hw_sys_blocked.depth)
		return;
	hw_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &hw_sys_blocked.before, NULL,
		sizeof(hw_sys_blocked.before));
}

/* The same, but to this mask, whatever was blocked before. */
static inline void hw_sys_restore_signals_to(uint64_t blocked)
{
	hw_sys_blocked.before = blocked;
	hw_sys_restore_signals();
}

/*
 * For a new thread, in which those that a program can handle are blocked already: there
 * is nothing yet that could be cancelled. The caller restores what is to be blocked.
 */
static inline void hw_sys_signals_are_blocked(void)
{
	hw_sys_blocked.depth++;
}

/*
 * Those that a program can handle. libc's own are left, for calls into libc: whoever changes the
 * owner of the process has a lock of libc's while it waits until every thread has handled one.
 */
#define HW_SYS_HANDLED (~(1ull << (__SIGRTMIN - 1) | 1ull << __SIGRTMIN))

/* What the thread blocks, or did before it was made to block all. */
static inline uint64_t hw_sys_signals_blocked(void)
{
	uint64_t blocked = hw_sys_blocked.before;

	if (!hw_sys_blocked.depth)
		hw_sys4(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked));
	return blocked;
}

static inline long hw_sys_futex_wait(_Atomic uint32_t *word, uint32_t expected, long timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };

	return hw_sys4(SYS_futex, word, FUTEX_WAIT, expected, &timeout);
}

static inline void hw_sys_futex_wake(_Atomic uint32_t *word, int count)
{
	hw_sys3(SYS_futex, word, FUTEX_WAKE, count);
}

/* Private zeroed memory, or NULL. It is not locked in memory, whatever mlockall(2) asked for. */
void *hw_sys_map(size_t size_bytes);

/* Whether a range lies in one of the large pieces; and how many bytes there are in all. */
bool hw_sys_mapped(uintptr_t start, uintptr_t end);
size_t hw_sys_mapped_bytes(void);

/* From now on what is mapped is locked by the kernel, or no more. */
void hw_sys_note_locking(bool locks);

/* Read at most `size_bytes` of a (proc) file; how many were read or a negative errno. */
long hw_sys_read_file(const char *path, char *buffer, size_t size_bytes);

/* Copy memory of this process that may not be there; false when some of it is not. */
bool hw_sys_peek(const void *from, void *to, size_t size_bytes);

/*
 * A lock for work that is done once per object or thread, never per event.
 * While it is held every signal is blocked, so a signal handler that uses locks
 * cannot meet it half-way on its own thread.
 */
struct hw_sys_lock {
	_Atomic uint32_t word; /* 0 free, 1 taken, 2 taken and others wait */
};

void hw_sys_lock(struct hw_sys_lock *lock);
void hw_sys_unlock(struct hw_sys_lock *lock);

#endif
