/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_RECORDED_H
#define HW_TESTS_E2E_RECORDED_H

/*
 * A recording that a test makes by running the built holdwait, and what it
 * says: rows by SQL, findings by the JSON of `holdwait report`.
 */

#include <jansson.h>
#include <stdint.h>

#include "tests/e2e/process.h"
#include "tests/e2e/scratch.h"

#define HW_HOLDWAIT HW_BUILD_DIR "/analyzer/holdwait"
#define HW_LIBRARY  HW_BUILD_DIR "/interpose/libholdwait.so"

struct hw_recorded {
	struct hw_scratch scratch;
	char file[512]; /* the recording, in the scratch folder */
};

void hw_recorded_init(struct hw_recorded *recorded);
void hw_recorded_finish(struct hw_recorded *recorded);

/* Start `holdwait VERB -o FILE ARGUMENTS...`. */
void hw_recorded_start(struct hw_recorded *recorded, struct hw_process *process, const char *verb,
	const char *const arguments[]);

/* The same, and wait for its end; the test fails when that takes too long. */
void hw_recorded_run(struct hw_recorded *recorded, struct hw_process *process, const char *verb,
	const char *const arguments[]);

/* The report, to be given to json_decref; `all` with what is ruled out. */
json_t *hw_recorded_report(const struct hw_recorded *recorded, bool all);

/* The first column of the first row of a query; the test fails when there is none. */
int64_t hw_recorded_number(const struct hw_recorded *recorded, const char *sql);
char *hw_recorded_text(const struct hw_recorded *recorded, const char *sql); /* for free() */

/* Wait until a collector nobody waits for has closed the recording. */
void hw_recorded_wait_until_complete(const struct hw_recorded *recorded);

/* Wait until a query of a running program's recording answers this; false when it never does. */
bool hw_recorded_wait_for(const struct hw_recorded *recorded, const char *sql, int64_t number);

/* Wait until the waiting state of a running program has so many blocked threads. */
bool hw_recorded_wait_for_state(const struct hw_recorded *recorded, int64_t blocked_threads);

/* Wait until the process has printed `part` on stderr; false when it does not come. */
bool hw_recorded_wait_for_errors(const struct hw_process *process, const char *part);

/* How many findings of a report have this rule; NULL counts all. */
size_t hw_recorded_count(const json_t *report, const char *rule);

/* The only finding with this rule; the test fails when there is none, or more than one. */
json_t *hw_recorded_finding(const json_t *report, const char *rule);

#endif
