/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "tests/unit/packed.h"
#include "trace/event_scan.h"

/* What is written becomes rows that say the same. */

enum { BLOCKS = 6, SOME = 99, FLUSHED = 500, THREADS = 3, OBJECTS = 40 };

/* Of most it is told where and when; of the last of some blocks how, too, and they have results. */
static struct hw_event event_of(uint32_t at)
{
	struct hw_event event = packed_event(at, THREADS, OBJECTS);
	uint32_t block = 3 - at / HW_PACK_EVENTS % 4;
	bool is_last = at % HW_PACK_EVENTS >= HW_PACK_EVENTS - SOME;

	if (block & 1 || !is_last)
		event.how = 0;
	if (block & 2 || !is_last) {
		event.has_result = false;
		event.result = 0;
	}
	return event;
}

static void write_all(struct hw_event_writer *writer, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct hw_event event = event_of(i);

		if (hw_event_writer_add(writer, &event) || i % FLUSHED == 0)
			cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	}
	cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
}

static void expect_rows(uint32_t count)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_writer *writer;
	struct hw_event_scan *scan;
	struct hw_event event;
	struct hw_error error;
	sqlite3 *db;
	uint32_t at = 0;

	writer = packed_begin(HW_EVENT_FORM_ROWS, &db);
	write_all(writer, count);
	cr_assert_eq(hw_event_writer_make_rows(writer), SQLITE_OK, "%s", sqlite3_errmsg(db));
	hw_event_writer_destroy(writer);
	cr_assert_eq(hw_event_scan_open(db, "rows", &where, HW_EVENTS_BY_ID, &scan, &error), 0);
	cr_expect_not(hw_event_scan_is_packed(scan));
	while (hw_event_scan_next(scan, &event, &error) == 1) {
		struct hw_event expected = event_of(at);

		packed_expect_same(&event, &expected, at++);
	}
	cr_expect_eq(at, count);
	hw_event_scan_close(scan);
	sqlite3_close(db);
}

Test(event_writer, rows_say_what_was_written)
{
	expect_rows(BLOCKS * HW_PACK_EVENTS + 777);
}

Test(event_writer, rows_of_whole_blocks)
{
	expect_rows(2 * HW_PACK_EVENTS);
}

Test(event_writer, no_rows)
{
	expect_rows(0);
}
