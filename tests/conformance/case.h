/* SPDX-License-Identifier: MIT */
#ifndef HW_CONFORMANCE_CASE_H
#define HW_CONFORMANCE_CASE_H

/*
 * One line of output for each outcome of a call that holdwait intercepts:
 *
 *   pthread_mutex_trylock | errorcheck, held by another thread | EBUSY | errno untouched
 *
 * errno is set to a value that no call gives before each one, so that a call which changes it
 * without having to is seen. What runs without the library and what runs with it must print the
 * same; conformance.py compares. So nothing that differs from run to run is printed, no program
 * sleeps, and deadlines have passed already where a call must give up.
 *
 * The name in a line is that of the function which was called, because the macros make one of
 * the other. That is how conformance.py knows that there is a case for each function.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

enum { HW_CASE_ERRNO = 7777 };

/*
 * Whether the program was built with ThreadSanitizer, or AddressSanitizer. Cases that one of them
 * does not survive by itself are left out then, each by name and with the reason.
 */
#if defined(__SANITIZE_THREAD__)
enum { HW_CASE_TSAN = 1, HW_CASE_ASAN = 0 };
#elif defined(__SANITIZE_ADDRESS__)
enum { HW_CASE_TSAN = 0, HW_CASE_ASAN = 1 };
#elif defined(__has_feature) /* clang */
enum { HW_CASE_TSAN = __has_feature(thread_sanitizer),
	HW_CASE_ASAN = __has_feature(address_sanitizer) };
#else
enum { HW_CASE_TSAN = 0, HW_CASE_ASAN = 0 };
#endif

/* The call's result is an error number, as of pthread functions. */
#define SHOW_ERROR(situation, function, ...) \
	(errno = HW_CASE_ERRNO, hw_case_error(#function, situation, function(__VA_ARGS__)))

/* The call's result is a number, and errno tells why it failed. */
#define SHOW(situation, function, ...) \
	(errno = HW_CASE_ERRNO, hw_case_number(#function, situation, function(__VA_ARGS__)))

/* The call's result is one of <threads.h>: thrd_success and so on. */
#define SHOW_THREADS(situation, function, ...) \
	(errno = HW_CASE_ERRNO, hw_case_threads(#function, situation, function(__VA_ARGS__)))

/* The call's result is an address, of which only NULL and -1 are told. */
#define SHOW_POINTER(situation, function, ...) \
	(errno = HW_CASE_ERRNO, hw_case_pointer(#function, situation, function(__VA_ARGS__)))

/* The call has no result. */
#define SHOW_VOID(situation, function, ...) \
	(errno = HW_CASE_ERRNO, function(__VA_ARGS__), hw_case_text(#function, situation, "done"))

/* These return what they were given, so that a case can go on with it. */
int hw_case_error(const char *function, const char *situation, int error);
int hw_case_number(const char *function, const char *situation, long result);
int hw_case_threads(const char *function, const char *situation, int result);
void *hw_case_pointer(const char *function, const char *situation, void *result);

/* For results that are told in words. */
void hw_case_text(const char *function, const char *situation, const char *result);

/* Two words with a comma in between; on the heap, and never given back. */
const char *hw_case_join(const char *kind, const char *situation);

/* Run in another thread until it ends. */
void hw_case_in_thread(void *(*routine)(void *), void *argument);

/*
 * Come back once a thread of this process is blocked in the kernel: in a futex, or waiting for a
 * child. It says which it is, by gettid(), right before the call that is to block.
 */
void hw_case_until_blocked(const _Atomic pid_t *tid);

/* Send SIGALRM to this process again and again, to a handler that does nothing; or no more. */
void hw_case_alarm(bool on);

/* Memory that a forked child shares. */
void *hw_case_shared(size_t size_bytes);

extern const struct timespec hw_case_past;    /* has gone by, on any clock */
extern const struct timespec hw_case_invalid; /* no time at all */

#endif
