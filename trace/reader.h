/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_READER_H
#define HW_TRACE_READER_H

/*
 * Reading the threads' logs, merged by time.
 *
 * Each thread slot has a reader: its position in the list of chunks. A round
 * takes what was published with a time up to a cut that is chosen before the first
 * log is looked at. That makes the round causally complete: whatever a record
 * depends on was published before it, so either both are taken, or the later
 * one bears a time past the cut. Within a round records come in the order of their
 * times, those of one thread in the order of its log. A record that cannot be taken
 * yet ends the round, so that nothing overtakes it.
 *
 * Chunks that were read to the end are zeroed and freed. Nothing in shared
 * memory is trusted: numbers are checked, and a record that makes no sense ends the
 * reading of its chunk, not of the log.
 *
 * A hole is a record that was claimed and not published, with more behind it. Its
 * writer was interrupted by a signal handler and may still fill it; when it jumped out
 * of the handler, or was ended in it, it never does. Only single records are
 * ever left so. The reader waits a while, then steps over it, and keeps that chunk from
 * being used again until the thread has ended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/session.h"

struct hw_thread;

struct hw_reader {
	struct hw_thread *thread; /* NULL: nobody uses this slot */
	uint32_t slot;
	uint32_t chunk;
	uint32_t position;
	uint64_t last_ticks; /* times never go back within a thread */
	uint64_t taken;      /* records read so far */
	uint64_t lost;       /* at least so many that could not be read */
	uint64_t hole_ticks; /* since when it waits at a hole; 0 when it does not */
	bool holed;          /* a hole of this chunk was stepped over */
	bool ended;          /* its thread writes no more */
	bool broken;         /* its list of chunks makes no sense any more */
};

/* In a round: a log, and the time of what comes next in it. */
struct hw_reader_next {
	uint64_t ticks;
	struct hw_reader *reader;
};

/* A chunk that its thread may still write one record to. */
struct hw_quarantined {
	uint32_t slot;
	uint32_t chunk;
};

struct hw_readers {
	struct hw_session *session;
	struct hw_reader slots[HW_THREAD_MAX];
	struct hw_reader_next *round; /* a heap of those with something to read, by time */
	size_t round_count;
	struct hw_window *window; /* of the round under way */
	size_t share;             /* of each log, that the next one has at most */
	uint64_t records, runs;   /* of two logs, before a third: how many there were of late, */
	bool mixes;               /* and whether they were few at a time */
	uint64_t chunks_freed, chunks_offered;
	uint64_t cut_ticks;      /* of the round under way */
	uint64_t patience_ticks; /* how long a hole is waited for; may be changed between rounds */
	bool waits_at_hole;      /* in the round under way, somebody's log did */
	struct hw_quarantined *quarantined;
	size_t quarantined_count, quarantined_capacity;
};

/*
 * What is done with a record: `payload` follows it. False leaves it and all that
 * comes after it, in any log, for a later round.
 */
typedef bool hw_reader_take(void *context, struct hw_reader *reader, struct hw_record record,
	uint64_t ticks, const struct hw_record *payload);

struct hw_window;

/*
 * The same for many records: take those of a window (window.h) one after the other, up to the first
 * that cannot be taken with others and is left to hw_reader_take; how many were taken. It moves the
 * window's turns and lanes on, and says when the last was.
 */
typedef size_t hw_reader_take_many(void *context, struct hw_window *window);

/* `when` of a record, as it is now: 0 while none is published there. */
static inline uint64_t hw_reader_when(const struct hw_record *record)
{
	return atomic_load_explicit((const _Atomic uint64_t *)&record->when, memory_order_acquire);
}

/* A record as it is now. */
static inline struct hw_record hw_reader_look(const struct hw_record *record)
{
	struct hw_record copy = { .when = hw_reader_when(record) };

	copy.what = atomic_load_explicit((const _Atomic uint64_t *)&record->what,
		memory_order_relaxed);
	return copy;
}

struct hw_readers *hw_readers_create(struct hw_session *session, uint64_t patience_ticks);
void hw_readers_destroy(struct hw_readers *readers);

/* Begin to read the log of a slot. */
void hw_readers_open(struct hw_readers *readers, uint32_t slot, struct hw_thread *thread);

/* Its thread is gone: the next round waits for nothing. */
void hw_readers_end(struct hw_readers *readers, uint32_t slot);

/* Stop reading it and free its chunks. */
void hw_readers_close(struct hw_readers *readers, uint32_t slot);

/* Whoever waits for a chunk looks again whether there is one, or none to be had. */
void hw_readers_wake_waiters(struct hw_readers *readers);

/*
 * As many of those as chunks were freed since they were offered last. Were all of a thousand
 * threads to wake for a few chunks, that would take the processors longer than to fill these.
 * Others, or a thread that is killed, may be faster than who was woken: the rest look again now and
 * then of their own accord.
 */
void hw_readers_offer_chunks(struct hw_readers *readers);

/* Take all records published with a time up to `cut_ticks`, by time. How many were taken. */
uint64_t hw_readers_round(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *take,
	hw_reader_take_many *take_many, void *context);

/* Look at what the round up to `cut_ticks` will take, log by log, without taking anything. */
void hw_readers_preview(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *look,
	void *context);

/* Whether everything that was published in this slot's log has been taken. */
bool hw_readers_empty(struct hw_readers *readers, uint32_t slot);

#endif
