/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RUNTIME_H
#define HW_ANALYZER_RUNTIME_H

/*
 * What in a call stack belongs to the run-time library of the language rather
 * than to the program: the C library, std::mutex and its guards, Rust's core, CPython.
 * It says nothing about why a lock is taken, and differs from host to host.
 */

#include <stdbool.h>

/* A run-time library, by its path: "/lib/x86_64-linux-gnu/libc.so.6" is, "libcrypto.so.3" is not.
 */
bool hw_runtime_is_module(const char *path);

/* A module of Python's own library that makes locks or takes them for others: threading, queue. */
bool hw_runtime_is_script(const char *path);

/* A semaphore's name that nobody chose, and is another one in each run: Python's "/mp-k3_x9q1a". */
bool hw_runtime_is_random_name(const char *name);

/* The preloaded library itself. */
bool hw_runtime_is_holdwait(const char *path);

/* What a program has compiled in from the headers and start files of its run-time library. */
bool hw_runtime_is_function(const char *function);

/*
 * A function of the program that, as its name says, only acquires what it is given:
 * uv_mutex_lock, take_semaphore, pthreadMutexEnter, Mutex::lock, LockGuard::LockGuard.
 */
bool hw_runtime_is_wrapper(const char *function);

#endif
