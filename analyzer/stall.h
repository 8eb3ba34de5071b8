/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STALL_H
#define HW_ANALYZER_STALL_H

/*
 * Stalls: a thread was blocked on a lock for longer than it should have been, or still is.
 *
 * Of waits that are over, the table `contention` of the recording has the longest at each
 * place, so no events are read; of those that are not, the waiting state has all. Threads that
 * are in a deadlock, or behind one, are told of with that and are no stalls; nor is a wait for
 * what nobody holds, such as a condition.
 */

#include "analyzer/model.h"

struct hw_stall {
	uint32_t thread, object, stack; /* who waits for what, and where */
	bool shared;
	bool over;
	int64_t blocked_ns; /* until it went on, or until now */
	int64_t since_ns;   /* of one that is not over */
	uint32_t holder, holder_stack; /* who had it, taken where; HW_NONE when not known */
};

struct hw_stalls {
	struct hw_stall *all; /* longest first */
	uint32_t count, capacity;
	int64_t next_ns; /* when the next wait will be one, if it goes on; INT64_MAX for none */
};

/* Places of waits that are over that are told of. */
enum { HW_STALLS_OVER_MAX = 1000 };

/*
 * Find those of `least_ns` or longer. `now_ns` is the end of waits that are not over;
 * HW_UNKNOWN: that of the recording. Without `db` only those are looked at. Returns 0 or a
 * negative errno. The caller finishes what was found, in any case.
 */
int hw_stalls_find(const struct hw_model *model, sqlite3 *db, int64_t least_ns, int64_t now_ns,
	struct hw_stalls *ret_stalls, struct hw_error *error);
void hw_stalls_finish(struct hw_stalls *stalls);

#endif
