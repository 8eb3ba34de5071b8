/* SPDX-License-Identifier: MIT */
#include "interpose/log.h"

#include <string.h>
#include <time.h>

#include "interpose/sys.h"

struct hw_session *hw_log_session;

enum {
	WAIT_ROUND_MS = 100,
	WAIT_ROUNDS = 300, /* half a minute without a heartbeat: the collector is stuck */
};

uint64_t hw_log_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void hw_log_end(void)
{
	uint32_t on = HW_SESSION_ON;

	atomic_compare_exchange_strong(&hw_log_session->state, &on, HW_SESSION_ALONE);
	*hw_self_epoch = 0;
}

static void ring(struct hw_session *session)
{
	atomic_fetch_add_explicit(&session->doorbell, 1, memory_order_seq_cst);
	if (atomic_load_explicit(&session->collector_sleeps, memory_order_seq_cst))
		hw_sys_futex_wake(&session->doorbell, 1);
}

static int64_t pop(struct hw_session *session)
{
	return hw_free_list_pop(&session->free_chunks, &session->chunks[0].next_free,
		sizeof(session->chunks[0]));
}

/* A chunk, or -1 when waiting may help; `over` when it cannot. */
static int64_t pop_or_give_up(struct hw_session *session, bool *ret_over)
{
	int64_t chunk = pop(session);

	*ret_over = chunk >= 0 || atomic_load(&session->state) != HW_SESSION_ON ||
		atomic_load(&session->starved);
	return chunk;
}

/* Wait until the collector has freed a chunk, however long that takes, as long as it lives. */
static int64_t wait_for_chunk(struct hw_session *session)
{
	uint32_t heartbeat = atomic_load(&session->heartbeat);
	int silent_rounds = 0;
	int64_t chunk;
	bool over;

	atomic_fetch_add(&session->chunk_waiters, 1);
	for (;;) {
		uint32_t freed = atomic_load(&session->chunks_freed), beat;

		chunk = pop_or_give_up(session, &over);
		if (over)
			break;
		if (hw_session_collector_died(session) || silent_rounds == WAIT_ROUNDS) {
			hw_log_end();
			break;
		}
		ring(session);
		hw_sys_futex_wait(&session->chunks_freed, freed, WAIT_ROUND_MS);
		beat = atomic_load(&session->heartbeat);
		silent_rounds = beat == heartbeat ? silent_rounds + 1 : 0;
		heartbeat = beat;
	}
	atomic_fetch_sub(&session->chunk_waiters, 1);
	return chunk;
}

int64_t hw_log_take_chunk(struct hw_thread_slot *slot)
{
	struct hw_session *session = hw_log_session;
	int64_t chunk;

	if (atomic_load_explicit(&session->state, memory_order_relaxed) != HW_SESSION_ON) {
		*hw_self_epoch = 0;
		return -1;
	}
	chunk = pop(session);
	if (chunk < 0 && !session->lossy)
		chunk = wait_for_chunk(session);
	if (chunk >= 0)
		session->chunks[chunk].thread = (uint32_t)(slot - session->threads);
	return chunk;
}

static struct hw_chunk *chunk_before(const struct hw_record *position)
{
	uintptr_t last = (uintptr_t)position - 1;

	return (struct hw_chunk *)(last - last % HW_CHUNK_BYTES);
}

/*
 * Runs with signals blocked, so that no handler finds the log between two
 * chunks. A handler that ran just before may have turned already: look again.
 */
struct hw_record *hw_log_turn(struct hw_self *self, uint32_t count)
{
	struct hw_session *session = hw_log_session;
	struct hw_thread_slot *slot = self->slot;
	int64_t chunk = hw_log_take_chunk(slot); /* may wait, so before signals are blocked */
	uint64_t signals;
	struct hw_record *at;
	size_t used_bytes;

	if (chunk < 0) {
		atomic_fetch_add_explicit(&slot->lost, 1, memory_order_relaxed);
		return NULL;
	}
	signals = hw_sys_block_signals();
	at = self->next;
	used_bytes = (uintptr_t)at % HW_CHUNK_BYTES;
	if (used_bytes && used_bytes + count * sizeof(*at) <= HW_CHUNK_BYTES) {
		hw_free_list_push(&session->free_chunks, &session->chunks[0].next_free,
			sizeof(session->chunks[0]), (uint32_t)chunk);
	} else {
		struct hw_chunk *full = chunk_before(at);

		if (used_bytes)
			hw_log_publish(at, hw_record_when(0, HW_OP_END), 0);
		at = hw_log_chunk_begin((uint32_t)chunk);
		atomic_store_explicit(&full->next, (uint32_t)chunk + 1, memory_order_release);
	}
	self->next = at + count;
	hw_sys_restore_signals(signals);
	ring(session);
	return at;
}

bool hw_log_add_payload(struct hw_self *self, enum hw_op op, uint32_t object, uint32_t stack,
	const void *payload, uint32_t payload_bytes)
{
	struct hw_record *at;
	uint32_t records = (payload_bytes + sizeof(*at) - 1) / sizeof(*at);
	uint64_t signals = hw_sys_block_signals();

	at = hw_log_reserve(self, 1 + records);
	if (at) {
		/* Chunks come zeroed, so padding is zero already. */
		memcpy(at + 1, payload, payload_bytes);
		hw_log_publish(at, hw_record_when(hw_log_now(), op),
			hw_record_what(object, stack, records));
	}
	hw_sys_restore_signals(signals);
	return at;
}
