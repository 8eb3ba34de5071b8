/* SPDX-License-Identifier: MIT */
#include "interpose/log.h"

#include <string.h>
#include <time.h>

#include "interpose/sys.h"

struct hw_session *hw_log_session;
struct hw_log_clock hw_log_clock;

enum { WAIT_ROUND_MS = 100, NS_PER_S = 1000000000 };

void hw_log_use_clock(const struct hw_session *session)
{
	hw_log_clock.base_ticks = session->clock_base;
	hw_log_clock.is_tsc = session->clock == HW_CLOCK_TSC;
}

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

/* A chunk is full. The collector takes in many at once at less cost than one by one. */
static void tell(struct hw_session *session)
{
	uint32_t filled = atomic_fetch_add_explicit(&session->chunks_filled, 1,
		memory_order_seq_cst) + 1;

	if (filled - atomic_load_explicit(&session->chunks_known, memory_order_relaxed) >=
		HW_CHUNKS_TO_RING)
		ring(session);
}

/* Whether there is no point in waiting for a chunk. */
static bool hopeless(struct hw_session *session)
{
	if (atomic_load(&session->state) != HW_SESSION_ON) {
		*hw_self_epoch = 0;
		return true;
	}
	return session->lossy || atomic_load(&session->starved);
}

static bool any_free(struct hw_session *session)
{
	return (uint32_t)atomic_load(&session->free_chunks.head) ||
		atomic_load(&session->free_chunks.fresh) < atomic_load(&session->free_chunks.limit);
}

/* What a thread that waits has heard of the collector: signs of life. */
struct heard {
	uint32_t heartbeat;
	uint64_t at_ns;
};

/* By the clock, as a wait may end at once, again and again: signals interrupt it. */
static bool is_silent(const struct hw_session *session, struct heard *last)
{
	struct heard now = { atomic_load(&session->heartbeat), hw_log_monotonic_ns() };

	if (now.heartbeat != last->heartbeat)
		*last = now;
	return now.at_ns - last->at_ns >= (uint64_t)session->patience_s * NS_PER_S;
}

/*
 * Wait until there is a chunk to be had, however long that takes, as long as the collector
 * lives. False when there will be none. Nothing is taken here: a signal handler may run,
 * and jump out.
 */
static bool wait_for_chunk(struct hw_session *session)
{
	struct heard last = { atomic_load(&session->heartbeat), hw_log_monotonic_ns() };
	bool there = false;

	atomic_fetch_add(&session->chunk_waiters, 1);
	while (!hopeless(session)) {
		uint32_t freed = atomic_load(&session->chunks_freed);

		there = any_free(session);
		if (there)
			break;
		if (hw_session_collector_died(session) || is_silent(session, &last)) {
			hw_log_end();
			break;
		}
		ring(session);
		hw_sys_futex_wait(&session->chunks_freed, freed, WAIT_ROUND_MS);
	}
	atomic_fetch_sub(&session->chunk_waiters, 1);
	return there;
}

static int64_t take_chunk(struct hw_session *session, const struct hw_thread_slot *slot)
{
	int64_t chunk = -1;

	if (atomic_load_explicit(&session->state, memory_order_relaxed) == HW_SESSION_ON)
		chunk = hw_free_list_pop(&session->free_chunks, &session->chunks[0].next_free,
			sizeof(session->chunks[0]));
	if (chunk >= 0)
		session->chunks[chunk].thread = (uint32_t)(slot - session->threads);
	return chunk;
}

int64_t hw_log_first_chunk(const struct hw_thread_slot *slot)
{
	int64_t chunk;

	do
		chunk = take_chunk(hw_log_session, slot);
	while (chunk < 0 && wait_for_chunk(hw_log_session));
	return chunk;
}

/* The end of the chunk that a position is past. */
static struct hw_record *end_before(struct hw_record *past)
{
	return (struct hw_record *)((uintptr_t)past & -(uintptr_t)HW_CHUNK_BYTES);
}

/* Where the log goes on. What was claimed past the end of a chunk is nothing. */
static struct hw_record *settle(struct hw_self *self)
{
	if (hw_log_is_past(self->next))
		self->next = end_before(self->next);
	return self->next;
}

static bool has_room(const struct hw_record *position, uint32_t count)
{
	uint64_t used_bytes = (uintptr_t)position % HW_CHUNK_BYTES;

	return used_bytes && used_bytes + count * sizeof(*position) <= HW_CHUNK_BYTES;
}

static struct hw_chunk *chunk_before(const struct hw_record *position)
{
	uintptr_t last = (uintptr_t)position - 1;

	return (struct hw_chunk *)(last - last % HW_CHUNK_BYTES);
}

void hw_log_ring(void)
{
	ring(hw_log_session);
}

uint64_t hw_log_extent(struct hw_self *self)
{
	const struct hw_chunk *chunk = chunk_before(settle(self));
	uint64_t number = (uint64_t)(chunk - hw_log_session->chunks);

	return number << 32 | (uint64_t)(self->next - chunk->records);
}

