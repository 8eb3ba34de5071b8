/* SPDX-License-Identifier: MIT */
#include "interpose/unwinder.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdarg.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "interpose/got.h"
#include "interpose/handler.h"
#include "interpose/module.h"
#include "interpose/real.h"
#include "interpose/sys.h"
#include "interpose/valgrind.h"

/* What libunwind asks the dynamic linker for: a module, and an offset in its storage. */
struct tls_index {
	unsigned long module;
	unsigned long offset;
};

typedef int iterate_callback(struct dl_phdr_info *, size_t, void *);

static int (*backtrace)(void **, int);
static void (*flush_cache)(void *space, unsigned long low, unsigned long high);
static void *const *local_space;
static struct hw_module_range range;

/* How often code was replaced by other code. */
static _Atomic uint64_t generation;

/* How many of libunwind's locks are held, or waited for. */
static _Atomic uint32_t inside;

static bool working(void)
{
	return hw_self.unwinding != 0;
}

static int lodger_pipe2(int fds[2], int flags)
{
	(void)flags;
	fds[0] = fds[1] = -1;
	return 0;
}

static long with_errno(long result)
{
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

/* Emptying the pipe, before it is written to. */
static ssize_t lodger_read(int fd, void *buffer, size_t size_bytes)
{
	return with_errno(working() ? -EAGAIN : hw_sys3(SYS_read, fd, buffer, size_bytes));
}

enum { PAGE_BYTES = 4096 };

static bool is_watched; /* by Valgrind */

/*
 * The kernel reads a signal mask before it refuses to do something unknown with it, and no sandbox
 * forbids that. Valgrind would talk about it.
 */
static bool can_be_read(uintptr_t address)
{
	uint64_t word;
	struct iovec here = { &word, sizeof(word) }, there = { (void *)address, sizeof(word) };

	if (!is_watched)
		return hw_sys4(SYS_rt_sigprocmask, ~0u, address, NULL, sizeof(word)) != -EFAULT;
	return hw_sys6(SYS_process_vm_readv, hw_sys0(SYS_getpid), (long)&here, 1, (long)&there, 1,
		       0) == sizeof(word);
}

/* Writing one byte from an address into the pipe, to see whether it can be read. */
static long lodger_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_write && working())
		return can_be_read((uintptr_t)argument[1] & ~(uintptr_t)7) ?
			1 : with_errno(-EFAULT);
	return with_errno(hw_sys6(number, argument[0], argument[1], argument[2], argument[3],
		argument[4], argument[5]));
}

/* Before that it asks whether the page is there, in a way that a sandbox may forbid. */
static int lodger_mincore(void *address, size_t size_bytes, unsigned char *ret_pages)
{
	if (!working())
		return (int)with_errno(hw_sys3(SYS_mincore, address, size_bytes, ret_pages));
	memset(ret_pages, 1, (size_bytes + PAGE_BYTES - 1) / PAGE_BYTES);
	return can_be_read((uintptr_t)address & ~(uintptr_t)7) ? 0 : (int)with_errno(-ENOMEM);
}

static int lodger_msync(void *address, size_t size_bytes, int flags)
{
	if (!working())
		return (int)with_errno(hw_sys3(SYS_msync, address, size_bytes, flags));
	return can_be_read((uintptr_t)address & ~(uintptr_t)7) ? 0 : (int)with_errno(-ENOMEM);
}

static void *(*own_tls_get_addr)(const struct tls_index *);

static void *lodger_tls_get_addr(const struct tls_index *index)
{
	return working() ? (char *)hw_self.seat + index->offset : own_tls_get_addr(index);
}

static int (*own_setspecific)(pthread_key_t, const void *);

static int lodger_setspecific(pthread_key_t key, const void *value)
{
	if (!working())
		return own_setspecific(key, value);
	hw_self.seat->kept = value;
	return 0;
}

static int (*own_key_create)(pthread_key_t *, void (*)(void *));
static void (*destroy)(void *); /* what is kept */

static int lodger_key_create(pthread_key_t *key, void (*destructor)(void *))
{
	if (working())
		destroy = destructor;
	return own_key_create(key, destructor);
}

static int (*own_iterate_phdr)(iterate_callback *, void *);

/* libunwind looks for the module of one address, which is what its data begins with. */
static int lodger_iterate_phdr(iterate_callback *callback, void *data)
{
	struct dl_phdr_info info = { .dlpi_adds = 1 };
	struct hw_module_headers headers;

	if (!working())
		return own_iterate_phdr(callback, data);
	if (!hw_module_headers_of(*(void **)data, &headers))
		return 0;
	info.dlpi_addr = headers.bias;
	info.dlpi_name = headers.path;
	info.dlpi_phdr = headers.headers;
	info.dlpi_phnum = headers.count;
	return callback(&info, sizeof(info), data);
}

/* libunwind has blocked every signal when it locks. */
static int lodger_mutex_lock(pthread_mutex_t *mutex)
{
	if (working())
		atomic_fetch_add(&inside, 1);
	return HW_REAL(pthread_mutex_lock)(mutex);
}

