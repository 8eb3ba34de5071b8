/* SPDX-License-Identifier: MIT */
#include "analyzer/event_log.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/stack.h"
#include "trace/memory.h"

struct reader {
	const struct hw_model *model;
	const struct hw_event_filter *filter;
	uint32_t *sites; /* by stack, 1 more than the frame; 0: not looked up yet */
	sqlite3_stmt *row;
};

/* Whether a list of words, separated by commas, has this one. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static uint32_t site_of(struct reader *r, int64_t id)
{
	uint32_t stack = hw_model_find_stack(r->model, id), frame;

	if (stack == HW_NONE)
		return HW_NONE;
	if (!r->sites[stack]) {
		frame = hw_stack_site(r->model, stack);
		r->sites[stack] = frame == HW_NONE ? HW_NONE : frame + 1;
	}
	return r->sites[stack] == HW_NONE ? HW_NONE : r->sites[stack] - 1;
}

/* Read the current row; false when the filter stops it. */
static bool read_row(struct reader *r, struct hw_event_row *ret_row)
{
	const struct hw_event_filter *f = r->filter;
	uint32_t thread = hw_model_find_thread(r->model, sqlite3_column_int64(r->row, 1));
	uint32_t object = sqlite3_column_type(r->row, 3) == SQLITE_NULL
				  ? HW_NONE
				  : hw_model_find_object(r->model, sqlite3_column_int64(r->row, 3));
	const char *op = (const char *)sqlite3_column_text(r->row, 2);

	if (thread == HW_NONE || !op || (f->threads && !f->threads[thread]) ||
		(f->objects && (object == HW_NONE || !f->objects[object])) ||
		(f->ops && !has_word(f->ops, op)))
		return false;
	*ret_row = (struct hw_event_row){
		.time_ns = sqlite3_column_int64(r->row, 0),
		.thread = thread,
		.object = object,
		.site = site_of(r, sqlite3_column_int64(r->row, 6)),
		.op = op,
		.shared = sqlite3_column_type(r->row, 4) != SQLITE_NULL &&
			  strcmp((const char *)sqlite3_column_text(r->row, 4), "shared") == 0,
		.how = (const char *)sqlite3_column_text(r->row, 5),
		.has_result = sqlite3_column_type(r->row, 7) != SQLITE_NULL,
		.result = sqlite3_column_int64(r->row, 7),
	};
	return true;
}

int hw_event_log_read(sqlite3 *db, const char *path, const struct hw_model *model,
	const struct hw_event_filter *filter, hw_event_function *visit, void *user,
	struct hw_error *error)
{
	struct reader r = { .model = model, .filter = filter };
	struct hw_event_row row;
	int64_t left = filter->limit;
	int step = SQLITE_DONE, code = 0;

	if (sqlite3_prepare_v2(db,
		    "SELECT time_ns, thread, op, object, mode, how, stack, result FROM event"
		    " WHERE time_ns >= ? AND time_ns <= ? ORDER BY time_ns, id",
		    -1, &r.row, NULL) != SQLITE_OK)
		return hw_error_set(error, -EIO, "cannot read the events of '%s': %s", path,
			sqlite3_errmsg(db));
	sqlite3_bind_int64(r.row, 1, filter->since_ns);
	sqlite3_bind_int64(r.row, 2, filter->until_ns);
	r.sites = hw_xcalloc(model->stack_count, sizeof(*r.sites));
	while (left != 0 && (step = sqlite3_step(r.row)) == SQLITE_ROW)
		if (read_row(&r, &row)) {
			visit(user, &row);
			left -= left > 0;
		}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		code = hw_error_set(error, -EIO, "cannot read the events of '%s': %s", path,
			sqlite3_errmsg(db));
	free(r.sites);
	sqlite3_finalize(r.row);
	return code;
}

static bool is_number(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

/* A label that is itself a pattern, as "forks[3]" is, also matches as it is written. */
static bool matches(const char *pattern, const char *text)
{
	return text && (strcmp(pattern, text) == 0 || fnmatch(pattern, text, 0) == 0);
}

uint32_t hw_event_log_match_threads(
	const struct hw_model *model, const char *word, bool *ret_threads)
{
	bool by_id = is_number(word);
	uint32_t count = 0;

	for (uint32_t i = 0; i < model->thread_count; i++) {
		const struct hw_thread *thread = &model->threads[i];
		bool match =
			by_id ? thread->id == strtoll(word, NULL, 10)
			      : matches(word, thread->short_name) || matches(word, thread->label);

		ret_threads[i] |= match;
		count += match;
	}
	return count;
}

uint32_t hw_event_log_match_objects(
	const struct hw_model *model, const char *word, bool *ret_objects)
{
	bool by_id = is_number(word);
	uint32_t count = 0;

	for (uint32_t i = 0; i < model->object_count; i++) {
		const struct hw_object *o = &model->objects[i];
		bool match = by_id ? o->id == strtoll(word, NULL, 10)
				   : matches(word, o->name) || matches(word, o->label);

		ret_objects[i] |= match;
		count += match;
	}
	return count;
}

bool hw_event_log_parse_time(const char *word, int64_t *ret_time_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 } };
	char *end;
	double value = strtod(word, &end);

	if (end == word || !isfinite(value) || value < 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].unit) == 0 && value * units[i].ns < 9.2e18) {
			*ret_time_ns = (int64_t)(value * units[i].ns + 0.5);
			return true;
		}
	return false;
}
