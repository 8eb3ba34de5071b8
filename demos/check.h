/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_CHECK_H
#define DEMOS_CHECK_H

/*
 * Calls that must not fail. Every lock, semaphore and barrier call of the demos
 * goes through here, so that none of their results is ignored; a failure ends
 * the program with one line on stderr and exit status 1.
 */

#include <semaphore.h>

/* Print "PROGRAM: message" to stderr and exit with status 1. Any thread. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* For calls that return 0 or an error number (pthread_*): die unless it is 0. */
void check(int error, const char *doing);

/* For calls that return -1 and set errno (sem_*, most others): die when it is -1. */
void check_errno(int result, const char *doing);

/* Take a unit of the semaphore; a signal that arrives meanwhile does not end the wait. */
void check_sem_wait(sem_t *semaphore, const char *doing);

#endif
