/* SPDX-License-Identifier: MIT */
#include "deeds.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/window.h"

/*
 * The same log taken record by record and many at a time, alone or by turns with others, makes the
 * same recording.
 */

enum { RUN_MOST = 9, SCENE_RECORDS = 300, SOME_MOST = 200 };

static void take_one(struct deeds_world *world, struct hw_reader *reader, struct hw_record record)
{
	if (hw_record_time(&record) > reader->last_ticks)
		reader->last_ticks = hw_record_time(&record);
	cr_assert(hw_interpret(&world->interpreter, reader, record, reader->last_ticks, NULL));
}

/* Never more than are asked for, now one and now many. */
static size_t take_some(struct deeds_world *world, struct hw_window *window)
{
	static size_t most;
	size_t count;

	most = most % SOME_MOST + 1;
	count = hw_deed_take_some(&world->interpreter, window, most);
	cr_assert_leq(count, most);
	return count;
}

/* As a round does it with the only log there is. How many were taken together. */
static size_t take_many(struct deeds_world *world, struct hw_reader *reader,
	const struct hw_record *records, size_t count)
{
	static struct hw_window window;
	const struct hw_record *at = records, *end = records + count;
	size_t together = 0;

	while (at < end) {
		size_t many;

		hw_window_begin(&window, 0, UINT64_MAX >> 8);
		hw_window_add(&window, reader, at, end);
		many = take_some(world, &window);
		at = window.lanes[0].at;
		reader->last_ticks = window.lanes[0].last_ticks;
		if (!many)
			take_one(world, reader, *at++);
		together += many;
	}
	return together;
}

/* Both recordings are the same; most records were taken together. */
static void expect_same(struct deeds_world *one, struct deeds_world *many, size_t together)
{
	char *expected, *found;

	/* All but those of the set of System V, and of what is ignored. */
	cr_assert_gt(together, DEEDS_RECORDS / 2);
	expected = deeds_dump(one);
	found = deeds_dump(many);
	cr_assert_gt(strlen(expected), 10 * DEEDS_RECORDS);
	for (size_t i = 0; expected[i] || found[i]; i++)
		cr_assert_eq(expected[i], found[i], "%.200s\nis not\n%.200s", &found[i],
			&expected[i]);
	free(expected);
	free(found);
	deeds_end_world(one);
	deeds_end_world(many);
}

Test(deed, many_together_are_as_one_by_one)
{
	static struct deeds_world one, many;
	struct deeds_script script = { .random = 88172645463325252ull };
	size_t together = 0;

	deeds_make_world(&one);
	deeds_make_world(&many);
	for (uint32_t at = 0; at < DEEDS_RECORDS;) {
		struct hw_record run[RUN_MOST];
		uint32_t count = 1 + deeds_random_below(&script, RUN_MOST);
		uint32_t thread = deeds_random_below(&script, DEEDS_THREADS);

		for (uint32_t i = 0; i < count; i++, at++) {
			run[i] = deeds_make_record(&script, thread);
			deeds_change(&one, at);
			deeds_change(&many, at);
		}
		for (uint32_t i = 0; i < count; i++)
			take_one(&one, &one.readers[thread], run[i]);
		together += take_many(&many, &many.readers[thread], run, count);
	}
	expect_same(&one, &many, together);
}

/* What all threads did in a while. */
struct scene {
	struct hw_record logs[DEEDS_THREADS][SCENE_RECORDS];
	size_t counts[DEEDS_THREADS], taken[DEEDS_THREADS];
};

static void make_scene(struct deeds_script *script, struct deeds_world *one,
	struct deeds_world *many, uint32_t at, struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	for (uint32_t i = 0; i < SCENE_RECORDS; i++) {
		uint32_t thread = deeds_random_below(script, DEEDS_THREADS);

		scene->logs[thread][scene->counts[thread]++] = deeds_make_record(script, thread);
		deeds_change(one, at + i);
		deeds_change(many, at + i);
	}
}

