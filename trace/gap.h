/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_GAP_H
#define HW_TRACE_GAP_H

/*
 * Where records of a thread were dropped.
 *
 * It may have given back all that it held, and it may hold what nobody knows of. So it is taken to
 * hold nothing there and to wait for nothing: then what is recorded of it later is true,
 * though it is not all. Only a semaphore may be held by a thread to which somebody else's dropped
 * post has given it back.
 */

#include "trace/roster.h"

/* From here on only what its log tells counts. */
void hw_gap_forget(struct hw_thread *thread);

#endif
