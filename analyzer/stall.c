/* SPDX-License-Identifier: MIT */
#include "analyzer/stall.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/stuck.h"
#include "trace/memory.h"

struct search {
	const struct hw_model *model;
	struct hw_stalls *stalls;
	int64_t least_ns;
};

static void add(struct search *s, struct hw_stall stall)
{
	struct hw_stalls *stalls = s->stalls;

	HW_GROW(stalls->all, stalls->count, stalls->capacity);
	stalls->all[stalls->count++] = stall;
}

static uint32_t thread_of(const struct search *s, sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ?
		HW_NONE :
		hw_model_find_thread(s->model, sqlite3_column_int64(row, column));
}

static uint32_t stack_of(const struct search *s, sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ?
		HW_NONE :
		hw_model_find_stack(s->model, sqlite3_column_int64(row, column));
}

/* The longest wait of a place. */
static void take_row(struct search *s, sqlite3_stmt *row)
{
	struct hw_stall stall = {
		.object = hw_model_find_object(s->model, sqlite3_column_int64(row, 0)),
		.stack = stack_of(s, row, 1),
		.blocked_ns = sqlite3_column_int64(row, 2),
		.thread = thread_of(s, row, 3),
		.holder = thread_of(s, row, 4),
		.holder_stack = stack_of(s, row, 5),
		.over = true,
	};

	if (stall.object != HW_NONE && stall.thread != HW_NONE &&
		hw_model_is_lock(s->model, stall.object))
		add(s, stall);
}

static int read_past(struct search *s, sqlite3 *db, struct hw_error *error)
{
	static const char sql[] =
		"SELECT object, stack, wait_max_ns, wait_max_thread, wait_max_holder, "
		"wait_max_stack FROM contention WHERE wait_max_ns >= ?1 "
		"ORDER BY wait_max_ns DESC, object, stack LIMIT ?2";
	sqlite3_stmt *row = NULL;
	int code;

	if (sqlite3_table_column_metadata(db, NULL, "contention", "wait_max_thread", NULL, NULL,
		    NULL, NULL, NULL) != SQLITE_OK)
		return hw_error_set(error, -ENOTSUP,
			"this older recording does not say who waited longest");
	code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(row, 1, s->least_ns);
		sqlite3_bind_int64(row, 2, HW_STALLS_OVER_MAX);
		while ((code = sqlite3_step(row)) == SQLITE_ROW)
			take_row(s, row);
	}
	sqlite3_finalize(row);
	return code == SQLITE_DONE ? 0
				   : hw_error_set(error, -EIO, "cannot read table 'contention': %s",
					     sqlite3_errmsg(db));
}

/* When a wait that is not over ends for us: with its process, or now. */
static int64_t end_of(const struct hw_model *model, uint32_t thread, int64_t now_ns)
{
	int64_t end_ns = model->processes[model->threads[thread].process].end_ns;

	if (end_ns != HW_UNKNOWN)
		return end_ns;
	return now_ns != HW_UNKNOWN ? now_ns : model->meta.ended_ns;
}

/* By object, a thread that holds it, and the hold. */
struct holder {
	uint32_t thread, hold;
};

static struct holder *find_holders(const struct hw_model *model)
{
	struct holder *holders = hw_xcalloc(model->object_count, sizeof(*holders));

	for (uint32_t o = 0; o < model->object_count; o++)
		holders[o] = (struct holder){ HW_NONE, HW_NONE };
	for (uint32_t t = 0; t < model->thread_count; t++)
		for (uint32_t i = 0; i < model->threads[t].hold_count; i++) {
			uint32_t hold = model->threads[t].first_hold + i;

			holders[model->holds[hold].object] = (struct holder){ t, hold };
		}
	return holders;
}

static void take_wait(struct search *s, const struct hw_wait *wait, const struct holder *holder,
	int64_t end_ns)
{
	struct hw_stall stall = {
		.thread = wait->thread,
		.object = wait->object,
		.stack = wait->stack,
		.shared = wait->shared,
		.since_ns = wait->since_ns,
		.blocked_ns = end_ns - wait->since_ns,
		.holder = holder->thread,
		.holder_stack = holder->hold == HW_NONE ? HW_NONE :
							  s->model->holds[holder->hold].stack,
	};

	if (stall.blocked_ns >= s->least_ns)
		add(s, stall);
	else if (wait->since_ns + s->least_ns < s->stalls->next_ns)
		s->stalls->next_ns = wait->since_ns + s->least_ns;
}

static void find_present(struct search *s, int64_t now_ns)
{
	const struct hw_model *model = s->model;
	struct holder *holders = find_holders(model);
	struct hw_stuck stuck;

	hw_stuck_find(model, &stuck);
	for (uint32_t i = 0; i < model->wait_count; i++) {
		const struct hw_wait *wait = &model->waits[i];
		int64_t end_ns = end_of(model, wait->thread, now_ns);

		if (hw_model_is_lock(model, wait->object) && !stuck.is_stuck[wait->thread] &&
			end_ns != HW_UNKNOWN)
			take_wait(s, wait, &holders[wait->object], end_ns);
	}
	hw_stuck_finish(&stuck);
	free(holders);
}

static int compare(const void *a, const void *b)
{
	const struct hw_stall *left = a, *right = b;

	if (left->blocked_ns != right->blocked_ns)
		return left->blocked_ns > right->blocked_ns ? -1 : 1;
	return left->thread < right->thread ? -1 : left->thread > right->thread;
}

int hw_stalls_find(const struct hw_model *model, sqlite3 *db, int64_t least_ns, int64_t now_ns,
	struct hw_stalls *ret_stalls, struct hw_error *error)
{
	struct hw_stalls stalls = { .next_ns = INT64_MAX };
	struct search s = { model, &stalls, least_ns };
	int code = db ? read_past(&s, db, error) : 0;

	find_present(&s, now_ns);
	if (stalls.count)
		qsort(stalls.all, stalls.count, sizeof(*stalls.all), compare);
	*ret_stalls = stalls;
	return code;
}

void hw_stalls_finish(struct hw_stalls *stalls)
{
	free(stalls->all);
	*stalls = (struct hw_stalls){ 0 };
}
