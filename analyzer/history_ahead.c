/* SPDX-License-Identifier: MIT */
#include "analyzer/history_ahead.h"

#include <pthread.h>
#include <stdlib.h>

#include "trace/memory.h"

/* Large enough that handing over costs nothing, small enough to stay in the caches. */
enum { BATCH_ROWS = 2048, BATCHES = 4 };

struct batch {
	struct hw_history_row rows[BATCH_ROWS];
	size_t count;
	int code; /* of what comes after these rows: 1 when that is in the next batch */
	struct hw_error error;
};

struct hw_history_ahead {
	hw_history_next *next;
	struct hw_history_rows *rows;
	struct batch batches[BATCHES]; /* one after the other, round and round */
	struct batch *given;	       /* to who asks; NULL for none */
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock; /* of the following */
	pthread_cond_t changed;
	size_t filled, emptied; /* batches, ever */
	bool stop;
};

static void fill(struct hw_history_ahead *ahead, struct batch *batch)
{
	batch->code = 1;
	batch->count = 0;
	while (batch->count < BATCH_ROWS) {
		batch->code = ahead->next(ahead->rows, &batch->rows[batch->count], &batch->error);
		if (batch->code != 1)
			break;
		batch->count++;
	}
}

/* NULL when it has to stop. */
static struct batch *wait_for_empty(struct hw_history_ahead *ahead)
{
	struct batch *batch;

	pthread_mutex_lock(&ahead->lock);
	while (ahead->filled - ahead->emptied == BATCHES && !ahead->stop)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	batch = ahead->stop ? NULL : &ahead->batches[ahead->filled % BATCHES];
	pthread_mutex_unlock(&ahead->lock);
	return batch;
}

static struct batch *wait_for_filled(struct hw_history_ahead *ahead)
{
	struct batch *batch;

	pthread_mutex_lock(&ahead->lock);
	while (ahead->filled == ahead->emptied)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	batch = &ahead->batches[ahead->emptied % BATCHES];
	pthread_mutex_unlock(&ahead->lock);
	return batch;
}

static void count_up(struct hw_history_ahead *ahead, size_t *count)
{
	pthread_mutex_lock(&ahead->lock);
	++*count;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

static void *read_ahead(void *argument)
{
	struct hw_history_ahead *ahead = argument;
	struct batch *batch;
	int code = 1;

	while (code == 1 && (batch = wait_for_empty(ahead))) {
		fill(ahead, batch);
		code = batch->code;
		count_up(ahead, &ahead->filled);
	}
	return NULL;
}

struct hw_history_ahead *hw_history_ahead_open(hw_history_next *next,
	struct hw_history_rows *rows)
{
	struct hw_history_ahead *ahead = hw_xcalloc(1, sizeof(*ahead));

	ahead->next = next;
	ahead->rows = rows;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	ahead->has_thread = !pthread_create(&ahead->thread, NULL, read_ahead, ahead);
	return ahead;
}

/* The batch after the one given last, which is given up. */
static void give_next(struct hw_history_ahead *ahead)
{
	if (!ahead->has_thread) {
		ahead->given = &ahead->batches[0];
		fill(ahead, ahead->given);
		return;
	}
	if (ahead->given)
		count_up(ahead, &ahead->emptied);
	ahead->given = wait_for_filled(ahead);
}

int hw_history_ahead_next(struct hw_history_ahead *ahead, struct hw_history_row **ret_rows,
	size_t *ret_count, struct hw_error *error)
{
	if (!ahead->given || ahead->given->code == 1)
		give_next(ahead);
	else
		ahead->given->count = 0;
	if (!ahead->given->count) {
		*error = ahead->given->error;
		return ahead->given->code;
	}
	*ret_rows = ahead->given->rows;
	*ret_count = ahead->given->count;
	return 1;
}

void hw_history_ahead_close(struct hw_history_ahead *ahead)
{
	if (!ahead)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	if (ahead->has_thread)
		pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}
