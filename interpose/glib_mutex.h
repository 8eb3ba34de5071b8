/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_GLIB_MUTEX_H
#define HW_INTERPOSE_GLIB_MUTEX_H

/* What a GCond needs to know of the GMutex that is released while one waits. */

#include "interpose/glib.h"

/* The GMutex's object, defined at its first use. NULL when it is not recorded. */
struct hw_cell *hw_glib_mutex_object(struct hw_self *self, const struct hw_glib_mutex *mutex,
	uint32_t stack);

/* Log the release; call before the real one. */
void hw_glib_mutex_release(struct hw_self *self, const struct hw_glib_mutex *mutex, uint32_t how,
	const struct hw_call *call);

#endif
