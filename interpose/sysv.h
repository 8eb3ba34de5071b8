/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SYSV_H
#define HW_INTERPOSE_SYSV_H

/*
 * Semaphores of System V: sets of them, in the kernel, which any process can use that knows the
 * number of the set.
 *
 * Each semaphore of a set is an object. It is in no memory, so its cell has an address
 * that no memory can have, made of the numbers; and every process means the same object by
 * the same numbers. Making a set makes new objects, whatever had these numbers before.
 * Opening one, or using one that another process has opened, does not.
 *
 * What the library wants to know of them it asks the kernel for, which takes permission to read
 * the set: without that, the semaphores are left out. So are those of a process that has gone to
 * another IPC namespace after it used some.
 *
 * Calls are never changed; memory of the program is read by the kernel only, as it may not be
 * there.
 */

#include <sys/sem.h>

#include "interpose/object.h"

/* Whether semaphores are recorded at all; there must be a session. */
static inline bool hw_sysv_wanted(void)
{
	return hw_log_session->kinds & 1u << HW_KIND_SEM;
}

/* How many units it has, or a negative errno. */
int hw_sysv_value(int set, uint32_t number);

/* The object of a semaphore, first met at `stack` when it is new; NULL when it is not recorded. */
struct hw_cell *hw_sysv_object(struct hw_self *self, int set, uint32_t number, uint32_t stack);

/* The same, or NULL when it was not met yet. */
struct hw_cell *hw_sysv_find(int set, uint32_t number);

/* The set was made, with `count` semaphores, by a call of semget at `stack`. */
void hw_sysv_made(struct hw_self *self, int set, key_t key, uint32_t count, uint32_t stack);

/* It was opened there, and may have been made by anybody. */
void hw_sysv_opened(struct hw_self *self, int set, uint32_t stack);

/* A lock is had by raising it from zero: taking its units away gives it back from now on. */
void hw_sysv_raised(struct hw_self *self, int set, uint32_t number);
bool hw_sysv_is_raised(int set, uint32_t number);

/* How many semaphores the set has; 0 when that is not known. */
uint32_t hw_sysv_count(int set);

/* The kernel says that something is wrong: forget the semaphore if it is not there any more. */
void hw_sysv_check(int set, uint32_t number);

/* The set was removed by a call from `call`; it had so many. */
void hw_sysv_removed(struct hw_self *self, int set, uint32_t count, const struct hw_call *call);

#endif