/*
 * Runs with signals blocked, so that no handler finds the log between two chunks, and none
 * jumps out with a chunk that is in no log. A handler that ran just before may have
 * turned already: look again. NULL when there is no chunk.
 */
static struct hw_record *claim(struct hw_self *self, uint32_t count)
{
	struct hw_record *at = settle(self);

	if (!has_room(at, count)) {
		int64_t chunk = take_chunk(hw_log_session, self->slot);
		struct hw_chunk *full = chunk_before(at);

		if (chunk < 0)
			return NULL;
		if ((uintptr_t)at % HW_CHUNK_BYTES)
			hw_log_publish(at, hw_record_when(0, HW_OP_END), 0);
		at = hw_log_chunk_begin((uint32_t)chunk);
		/* Without a time: what comes next may bear one of a moment ago. */
		if (atomic_load_explicit(&self->slot->gap, memory_order_relaxed))
			hw_log_publish(at++, hw_record_when(0, HW_OP_GAP), 0);
		atomic_store_explicit(&self->slot->gap, 0, memory_order_release);
		atomic_store_explicit(&full->next, (uint32_t)chunk + 1, memory_order_release);
	}
	self->next = at + count;
	return at;
}

/*
 * Records are dropped from here on, until there is a chunk: nothing may follow in what is left
 * of this one, be it as short as it may, for the collector is told where the gap is.
 */
static void begin_gap(struct hw_self *self)
{
	size_t used_bytes;

	hw_sys_block_signals();
	used_bytes = (uintptr_t)settle(self) % HW_CHUNK_BYTES;
	if (used_bytes) {
		hw_log_publish(self->next, hw_record_when(0, HW_OP_END), 0);
		self->next = (struct hw_record *)((uintptr_t)self->next - used_bytes +
			HW_CHUNK_BYTES);
	}
	atomic_store_explicit(&self->slot->gap, 1, memory_order_relaxed);
	hw_sys_restore_signals();
}

/*
 * One more record is dropped. It costs no system call where the one before was dropped, too: who
 * wants no waiting does not want that either. A handler may turn in between: then the gap that was
 * is told of already, and another one begins. It is marked before it is counted, as a handler may
 * also jump out in between.
 */
static void drop(struct hw_self *self)
{
	struct hw_record *at = self->next;

	/* As settle() does, unless a handler has moved it since. */
	if (hw_log_is_past(at))
		atomic_compare_exchange_strong((struct hw_record *_Atomic *)&self->next, &at,
			end_before(at));
	if (!atomic_load_explicit(&self->slot->gap, memory_order_relaxed))
		begin_gap(self);
	atomic_fetch_add_explicit(&self->slot->lost, 1, memory_order_release);
}

/* Whether the next record is dropped, as the one before was. */
static bool is_dropping(const struct hw_self *self)
{
	return atomic_load_explicit(&self->slot->gap, memory_order_relaxed) &&
	       !any_free(hw_log_session) && hopeless(hw_log_session);
}

void hw_log_uncount(struct hw_self *self)
{
	atomic_fetch_sub_explicit(&self->slot->lost, 1, memory_order_relaxed);
}

/* Room for `count` records in a new chunk, or NULL (dropped and counted). */
static struct hw_record *turn(struct hw_self *self, uint32_t count)
{
	while (!is_dropping(self)) {
		struct hw_record *at;

		hw_sys_block_signals();
		at = claim(self, count);
		hw_sys_restore_signals();
		if (at) {
			tell(hw_log_session);
			return at;
		}
		if (!wait_for_chunk(hw_log_session))
			break;
	}
	drop(self);
	return NULL;
}

void hw_log_write_past(struct hw_self *self, uint64_t when, uint64_t what)
{
	struct hw_record *at = turn(self, 1);

	if (at)
		hw_log_publish(at, when, what);
}

struct hw_record *hw_log_reserve_group(struct hw_self *self, uint32_t count)
{
	struct hw_record *at = settle(self);

	if (!has_room(at, count))
		return turn(self, count);
	self->next = at + count;
	return at;
}

/* Without its definition an object is not recorded: that stands for what is done to it. */
static bool is_event(enum hw_op op)
{
	return op == HW_OP_OBJECT || (op >= HW_OP_INIT && op < HW_OP_COUNT);
}

bool hw_log_add_payload(struct hw_self *self, enum hw_op op, uint32_t object, uint32_t stack,
	const void *payload, uint32_t payload_bytes)
{
	struct hw_record *at;
	uint32_t records = (payload_bytes + sizeof(*at) - 1) / sizeof(*at);

	hw_sys_block_signals();
	at = hw_log_reserve_group(self, 1 + records);
	if (at) {
		atomic_fetch_add_explicit(&hw_log_session->definitions, 1, memory_order_relaxed);
		/* Chunks come zeroed, so padding is zero already. */
		memcpy(at + 1, payload, payload_bytes);
		hw_log_publish(at, hw_record_when(hw_log_now(), op),
			hw_record_what(object, stack, records));
	} else if (!is_event(op)) {
		hw_log_uncount(self);
	}
	hw_sys_restore_signals();
	return at;
}
