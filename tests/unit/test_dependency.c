/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"
#include "trace/order.h"

/*
 * Dependencies against the plainest way to find them: every acquisition is written down with all
 * that was held, and compared with all before.
 */

enum { THREADS = 2, OBJECTS = 7, STACKS = 3, HELD_MOST = 6, STEPS = 20000, SEEN_MOST = 20000 };

struct held {
	uint32_t object, stack, how, units;
};

struct seen {
	uint32_t thread, object, stack, how, held_count;
	struct held held[HELD_MOST];
	uint64_t count;
};

static struct hw_roster roster;
static struct hw_order order = { .roster = &roster };
static struct hw_thread *threads[THREADS];
static struct hw_object *objects[OBJECTS];
static struct held holds[THREADS][HELD_MOST + 1];
static uint32_t hold_count[THREADS];
static struct seen *seen;
static size_t seen_count;
static uint64_t random_state = 88172645463325252ull;

static void setup(void)
{
	struct hw_process *process = hw_roster_process(&roster, 1);

	for (uint32_t i = 0; i < OBJECTS; i++) {
		/* The last is a semaphore of many units, of which a thread may hold several. */
		struct hw_object_definition definition = { .address = 64 + 64 * i,
			.kind = i + 1 < OBJECTS ? HW_KIND_MUTEX : HW_KIND_SEM,
			.type = HW_TYPE_INITIALISED, .capacity = 100 };

		objects[i] = hw_roster_define(&roster, process, 0, 1 + i, &definition);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		threads[i] = hw_roster_thread(&roster, process, 2 + i);
	seen = hw_xcalloc(SEEN_MOST, sizeof(*seen));
}

static void teardown(void)
{
	free(seen);
	hw_order_finish(&order);
	hw_roster_finish(&roster);
}

TestSuite(dependency, .init = setup, .fini = teardown);

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)((random_state >> 32) * limit >> 32);
}

static bool is_sem(uint32_t object)
{
	return object == OBJECTS - 1;
}

static void write_down(uint32_t thread, uint32_t object, uint32_t stack, uint32_t how)
{
	struct seen now = { .thread = thread, .object = object, .stack = stack, .how = how,
		.held_count = hold_count[thread] };

	memcpy(now.held, holds[thread], hold_count[thread] * sizeof(now.held[0]));
	for (size_t i = 0; i < seen_count; i++) {
		uint64_t count = seen[i].count;

		seen[i].count = 0;
		if (!memcmp(&seen[i], &now, sizeof(now))) {
			seen[i].count = count + 1;
			return;
		}
		seen[i].count = count;
	}
	cr_assert_lt(seen_count, SEEN_MOST);
	now.count = 1;
	seen[seen_count++] = now;
}

static bool is_held(uint32_t object)
{
	for (uint32_t i = 0; i < THREADS; i++)
		for (uint32_t j = 0; j < hold_count[i]; j++)
			if (holds[i][j].object == object)
				return true;
	return false;
}

static void acquire(uint32_t thread, uint32_t object)
{
	uint32_t stack = 1 + random_below(STACKS), how = random_below(5) ? 0 : HW_HOW_TIMED;
	uint32_t at = 0;

	if (hold_count[thread] && !(is_sem(object) && hold_count[thread] == HELD_MOST))
		write_down(thread, object, stack, how);
	hw_order_acquire(&order, threads[thread], objects[object], stack, how, 0);
	while (at < hold_count[thread] && holds[thread][at].object != object)
		at++;
	if (at == hold_count[thread])
		holds[thread][hold_count[thread]++] = (struct held){ .object = object,
			.stack = stack, .units = 1 };
	else
		holds[thread][at].units++;
}

static void release(uint32_t thread, uint32_t at)
{
	struct held *held = &holds[thread][at];

	hw_order_release(&order, threads[thread], objects[held->object], 1, 0);
	if (--held->units)
		return;
	hold_count[thread]--;
	memmove(held, held + 1, (hold_count[thread] - at) * sizeof(*held));
}

static void step(void)
{
	uint32_t thread = random_below(THREADS), object = random_below(OBJECTS);

	/* Mostly what was taken last, sometimes something below it. */
	if (hold_count[thread] && (hold_count[thread] == HELD_MOST || random_below(2)))
		release(thread, random_below(4) ? hold_count[thread] - 1 :
						  random_below(hold_count[thread]));
	else if (is_sem(object) || !is_held(object))
		acquire(thread, object);
}

static bool same_holds(const struct hw_dependency *dependency, const struct seen *expected)
{
	uint32_t list = dependency->list;

	for (uint32_t i = expected->held_count; i-- > 0;) {
		const struct held *held = &expected->held[i];
		const struct hw_hold_list *found;

		if (!list)
			return false;
		found = hw_hold_list_at(&order.dependencies.lists, list);
		if (found->length != i + 1 || found->object != objects[held->object] ||
			found->stack != held->stack || found->units != held->units)
			return false;
		list = found->before;
	}
	return !list;
}

Test(dependency, are_those_that_plain_search_finds)
{
	for (int i = 0; i < STEPS; i++)
		step();
	cr_assert_gt(seen_count, 500);
	cr_assert_eq(order.dependencies.count, seen_count);
	for (size_t i = 0; i < seen_count; i++) {
		const struct hw_dependency *found = &order.dependencies.all[i];

		cr_assert_eq(found->id, i + 1);
		cr_assert_eq(found->thread, threads[seen[i].thread]);
		cr_assert_eq(found->object, objects[seen[i].object]);
		cr_assert_eq(found->stack, seen[i].stack);
		cr_assert_eq(found->how, seen[i].how);
		cr_assert_eq(found->count, seen[i].count);
		cr_assert(same_holds(found, &seen[i]), "dependency %zu", i + 1);
	}
}

/* A lock that is held shared is not the same hold as one held exclusively. */
Test(dependency, tells_modes_apart)
{
	struct hw_object_definition definition = { .address = 9000, .kind = HW_KIND_RWLOCK,
		.type = HW_TYPE_INITIALISED };
	struct hw_object *rwlock = hw_roster_define(&roster, threads[0]->process, 0, 99,
		&definition);

	for (uint32_t how = 0; how <= HW_HOW_SHARED; how++) {
		hw_order_acquire(&order, threads[0], rwlock, 1, how, 0);
		hw_order_acquire(&order, threads[0], objects[0], 2, 0, 0);
		hw_order_release(&order, threads[0], objects[0], 2, 0);
		hw_order_release(&order, threads[0], rwlock, 1, 0);
	}
	cr_assert_eq(order.dependencies.count, 2);
	cr_expect_eq(hw_hold_list_at(&order.dependencies.lists, 1)->how, 0);
	cr_expect_eq(hw_hold_list_at(&order.dependencies.lists, 2)->how, HW_HOW_SHARED);
}
