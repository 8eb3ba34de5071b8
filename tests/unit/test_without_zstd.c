/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "tests/unit/packed.h"
#include "trace/event_block.h"
#include "trace/event_table.h"
#include "trace/options.h"

/* Compiled, with all that it tests, as if there were no libzstd. */

static struct hw_error error;

Test(without_zstd, says_what_it_cannot_write)
{
	struct hw_recording_options options;

	hw_recording_options_init(&options);
	cr_expect(!hw_event_block_can_compress());
	cr_expect_eq(hw_recording_options_parse(&options, "store=packed", &error), 0);
	cr_expect_neq(hw_recording_options_parse(&options, "store=zstd", &error), 0);
	cr_expect_str_eq(error.message, "this holdwait was built without zstd");
	cr_expect(error.hint[0]);
}

Test(without_zstd, reads_what_is_packed)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_PACKED, 20000, 3, 5);

	cr_expect_eq(sqlite3_exec(db, "SELECT * FROM event", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

Test(without_zstd, says_what_it_cannot_read)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_PACKED, 20000, 3, 5);

	cr_assert_eq(sqlite3_exec(db, "UPDATE event_block SET codec = 1 WHERE first_event > 1",
			     NULL, NULL, NULL), SQLITE_OK);
	cr_expect_eq(sqlite3_exec(db, "SELECT * FROM event WHERE id < 9", NULL, NULL, NULL),
		SQLITE_OK);
	cr_expect_neq(sqlite3_exec(db, "SELECT * FROM event", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_str_eq(sqlite3_errmsg(db), "the block of event 16385 is compressed, and this "
		"holdwait was built without zstd");
	sqlite3_close(db);
}

/* Asked for nevertheless, it packs. */
Test(without_zstd, compresses_nothing)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_ZSTD, 20000, 3, 5);

	cr_expect_eq(sqlite3_exec(db, "SELECT * FROM event", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}
