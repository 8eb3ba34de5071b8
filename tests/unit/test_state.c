/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "logs.h"
#include "trace/state.h"

/* What becomes of a thread's holds when it has dropped records behind all that was read. */

static void hold(struct logs_world *world)
{
	logs_make_world(world, 1);
	world->ticks++;
	logs_write_event(world, 0, 1);
	logs_take(world, world->ticks);
	atomic_store(&world->collector.map.session->threads[0].gap, 1);
}

static size_t count_holds_then(struct logs_world *world)
{
	size_t count;

	hw_state_changed(&world->collector);
	count = world->collector.readers->slots[0].thread->hold_count;
	sqlite3_close(logs_end_world(world));
	return count;
}

Test(state, a_gap_may_have_given_back_what_was_held)
{
	static struct logs_world world;

	hold(&world);
	cr_expect_eq(count_holds_then(&world), 0);
}

/* What is dropped then came after the end. */
Test(state, the_end_of_room_takes_nothing_back)
{
	static struct logs_world world;

	hold(&world);
	world.collector.full = true;
	cr_expect_eq(count_holds_then(&world), 1);
}

/* It may have been dropped before. */
Test(state, the_end_of_room_is_no_reason_where_records_are_dropped_anyway)
{
	static struct logs_world world;

	hold(&world);
	world.collector.full = true;
	world.collector.map.session->lossy = true;
	cr_expect_eq(count_holds_then(&world), 0);
}

Test(state, the_end_of_room_is_no_reason_where_nobody_waited_for_chunks)
{
	static struct logs_world world;

	hold(&world);
	world.collector.full = true;
	atomic_store(&world.collector.map.session->starved, 1);
	cr_expect_eq(count_holds_then(&world), 0);
}
