/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_RWLOCK_H
#define HW_INTERPOSE_RWLOCK_H

/*
 * What those need to know of rwlocks whose locks are made of one (glib_rw.c). Plain looks at
 * glibc's fields: a hint for the log, never a decision for the program.
 */

#include <pthread.h>

#include "interpose/attempt.h"

/* Whether asking for it now would wait; `how` says by HW_HOW_SHARED for what. */
bool hw_rwlock_taken(const struct hw_self *self, const pthread_rwlock_t *rwlock, uint32_t how);

/* Whether somebody has it whom glibc does not know by name, or the calling thread has. */
bool hw_rwlock_may_be_ours(const struct hw_self *self, const pthread_rwlock_t *rwlock);

#endif
