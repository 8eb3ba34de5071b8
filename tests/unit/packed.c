/* SPDX-License-Identifier: MIT */
#include "tests/unit/packed.h"

#include <criterion/criterion.h>

#include "trace/event_table.h"
#include "trace/name.h"
#include "trace/schema.h"

enum { EVENT_OPS = HW_OP_COUNT - HW_OP_INIT };

/* A number that looks as if by chance, the same each time. */
static uint32_t mixed(uint32_t number)
{
	uint64_t mix = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)((mix ^ mix >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32);
}

struct hw_event packed_event(uint32_t at, uint32_t threads, uint32_t objects)
{
	uint32_t chance = mixed(at);
	struct hw_event event = {
		.time_ns = 1000 + (int64_t)at * 100 + chance % 50 - (chance % 97 ? 0 : 5000),
		.thread = 1 + chance % threads,
		.op = (uint8_t)(HW_OP_INIT + chance % EVENT_OPS),
		.how = hw_event_plain_how(chance >> 7 & 127),
		.object = mixed(at / 2) % (objects + 1),
		.stack = chance % 5 ? 1 + chance % 31 : 0,
	};

	if (event.op == HW_OP_FAIL || event.op == HW_OP_CREATE) {
		event.has_result = true;
		event.result = (int64_t)(chance % 1000) - 500;
	}
	return event;
}

struct hw_event_writer *packed_begin(enum hw_event_form form, sqlite3 **ret_db)
{
	struct hw_event_writer *writer;

	cr_assert_eq(sqlite3_open(":memory:", ret_db), SQLITE_OK);
	cr_assert_eq(hw_event_table_register(*ret_db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(*ret_db, hw_schema_sql, NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(hw_event_writer_create(*ret_db, form, &writer), SQLITE_OK);
	return writer;
}

sqlite3 *packed_recording(enum hw_event_form form, uint32_t count, uint32_t threads,
	uint32_t objects)
{
	sqlite3 *db;
	struct hw_event_writer *writer = packed_begin(form, &db);

	cr_assert_eq(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	for (uint32_t i = 0; i < count; i++) {
		struct hw_event event = packed_event(i, threads, objects);

		/* A commit now and then, so that blocks grow. */
		if (hw_event_writer_add(writer, &event) || i % 9999 == 0)
			cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	}
	cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	cr_assert_eq(hw_event_writer_count(writer), count);
	if (hw_event_writer_wants_rows(writer))
		cr_assert_eq(hw_event_writer_make_rows(writer), SQLITE_OK, "%s",
			sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	hw_event_writer_destroy(writer);
	return db;
}

void packed_expect_same(const struct hw_event *found, const struct hw_event *expected, uint32_t at)
{
	cr_assert_eq(found->time_ns, expected->time_ns, "time of event %u", at);
	cr_assert_eq(found->thread, expected->thread, "thread of event %u", at);
	cr_assert_eq(found->op, expected->op, "op of event %u", at);
	cr_assert_eq(found->how, expected->how, "how of event %u: %u, expected %u", at, found->how,
		expected->how);
	cr_assert_eq(found->object, expected->object, "object of event %u", at);
	cr_assert_eq(found->stack, expected->stack, "stack of event %u", at);
	cr_assert_eq(found->has_result, expected->has_result, "event %u", at);
	cr_assert_eq(found->result, expected->result, "result of event %u", at);
}
