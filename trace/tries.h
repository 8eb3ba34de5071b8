/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_TRIES_H
#define HW_TRACE_TRIES_H

/*
 * Which tries stand for blocks.
 *
 * Some code tries first and blocks if that fails (CPython's locks): once a thread's failed try is
 * followed by a block on the same object, with nothing acquired or released in between, the
 * place it tried from is known to block, and every try from there counts as a block, also those
 * before. The place is the innermost frame of machine code: the call of sem_trywait in the
 * runtime, not the line of the script. Of CPython it is known from the beginning.
 *
 * Through the same place go scripts that only try. A line of a script from which a try failed and
 * no block followed is known to yield, whatever place in the runtime it goes through.
 */

#include "trace/roster.h"

/* What is known of a place is kept in its frame: as others know it is asked at every failed try. */
struct hw_tries {
	bool unknown_blocks; /* the place that tries come from whose stack is not known */
};

/* A try of something taken failed; `holds` is the list of what the thread holds. */
void hw_tries_failed(struct hw_roster *roster, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t holds);

/* The thread blocks on an object, or was about to. */
void hw_tries_blocked(struct hw_tries *tries, struct hw_roster *roster,
	struct hw_thread *thread, const struct hw_object *object, uint32_t holds);

/* Whether a try from there counts as a block, as far as is known. */
bool hw_tries_block(const struct hw_tries *tries, const struct hw_roster *roster, uint32_t stack);

#endif
