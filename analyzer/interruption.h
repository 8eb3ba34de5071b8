/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INTERRUPTION_H
#define HW_ANALYZER_INTERRUPTION_H

/*
 * Locks that a thread acquires in a signal handler, and also where that handler could interrupt
 * it: then it waits for itself. Linux's lockdep knows this as inconsistent lock states; there
 * it is interrupts that are disabled, here a signal is blocked.
 *
 * Every call stack says which handlers it goes through, and whose handler could interrupt it:
 * those installed that the thread did not block (struct hw_stack). So the table of contention
 * already tells which objects are worth a look, mostly none; only their events are
 * read, because that one thread did both is in the events alone.
 *
 * What decides: in the handler it waits, a try does not count; the other acquisition is any
 * that succeeded. Recursive and error-checking mutexes, read-write locks that the thread writes
 * (libc refuses) or only reads, and semaphores of more than one unit do not make it
 * wait for itself. Handlers of faults (SIGSEGV ...) come where the program has them come. Nothing
 * is said of a signal that is unblocked only after the lock was acquired.
 */

#include "analyzer/model.h"

struct hw_interruption {
	uint32_t thread;
	uint32_t object;
	uint32_t stack;      /* where it waits for the object in the handler */
	uint32_t held_stack; /* where it acquires it so that the handler could come */
	bool shared, held_shared;
	bool bounded; /* waits for a limited time only */
};

struct hw_interruptions {
	struct hw_interruption *all;
	uint32_t count, capacity;
};

/* Find all, one for each place in a handler. The caller finishes them, also after a failure. */
int hw_interruptions_find(const struct hw_model *model, sqlite3 *db, const char *path,
	struct hw_interruptions *ret_interruptions, struct hw_error *error);
void hw_interruptions_finish(struct hw_interruptions *interruptions);

#endif