static int lodger_mutex_unlock(pthread_mutex_t *mutex)
{
	int error = HW_REAL(pthread_mutex_unlock)(mutex);

	if (working())
		atomic_fetch_sub(&inside, 1);
	return error;
}

void hw_unwinder_forked(void)
{
	if (atomic_exchange(&inside, 0))
		backtrace = NULL;
}

static const struct hw_got_replacement replacements[] = {
	{ "__tls_get_addr", (void *)lodger_tls_get_addr, (void **)&own_tls_get_addr },
	{ "dl_iterate_phdr", (void *)lodger_iterate_phdr, (void **)&own_iterate_phdr },
	{ "mincore", (void *)lodger_mincore, NULL },
	{ "msync", (void *)lodger_msync, NULL },
	{ "pipe2", (void *)lodger_pipe2, NULL },
	{ "pthread_key_create", (void *)lodger_key_create, (void **)&own_key_create },
	{ "pthread_mutex_lock", (void *)lodger_mutex_lock, NULL },
	{ "pthread_mutex_unlock", (void *)lodger_mutex_unlock, NULL },
	{ "pthread_setspecific", (void *)lodger_setspecific, (void **)&own_setspecific },
	{ "read", (void *)lodger_read, NULL },
	{ "syscall", (void *)lodger_syscall, NULL },
};

enum { SEAT_BYTES = sizeof(((struct hw_unwinder_seat *)NULL)->words) };

static bool fits(const struct hw_module_headers *module)
{
	for (unsigned i = 0; i < module->count; i++)
		if (module->headers[i].p_type == PT_TLS &&
			(module->headers[i].p_memsz > SEAT_BYTES ||
				module->headers[i].p_filesz))
			return false;
	return true;
}

bool hw_unwinder_open(void)
{
	void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	void *function = library ? dlsym(library, "unw_backtrace") : NULL;
	struct hw_module_headers module;

	if (!function || !hw_module_headers_of(function, &module) || !fits(&module))
		return false;
	hw_got_replace(&module, replacements, sizeof(replacements) / sizeof(replacements[0]));
	if (!own_tls_get_addr || !own_iterate_phdr || !own_setspecific)
		return false;
	is_watched = hw_valgrind_ask(HW_VALGRIND_IS_HERE, 0);
	hw_module_range_of(function, &range);
	*(void **)&flush_cache = dlsym(library, "_Ux86_64_flush_cache");
	local_space = dlsym(library, "_ULx86_64_local_addr_space");
	*(void **)&backtrace = function;
	return true;
}

/*
 * Both what all threads have in common, and what each of them has, when it is next here. One
 * that cannot forget is not asked any more.
 */
void hw_unwinder_forget(void)
{
	atomic_fetch_add(&generation, 1);
	if (flush_cache && local_space)
		flush_cache(*local_space, 0, 0);
	else
		backtrace = NULL;
}

/*
 * As at the end of the thread, in which the destructor may put itself off. Whoever used libunwind
 * before us has its destructor; then a little memory is lost.
 */
static void forget_all(struct hw_unwinder_seat *seat, uint64_t now)
{
	hw_sys_block_signals();
	for (int round = 0; destroy && seat->kept && round < PTHREAD_DESTRUCTOR_ITERATIONS;
		round++) {
		void *kept = (void *)seat->kept;

		seat->kept = NULL;
		destroy(kept);
	}
	*seat = (struct hw_unwinder_seat){ .generation = now };
	hw_sys_restore_signals();
}

bool hw_unwinder_owns(const void *address)
{
	return (uintptr_t)address - range.start < range.end - range.start;
}

uint32_t hw_unwinder_walk(struct hw_self *self, struct hw_unwinder_seat *seat, void **ret_frames,
	uint32_t max)
{
	int (*walk)(void **, int) = backtrace;
	uint64_t epoch = self->epoch, now = atomic_load(&generation);
	int saved_errno = errno, count;

	if (!walk)
		return 0;
	self->seat = seat;
	self->unwind_sp = (uintptr_t)__builtin_frame_address(0);
	/* In this order, wherever a handler may jump out: with the epoch gone it is unwinding. */
	self->unwinding = 1;
	atomic_signal_fence(memory_order_seq_cst);
	self->epoch = HW_NO_EPOCH;
	if (__builtin_expect(seat->generation != now, 0))
		forget_all(seat, now);
	count = walk(ret_frames, (int)max);
	self->epoch = epoch;
	atomic_signal_fence(memory_order_seq_cst);
	self->unwinding = 0;
	errno = saved_errno;
	return count < 0 ? 0 : (uint32_t)count;
}

bool hw_unwinder_works(struct hw_self *self)
{
	if (!self->unwinding)
		return false;
	/* A signal handler that interrupted it. */
	if (hw_handler_further_in(self, (uintptr_t)__builtin_frame_address(0), self->unwind_sp))
		return true;
	self->unwinding = 0;
	return false;
}
