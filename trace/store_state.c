/* SPDX-License-Identifier: MIT */
/* The waiting state: who holds what and who waits for what, as rows. */
#include <string.h>

#include "trace/store_private.h"

static void put_hold(struct hw_store *store, const struct hw_thread *thread,
	const struct hw_hold *hold, size_t position)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_HOLD);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, thread->id);
	sqlite3_bind_int64(row, 2, (sqlite3_int64)position);
	sqlite3_bind_int64(row, 3, hold->object->id);
	hw_store_bind_text(row, 4, hw_store_mode_name(hold->how));
	sqlite3_bind_int64(row, 5, hold->count);
	hw_store_bind_unless(row, 6, hold->stack, 0);
	sqlite3_bind_int64(row, 7, hold->since_ns);
	hw_store_run(store, row);
}

/* Units of a semaphore that signals are used up, not held. */
static void put_holds(struct hw_store *store, const struct hw_thread *thread)
{
	size_t position = 0;

	for (size_t i = 0; i < thread->hold_count; i++) {
		const char *role = hw_order_role(thread->holds[i].object);

		if (!role || strcmp(role, "signal"))
			put_hold(store, thread, &thread->holds[i], position++);
	}
}

static void put_wait(struct hw_store *store, const struct hw_thread *thread)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_WAIT);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, thread->id);
	sqlite3_bind_int64(row, 2, thread->blocked_on->id);
	hw_store_bind_text(row, 3, hw_store_mode_name(thread->blocked_how));
	hw_store_bind_text(row, 4, thread->blocked_how & HW_HOW_TIMED ? "timed" : "block");
	hw_store_bind_unless(row, 5, thread->blocked_stack, 0);
	sqlite3_bind_int64(row, 6, thread->blocked_since_ns);
	hw_store_bind_unless(row, 7, thread->wait_units, 1);
	hw_store_run(store, row);
}

void hw_store_state(struct hw_store *store, const struct hw_roster *roster, int64_t time_ns)
{
	sqlite3_stmt *clear = hw_store_statement(store, HW_CLEAR_HOLDS);

	if (clear)
		hw_store_run(store, clear);
	clear = hw_store_statement(store, HW_CLEAR_WAITS);
	if (clear)
		hw_store_run(store, clear);
	for (size_t i = 0; i < roster->thread_count; i++) {
		const struct hw_thread *thread = roster->threads[i];

		if (thread->blocked_on)
			put_wait(store, thread);
		put_holds(store, thread);
	}
	hw_store_meta_number(store, "state_ns", time_ns);
}
