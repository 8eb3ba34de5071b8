/* SPDX-License-Identifier: MIT */
#include "analyzer/event_log.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/stack.h"
#include "trace/event_scan.h"
#include "trace/memory.h"
#include "trace/name.h"

struct reader {
	const struct hw_model *model;
	const struct hw_event_filter *filter;
	bool ops[HW_OP_COUNT]; /* that the filter lets through */
	uint32_t *sites; /* by stack, 1 more than the frame; 0: not looked up yet */
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

/*
 * The ids of what is marked, ascending as in the model, for free(); NULL: all. `first` is the
 * id of the first thread or object, the others are `stride` bytes apart.
 */
static uint32_t *ids_of(const bool *marks, uint32_t count, const int64_t *first, size_t stride,
	size_t *ret_count)
{
	uint32_t *ids = marks ? hw_xcalloc(count + 1, sizeof(*ids)) : NULL;

	*ret_count = 0;
	for (uint32_t i = 0; ids && i < count; i++) {
		int64_t id = *(const int64_t *)((const char *)first + i * stride);

		/* No event has another id. */
		if (marks[i] && id >= 0 && id <= UINT32_MAX)
			ids[(*ret_count)++] = (uint32_t)id;
	}
	return ids;
}

/* What the log says of an event; false when its op or thread is not asked for, or not known. */
static bool describe(struct reader *r, const struct hw_event *event, struct hw_event_row *ret_row)
{
	uint32_t thread = hw_model_find_thread(r->model, event->thread);

	if (thread == HW_NONE || !r->ops[event->op])
		return false;
	*ret_row = (struct hw_event_row){
		.time_ns = event->time_ns,
		.thread = thread,
		.object = event->object ? hw_model_find_object(r->model, event->object) : HW_NONE,
		.site = site_of(r, event->stack),
		.op = hw_name_of_op(event->op),
		.shared = event->how & HW_HOW_SHARED,
		.how = hw_name_of_how(event->how),
		.has_result = event->has_result,
		.result = event->result,
	};
	return true;
}

static int read_all(struct reader *r, struct hw_event_scan *scan, hw_event_function *visit,
	void *user, struct hw_error *error)
{
	int64_t left = r->filter->limit;
	struct hw_event_row row;
	struct hw_event event;
	int code = 0;

	while (left != 0 && (code = hw_event_scan_next(scan, &event, error)) == 1)
		if (describe(r, &event, &row)) {
			visit(user, &row);
			left -= left > 0;
		}
	return code < 0 ? code : 0;
}

int hw_event_log_read(sqlite3 *db, const char *path, const struct hw_model *model,
	const struct hw_event_filter *filter, hw_event_function *visit, void *user,
	struct hw_error *error)
{
	struct reader r = { .model = model, .filter = filter };
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	uint32_t *threads = ids_of(filter->threads, model->thread_count, &model->threads->id,
		sizeof(*model->threads), &where.thread_count);
	uint32_t *objects = ids_of(filter->objects, model->object_count, &model->objects->id,
		sizeof(*model->objects), &where.object_count);
	struct hw_event_scan *scan = NULL;
	int code;

	where.since_ns = filter->since_ns;
	where.until_ns = filter->until_ns;
	where.threads = threads;
	where.objects = objects;
	for (int op = 0; op < HW_OP_COUNT; op++)
		r.ops[op] = hw_name_of_op(op) &&
			    (!filter->ops || has_word(filter->ops, hw_name_of_op(op)));
	r.sites = hw_xcalloc(model->stack_count, sizeof(*r.sites));
	code = hw_event_scan_open(db, path, &where, HW_EVENTS_BY_TIME, &scan, error);
	if (!code)
		code = read_all(&r, scan, visit, user, error);
	hw_event_scan_close(scan);
	free(r.sites);
	free(threads);
	free(objects);
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
