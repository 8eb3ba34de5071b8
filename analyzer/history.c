/* SPDX-License-Identifier: MIT */
#include "analyzer/history.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/contradiction.h"
#include "analyzer/doubt.h"
#include "analyzer/enabling.h"
#include "analyzer/history_rows.h"
#include "trace/memory.h"

/* What an event needs of objects is fetched so many events before its turn comes. */
enum { PREFETCH_ROWS = 16 };

struct reading {
	struct hw_history *history;
	struct hw_doubt doubt;
	struct hw_enabling enabling;
};

static void keep_link(struct hw_life *life, uint32_t index, const struct hw_moment *moment)
{
	HW_GROW(life->links, life->link_count, life->link_capacity);
	life->links[life->link_count++] = (struct hw_history_link){
		index, moment->enabler_thread, moment->enabler };
}

/* What contradicts what is known before it has no part in what follows. */
static void read_event(struct reading *r, struct hw_history_row *row)
{
	struct hw_history *history = r->history;
	struct hw_life *life = &history->lives[row->thread];

	if (hw_doubt_look(&r->doubt, row, life->count, history)) {
		HW_GROW(life->doubted, life->doubted_count, life->doubted_capacity);
		life->doubted[life->doubted_count++] = life->count;
	} else {
		hw_enabling_apply(&r->enabling, row);
		if (row->moment.enabler_thread != HW_NONE)
			keep_link(life, life->count, &row->moment);
	}
	life->count++;
	history->event_count++;
}

static int read_events(struct reading *r, struct hw_history_rows *rows, struct hw_error *error)
{
	struct hw_history_row *next;
	size_t count;
	int code;

	while ((code = hw_history_rows_next(rows, &next, &count, error)) == 1)
		for (size_t i = 0; i < count; i++) {
			if (i + PREFETCH_ROWS < count)
				hw_doubt_prefetch(&r->doubt, &next[i + PREFETCH_ROWS]);
			read_event(r, &next[i]);
		}
	return code;
}

static void begin_lives(struct hw_history *history)
{
	history->lives = hw_xcalloc(history->thread_count, sizeof(struct hw_life));
	for (uint32_t i = 0; i < history->thread_count; i++) {
		history->lives[i].creator = history->lives[i].joiner = HW_NONE;
		history->lives[i].sound = UINT32_MAX;
	}
}

static void end_lives(struct hw_history *history)
{
	for (uint32_t i = 0; i < history->thread_count && history->lives; i++) {
		free(history->lives[i].moments);
		free(history->lives[i].links);
		free(history->lives[i].doubted);
	}
	free(history->lives);
	history->lives = NULL;
	history->event_count = 0;
	history->contradictions = (struct hw_contradictions){ 0 };
}

static int read_run(struct hw_history *history, struct hw_error *error)
{
	struct reading reading = { .history = history };
	int code;

	begin_lives(history);
	hw_doubt_init(&reading.doubt, history->model);
	hw_enabling_init(&reading.enabling, history, &reading.doubt);
	code = read_events(&reading, history->rows, error);
	hw_enabling_finish(&reading.enabling);
	hw_doubt_finish(&reading.doubt);
	hw_contradiction_end(history->model, history->rows->nobodys, history);
	return code;
}

int hw_history_load(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history *ret_history, struct hw_error *error)
{
	struct hw_history history = { .model = model, .thread_count = model->thread_count,
		.moments_max = HW_HISTORY_BYTES_MAX / sizeof(struct hw_moment) };
	int code = hw_history_rows_open(db, model, path, &history.rows, error);

	if (code)
		return code;
	code = read_run(&history, error);
	if (code == -EAGAIN) {
		end_lives(&history);
		code = hw_history_rows_rewind(history.rows, NULL, error);
		if (!code)
			code = read_run(&history, error);
	}
	if (code)
		hw_history_finish(&history);
	else
		*ret_history = history;
	return code;
}

void hw_history_finish(struct hw_history *history)
{
	end_lives(history);
	hw_history_rows_close(history->rows);
	*history = (struct hw_history){ 0 };
}
