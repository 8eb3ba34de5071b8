/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_LOG_H
#define HW_INTERPOSE_LOG_H

/*
 * Writing records into the calling thread's log.
 *
 * hw_log_claim claims room with one addition to a word of this thread alone: without a lock
 * prefix, it is atomic against a signal handler on the same thread, which may claim room
 * in between and write there first. Chunks are aligned to their size, so the position itself
 * tells that a chunk is full: it is in the head of the next one then. Nobody writes there,
 * and whoever finds it takes the word back. Until then, within some instructions, handlers may
 * come in between, each in that of another; there is room for fourteen.
 *
 * A handler that jumps out, never to return, leaves a claimed record unpublished. The
 * collector can step over a single one; those with payload are written with signals
 * blocked.
 *
 * Only the turn to another chunk makes system calls. When records are dropped there, the log
 * goes on in a new chunk later, whose first record says that some are missing before it
 * (HW_OP_GAP).
 */

#include <x86intrin.h>

#include "interpose/export.h"
#include "interpose/self.h"

/* The session's clock, at hand. */
struct hw_log_clock {
	uint64_t base_ticks;
	bool is_tsc;
};

extern HW_HIDDEN struct hw_log_clock hw_log_clock;

void hw_log_use_clock(const struct hw_session *session);

/* The session, or NULL while nothing can be recorded. Set once. */
extern HW_HIDDEN struct hw_session *hw_log_session;

/* A record for which there is no room here: into a new chunk, or dropped and counted. */
void hw_log_write_past(struct hw_self *self, uint64_t when, uint64_t what);

/* Room for a record and its payload, or NULL (dropped and counted). With signals blocked. */
struct hw_record *hw_log_reserve_group(struct hw_self *self, uint32_t count);

/* What hw_log_reserve_group() refused just now was no event, and is not to be counted as one. */
void hw_log_uncount(struct hw_self *self);

/* A thread's first chunk; -1 when there is none to be had. Call with signals blocked. */
int64_t hw_log_first_chunk(const struct hw_thread_slot *slot);

/* Where a slot's chunk begins. */
static inline struct hw_record *hw_log_chunk_begin(uint32_t chunk)
{
	return hw_log_session->chunks[chunk].records;
}

/* Where the log ends now, as a thread slot says it. With signals blocked. */
uint64_t hw_log_extent(struct hw_self *self);

/* Tell the collector that there is something to be done. */
void hw_log_ring(void);

/* End recording for everybody: the collector does not answer. */
void hw_log_end(void);

/* The other clock; slow enough not to be inlined. */
uint64_t hw_log_monotonic_ns(void);

static inline uint64_t hw_log_now(void)
{
	if (__builtin_expect(hw_log_clock.is_tsc, 1))
		return __rdtsc() - hw_log_clock.base_ticks;
	return hw_log_monotonic_ns() - hw_log_clock.base_ticks;
}

/* Whether a position is no place for a record: its chunk is full. */
static inline bool hw_log_is_past(const struct hw_record *position)
{
	return !((uintptr_t)position & (HW_CHUNK_BYTES - HW_CHUNK_HEAD_BYTES));
}

/* The place of the next record, which may be past the end. */
static inline struct hw_record *hw_log_claim(struct hw_self *self)
{
	uintptr_t at = sizeof(struct hw_record);

	__asm__("xaddq %0, %1"
		: "+r"(at), "+m"(self->next)
		:
		: "cc");
	return (struct hw_record *)at;
}

/* Publish a reserved record. Payload must have been written before. */
static inline void hw_log_publish(struct hw_record *at, uint64_t when, uint64_t what)
{
	atomic_store_explicit((_Atomic uint64_t *)&at->what, what, memory_order_relaxed);
	atomic_store_explicit((_Atomic uint64_t *)&at->when, when, memory_order_release);
}

/* One more of what only the calling thread counts. */
static inline void hw_log_count(_Atomic uint64_t *counter)
{
	/* As one instruction, to which a handler comes before or after. */
	__asm__("addq $1, %0" : "+m"(*(uint64_t *)counter) : : "cc");
}

/* One record without payload; `what` is made by hw_record_what(). */
static inline void hw_log_write(struct hw_self *self, uint64_t time_ticks, enum hw_op op,
	uint64_t what)
{
	struct hw_record *at = hw_log_claim(self);

	if (__builtin_expect(hw_log_is_past(at), 0))
		hw_log_write_past(self, hw_record_when(time_ticks, op), what);
	else
		hw_log_publish(at, hw_record_when(time_ticks, op), what);
}

static inline void hw_log_add(struct hw_self *self, uint64_t time_ticks, enum hw_op op,
	uint32_t object, uint32_t stack, uint32_t detail)
{
	hw_log_write(self, time_ticks, op, hw_record_what(object, stack, detail));
}

/*
 * One record with payload of any size, padded to full records; `detail` becomes the
 * number of payload records. False when it was dropped.
 */
bool hw_log_add_payload(struct hw_self *self, enum hw_op op, uint32_t object, uint32_t stack,
	const void *payload, uint32_t payload_bytes);

#endif
