/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_MUTEX_H
#define HW_INTERPOSE_MUTEX_H

/*
 * What conditions and C11 need to know of mutexes. mtx_t is pthread_mutex_t by
 * another name in glibc, so both are one kind of object with one identity.
 */

#include <pthread.h>

#include "interpose/attempt.h"

/* The mutex's object, defined at its first use. NULL when it is not recorded. */
struct hw_cell *hw_mutex_object(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t stack);

/* For hw_mutex_taken, of a lock word that is not 0. */
bool hw_mutex_seems_taken(const struct hw_self *self, const pthread_mutex_t *mutex, unsigned word);

/* Whether locking it now would wait: a plain look at glibc's fields, for the log only. */
static inline bool hw_mutex_taken(const struct hw_self *self, const pthread_mutex_t *mutex)
{
	unsigned word = *(volatile const unsigned *)&mutex->__data.__lock;

	return __builtin_expect(word != 0, 0) && hw_mutex_seems_taken(self, mutex, word);
}

/*
 * Log the release; call before the real one. False when that will fail: it is not the holder.
 * `call`: as of hw_stack_capture; a release has a stack only when somebody else holds it.
 */
bool hw_mutex_release(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t how,
	const struct hw_call *call);

/* Its definition by an init call. */
void hw_mutex_initialised(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t stack);
void hw_mutex_destroyed(struct hw_self *self, const pthread_mutex_t *mutex,
	const struct hw_call *call);

#endif
