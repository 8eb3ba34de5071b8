/* SPDX-License-Identifier: MIT */
#ifndef HOLDWAIT_H
#define HOLDWAIT_H

/*
 * What a program can tell holdwait that its calls of libc do not: see holdwait(3). Installed
 * as <holdwait.h>.
 *
 * Each function is a weak symbol that libholdwait.so defines: there is nothing to link, and
 * without holdwait a call is a test of a null pointer that does not look at its arguments,
 * which must have no effects. The functions are macros of the same names, so that a call stack
 * begins with the caller however the program is compiled.
 *
 * The pointer is loaded through the global offset table by hand, because a compiler that makes
 * code for a fixed address (-no-pie) loads the symbol as a constant, and a linker makes that 0
 * for good. For processors other than x86-64 there is no holdwait yet.
 */

#ifndef HOLDWAIT_WEAK
#define HOLDWAIT_WEAK __attribute__((weak, visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How a lock is acquired; to be combined. */
enum holdwait_how {
	HOLDWAIT_EXCLUSIVE = 0,
	HOLDWAIT_SHARED = 1, /* together with others that share it */
	HOLDWAIT_TRY = 2,    /* it would not have waited */
	HOLDWAIT_TIMED = 4,  /* it would not have waited for ever */
};

/* The lock was found taken: the calling thread begins to wait for it. */
HOLDWAIT_WEAK void holdwait_acquiring(const void *lock, int how);

/* The calling thread has the lock, after waiting or without. */
HOLDWAIT_WEAK void holdwait_acquired(const void *lock, int how);

/* The calling thread gave up: it waits no longer, or its try did not get the lock. */
HOLDWAIT_WEAK void holdwait_failed(const void *lock);

/* The calling thread is about to give the lock back. */
HOLDWAIT_WEAK void holdwait_releasing(const void *lock);

/* What the object at this address, of any kind, is called in findings; the name is copied. */
HOLDWAIT_WEAK void holdwait_name(const void *object, const char *name);

/* Whoever locks both of these objects locks `first` before `second`. */
HOLDWAIT_WEAK void holdwait_order(const void *first, const void *second);

/* What is done to the object at this address, of any kind, is not recorded from here on. */
HOLDWAIT_WEAK void holdwait_ignore(const void *object);

#ifdef __cplusplus
}
#endif

#ifdef __x86_64__
#define HOLDWAIT_ADDRESS(function) __extension__({ \
	__typeof__(&function) *holdwait_entry_; \
	__asm__(".weak " #function "\n\tleaq " #function "@GOTPCREL(%%rip), %0" \
		: "=r"(holdwait_entry_)); \
	*holdwait_entry_; \
})
#else
#define HOLDWAIT_ADDRESS(function) (&function)
#endif

#define HOLDWAIT_CALL(function, arguments) __extension__({ \
	__typeof__(&function) holdwait_function_ = HOLDWAIT_ADDRESS(function); \
	if (__builtin_expect(holdwait_function_ != 0, 0)) \
		(*holdwait_function_) arguments; \
})

#define holdwait_acquiring(lock, how) HOLDWAIT_CALL(holdwait_acquiring, (lock, how))
#define holdwait_acquired(lock, how)  HOLDWAIT_CALL(holdwait_acquired, (lock, how))
#define holdwait_failed(lock)	      HOLDWAIT_CALL(holdwait_failed, (lock))
#define holdwait_releasing(lock)      HOLDWAIT_CALL(holdwait_releasing, (lock))
#define holdwait_name(object, name)   HOLDWAIT_CALL(holdwait_name, (object, name))
#define holdwait_order(first, second) HOLDWAIT_CALL(holdwait_order, (first, second))
#define holdwait_ignore(object)	      HOLDWAIT_CALL(holdwait_ignore, (object))

#endif
