/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/event_table.h"

enum { ARGUMENTS_MAX = 64, LOOKS = HW_PROCESS_PATIENCE_S * 100 };

void hw_recorded_init(struct hw_recorded *recorded)
{
	hw_scratch_init(&recorded->scratch);
	snprintf(recorded->file, sizeof(recorded->file), "%s/test.db", recorded->scratch.path);
}

void hw_recorded_finish(struct hw_recorded *recorded)
{
	hw_scratch_finish(&recorded->scratch);
}

void hw_recorded_start(struct hw_recorded *recorded, struct hw_process *process, const char *verb,
	const char *const arguments[])
{
	const char *all[ARGUMENTS_MAX] = { HW_HOLDWAIT, verb, "-o", recorded->file };
	size_t count = 4;

	for (; *arguments; arguments++) {
		cr_assert(count + 1 < ARGUMENTS_MAX);
		all[count++] = *arguments;
	}
	hw_process_start(process, all);
}

void hw_recorded_run(struct hw_recorded *recorded, struct hw_process *process, const char *verb,
	const char *const arguments[])
{
	hw_recorded_start(recorded, process, verb, arguments);
	cr_assert(hw_process_wait(process, HW_PROCESS_PATIENCE_S), "'%s %s' does not end", verb,
		arguments[0]);
}

json_t *hw_recorded_report(const struct hw_recorded *recorded, bool all)
{
	struct hw_process process;
	json_error_t error;
	json_t *report;
	char *text;

	hw_process_run(&process,
		all ? HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "--all", recorded->file) :
		      HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", recorded->file));
	text = hw_process_output(&process);
	cr_assert_eq(process.status, 0, "report: %s", hw_process_errors(&process));
	report = json_loads(text, 0, &error);
	cr_assert_not_null(report, "%s in %s", error.text, text);
	free(text);
	hw_process_finish(&process);
	return report;
}

static sqlite3_stmt *first_row(sqlite3 **ret_db, const char *file, const char *sql)
{
	sqlite3_stmt *row = NULL;

	cr_assert_eq(sqlite3_open_v2(file, ret_db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK,
		"cannot open '%s'", file);
	sqlite3_busy_timeout(*ret_db, 10000);
	hw_event_table_register(*ret_db);
	cr_assert_eq(sqlite3_prepare_v2(*ret_db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(*ret_db));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW, "no row: %s", sql);
	return row;
}

int64_t hw_recorded_number(const struct hw_recorded *recorded, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = first_row(&db, recorded->file, sql);
	int64_t number = sqlite3_column_int64(row, 0);

	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

char *hw_recorded_text(const struct hw_recorded *recorded, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = first_row(&db, recorded->file, sql);
	const unsigned char *text = sqlite3_column_text(row, 0);
	char *copy = strdup(text ? (const char *)text : "");

	sqlite3_finalize(row);
	sqlite3_close(db);
	return copy;
}

/* Look again and again until something holds that another process brings about. */
static bool look_until(bool (*holds)(const void *), const void *what)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };

	for (int looks = 0; looks < LOOKS; looks++) {
		if (holds(what))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* What a recording that may not be there yet answers, or 0. */
static int64_t number_if_any(const char *file, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;
	int64_t number = 0;

	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK &&
		sqlite3_step(row) == SQLITE_ROW)
		number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

static bool is_complete(const void *file)
{
	return number_if_any(file, "SELECT value FROM meta WHERE key = 'complete'") == 1;
}

struct state {
	const char *file;
	int64_t blocked_threads;
};

static bool has_state(const void *what)
{
	const struct state *state = what;

	return number_if_any(state->file, "SELECT count(*) FROM wait") >= state->blocked_threads;
}

struct answer {
	const char *file, *sql;
	int64_t number;
};

static bool has_answer(const void *what)
{
	const struct answer *answer = what;

	return number_if_any(answer->file, answer->sql) == answer->number;
}

bool hw_recorded_wait_for(const struct hw_recorded *recorded, const char *sql, int64_t number)
{
	return look_until(has_answer, &(struct answer){ recorded->file, sql, number });
}

bool hw_recorded_wait_for_state(const struct hw_recorded *recorded, int64_t blocked_threads)
{
	return look_until(has_state, &(struct state){ recorded->file, blocked_threads });
}

void hw_recorded_wait_until_complete(const struct hw_recorded *recorded)
{
	cr_assert(look_until(is_complete, recorded->file), "'%s' was never completed",
		recorded->file);
}

struct expectation {
	const struct hw_process *process;
	const char *part;
};

static bool has_printed(const void *what)
{
	const struct expectation *expectation = what;
	char *errors = hw_process_errors(expectation->process);
	bool found = strstr(errors, expectation->part) != NULL;

	free(errors);
	return found;
}

bool hw_recorded_wait_for_errors(const struct hw_process *process, const char *part)
{
	return look_until(has_printed, &(struct expectation){ process, part });
}

static bool has_rule(const json_t *finding, const char *rule)
{
	return !rule || !strcmp(json_string_value(json_object_get(finding, "rule")), rule);
}

size_t hw_recorded_count(const json_t *report, const char *rule)
{
	size_t index, count = 0;
	json_t *finding;

	json_array_foreach(json_object_get(report, "findings"), index, finding)
		count += has_rule(finding, rule);
	return count;
}

json_t *hw_recorded_finding(const json_t *report, const char *rule)
{
	size_t index;
	json_t *finding;

	cr_assert_eq(hw_recorded_count(report, rule), 1, "%zu findings of rule %s",
		hw_recorded_count(report, rule), rule);
	json_array_foreach(json_object_get(report, "findings"), index, finding)
		if (has_rule(finding, rule))
			return finding;
	return NULL;
}