/* A window of what is left of a scene; false when nothing is. */
static bool open_window(struct hw_window *window, struct deeds_world *world,
	const struct scene *scene)
{
	hw_window_begin(window, 0, UINT64_MAX >> 8);
	for (uint32_t i = 0; i < DEEDS_THREADS; i++) {
		if (scene->taken[i] == scene->counts[i])
			continue;
		hw_window_add(window, &world->readers[i], scene->logs[i] + scene->taken[i],
			scene->logs[i] + scene->counts[i]);
		hw_window_gather(window, SCENE_RECORDS);
	}
	hw_window_merge(window);
	return window->lane_count > 0;
}

static void take_turn(struct deeds_world *world, struct hw_window *window)
{
	struct hw_lane *lane = &window->lanes[hw_window_lane(*window->turns)];

	lane->reader->last_ticks = lane->last_ticks;
	take_one(world, lane->reader, *lane->at++);
	lane->last_ticks = lane->reader->last_ticks;
	window->turns++;
	window->turn_count--;
}

/* As a round does it with several logs; one by one in the same order. How many were together. */
static size_t take_scene(struct deeds_world *one, struct deeds_world *many, struct scene *scene)
{
	static struct hw_window window;
	size_t together = 0;

	while (open_window(&window, many, scene)) {
		cr_assert_gt(window.turn_count, 0);
		for (size_t i = 0; i < window.turn_count; i++) {
			struct hw_reader *reader =
				window.lanes[hw_window_lane(window.turns[i])].reader;
			ptrdiff_t thread = reader - many->readers;

			take_one(one, &one->readers[thread],
				scene->logs[thread][scene->taken[thread]++]);
		}
		while (window.turn_count) {
			size_t count = take_some(many, &window);

			together += count;
			if (!count)
				take_turn(many, &window);
		}
		for (size_t i = 0; i < window.lane_count; i++)
			window.lanes[i].reader->last_ticks = window.lanes[i].last_ticks;
	}
	return together;
}

Test(deed, turns_are_as_one_by_one)
{
	static struct deeds_world one, many;
	static struct scene scene;
	struct deeds_script script = { .random = 88172645463325252ull };
	size_t together = 0;

	deeds_make_world(&one);
	deeds_make_world(&many);
	for (uint32_t at = 0; at < DEEDS_RECORDS; at += SCENE_RECORDS) {
		make_scene(&script, &one, &many, at, &scene);
		together += take_scene(&one, &many, &scene);
	}
	expect_same(&one, &many, together);
}

/* How many are taken of a log that is alone. */
static size_t take_first(struct deeds_world *world, const struct hw_record *records, size_t count,
	uint64_t until_ticks)
{
	static struct hw_window window;
	size_t taken;

	hw_window_begin(&window, 0, until_ticks);
	hw_window_add(&window, &world->readers[0], records, records + count);
	taken = hw_deed_take(&world->interpreter, &window);
	cr_expect_eq(window.lanes[0].at, records + taken);
	return taken;
}

/* Nothing that was not published, or is later, is taken. */
Test(deed, stops_where_it_should)
{
	static struct deeds_world world;
	struct hw_record records[4] = {
		{ hw_record_when(10, HW_OP_LOCK), hw_record_what(1, 1, 0) },
		{ hw_record_when(20, HW_OP_UNLOCK), hw_record_what(1, 1, 0) },
		{ hw_record_when(30, HW_OP_LOCK), hw_record_what(1, 1, 0) },
	};

	deeds_make_world(&world);
	cr_expect_eq(take_first(&world, records, 4, 19), 1);
	cr_expect_eq(take_first(&world, records + 1, 1, 99), 1);
	cr_expect_eq(take_first(&world, records + 2, 2, 99), 1);
	records[3] = (struct hw_record){ hw_record_when(40, HW_OP_LOCK),
		hw_record_what(DEEDS_OBJECTS + 1, 1, 0) };
	cr_expect_eq(take_first(&world, records + 3, 1, 99), 0);
	cr_expect_eq(hw_store_event_count(world.interpreter.store), 3);
	hw_store_destroy(world.interpreter.store, false);
	deeds_end_world(&world);
}
