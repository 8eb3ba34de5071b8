/* SPDX-License-Identifier: MIT */
#include "tests/e2e/cast.h"

#include <stdio.h>

/* Threads are numbered as they are created, which is in the order of the script. */
void hw_cast_find(const struct hw_script *script, const struct hw_recorded *recorded,
	struct hw_cast *ret_cast)
{
	unsigned done[HW_SCRIPT_THREADS_MAX] = { 0 }, number_of[HW_SCRIPT_THREADS_MAX] = { 1 };
	unsigned number = 1;
	char sql[256];

	for (unsigned i = 0; i < script->order_count; i++) {
		unsigned thread = script->order[i];
		struct hw_script_step step = script->threads[thread].steps[done[thread]++];

		if (step.what == 'C')
			number_of[step.number] = ++number;
	}
	for (unsigned t = 0; t < script->thread_count; t++) {
		if (!number_of[t])
			continue;
		snprintf(sql, sizeof(sql), "SELECT id FROM thread WHERE number = %u", number_of[t]);
		ret_cast->threads[t] = hw_recorded_number(recorded, sql);
		snprintf(sql, sizeof(sql), "SELECT object FROM thread WHERE number = %u",
			number_of[t]);
		ret_cast->things[HW_CAST_ENDS + t] = hw_recorded_number(recorded, sql);
	}
	for (unsigned o = 0; o < script->object_count; o++) {
		snprintf(sql, sizeof(sql),
			"SELECT ifnull((SELECT id FROM object WHERE name = 'object_%u'), 0)", o);
		ret_cast->things[o] = hw_recorded_number(recorded, sql);
	}
}

static int index_of(const int64_t *ids, int count, int64_t id)
{
	for (int i = 0; i < count; i++)
		if (id && ids[i] == id)
			return i;
	return HW_CAST_NOTHING;
}

int hw_cast_thread(const struct hw_cast *cast, const json_t *id)
{
	return index_of(cast->threads, HW_SCRIPT_THREADS_MAX, json_integer_value(id));
}

int hw_cast_thing(const struct hw_cast *cast, const json_t *id)
{
	return index_of(cast->things, HW_CAST_THINGS, json_integer_value(id));
}
