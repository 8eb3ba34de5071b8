/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_PRELOADED_H
#define HW_TESTS_E2E_PRELOADED_H

/*
 * A program run with nothing but LD_PRELOAD, in a folder of its own, and the
 * recording that it leaves there.
 *
 * Rows of the recording are compared as text, one line for each row, columns
 * separated by '|' and NULL left out. Two temporary views help:
 *
 *   thing  id, name: an object's kind and its rank among those of its kind, "mutex2"
 *   told   id, process, thread (its number), what: an event as text,
 *          "lock mutex2 shared timed =110": op, thing, mode, how, result; that of create
 *          is the new thread's number
 */

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/e2e/process.h"
#include "tests/e2e/scratch.h"

#define HW_PRELOADED_LIBRARY HW_BUILD_DIR "/interpose/libholdwait.so"
#define HW_FIXTURE(name)     HW_BUILD_DIR "/tests/fixtures/interpose/fixture_" name

struct hw_preloaded {
	struct hw_scratch scratch;
	struct hw_process process;
	char file[512]; /* the recording */
	sqlite3 *db;	/* once it was opened */
};

/* Make the folder. Nothing runs yet. */
void hw_preloaded_init(struct hw_preloaded *run);
void hw_preloaded_finish(struct hw_preloaded *run);

/*
 * Start a program in the folder; `environment` is one "NAME=VALUE" or NULL. The
 * recording is expected as holdwait.db.
 */
void hw_preloaded_start(
	struct hw_preloaded *run, const char *environment, const char *const arguments[]);

/* Wait for the program's end; the test fails when it takes too long. */
void hw_preloaded_wait(struct hw_preloaded *run);

/* Start it, wait, wait for the collector to close the recording, and open that. */
void hw_preloaded_record(
	struct hw_preloaded *run, const char *environment, const char *const arguments[]);

/* The same for a fixture: its exit status must be 0 and its output as without the library. */
void hw_preloaded_record_fixture(struct hw_preloaded *run, const char *const arguments[]);

/* Open what the collector has closed, or what a killed one left behind. */
void hw_preloaded_open_complete(struct hw_preloaded *run);
void hw_preloaded_open(struct hw_preloaded *run);

/* All rows of a query, as text, for free(). */
char *hw_preloaded_rows(struct hw_preloaded *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The first column of the first row. */
int64_t hw_preloaded_number(struct hw_preloaded *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The test fails unless the rows of a query are these; both are printed. */
void hw_preloaded_expect(struct hw_preloaded *run, const char *sql, const char *rows);

/* What one thread did (`told.what`), one line each. */
void hw_preloaded_expect_thread(struct hw_preloaded *run, int number, const char *rows);

/* The number behind "NAME " in a line of what the program printed; the test fails without. */
int64_t hw_preloaded_printed(const struct hw_preloaded *run, const char *name);

#endif
