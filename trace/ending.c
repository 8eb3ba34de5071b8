/* SPDX-License-Identifier: MIT */
#include "trace/ending.h"

#include <stdio.h>

#include "trace/census.h"
#include "trace/deed.h"
#include "trace/gap.h"
#include "trace/state.h"
#include "trace/window.h"

/* How often the size is looked at: that takes system calls, of which a record is to cost none. */
enum { TAKES_BETWEEN_LOOKS = 1024 };

static bool look(struct hw_collector *collector, uint64_t ticks)
{
	collector->takes = 0;
	if (!hw_store_is_full(collector->store, &collector->roster, &collector->order))
		return false;
	if (!collector->full)
		collector->cut_ticks = ticks;
	collector->full = true;
	return true;
}

static bool take(void *context, struct hw_reader *reader, struct hw_record record, uint64_t ticks,
	const struct hw_record *payload)
{
	struct hw_collector *collector = context;

	if (collector->full ||
		(++collector->takes >= TAKES_BETWEEN_LOOKS && look(collector, ticks)))
		return false;
	return hw_interpret(&collector->interpreter, reader, record, ticks, payload);
}

static size_t take_many(void *context, struct hw_window *window)
{
	struct hw_collector *collector = context;
	size_t count;

	if (collector->full)
		return 0;
	/* Were they many, there might be no room for them any more. */
	count = hw_deed_take_some(&collector->interpreter, window, TAKES_BETWEEN_LOOKS);
	collector->takes += (uint32_t)count;
	/* The next one would be just after the last that was taken. */
	if (collector->takes >= TAKES_BETWEEN_LOOKS)
		look(collector, window->taken_ticks + 1);
	return count;
}

uint64_t hw_ending_round(struct hw_collector *collector, uint64_t cut_ticks)
{
	collector->limited = hw_store_may_fill(collector->store);
	if (!collector->limited)
		return hw_readers_round(collector->readers, cut_ticks, hw_interpret,
			hw_deed_take, &collector->interpreter);
	return hw_readers_round(collector->readers, cut_ticks, take, take_many, collector);
}

static enum hw_early_end early_end(struct hw_collector *collector)
{
	if (atomic_load(&collector->map.session->state) == HW_SESSION_ALONE)
		return HW_EARLY_END_ALONE;
	if (collector->full ||
		(collector->limited && look(collector, collector->interpreter.now_ticks)))
		return hw_store_is_full(collector->store, &collector->roster, &collector->order);
	return HW_EARLY_END_NONE;
}

bool hw_ending_is_early(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	enum hw_early_end end = early_end(collector);

	if (!end)
		return false;
	atomic_store(&session->early_end, end);
	atomic_store(&session->state, HW_SESSION_OFF);
	hw_readers_wake_waiters(collector->readers);
	return true;
}

/* What was not recorded, and why. */
static void note_unrecorded(const struct hw_collector *collector)
{
	unsigned count = atomic_load(&collector->map.session->unrecorded_processes);
	char text[128];

	if (count) {
		snprintf(text, sizeof(text),
			"programs not recorded for want of address space (ulimit -v): %u", count);
		hw_store_meta_text(collector->store, "note.2", text);
	} else if (!collector->had_process) {
		hw_store_meta_text(collector->store, "note.2",
			"the program did not load the library that records it: the system ignores "
			"LD_PRELOAD for it, or something removed that from its environment");
	}
}

static void note_early_end(const struct hw_collector *collector, enum hw_early_end end,
	int64_t end_ns)
{
	const struct hw_session *session = collector->map.session;
	char text[256];

	if (end == HW_EARLY_END_FULL || end == HW_EARLY_END_DISK)
		snprintf(text, sizeof(text), "recording ended after %.3f s, %s: what came later "
			"is not known", (double)end_ns / 1e9, end == HW_EARLY_END_FULL ?
			"at the size that --max-size allows" : "for want of room on the disk");
	else
		snprintf(text, sizeof(text), "a program waited in vain for the collector for %u s "
			"(--patience), and recording ended: what came later is not known",
			session->patience_s);
	if (end)
		hw_store_meta_text(collector->store, "note.1", text);
}

/*
 * Who gave up waiting holds and waits for what its log does not tell. And it did so for want of
 * room for a record, though it may not have come to count that yet.
 */
static void forget_state(struct hw_collector *collector)
{
	hw_census_departures(collector);
	if (!collector->lost)
		collector->lost = 1;
	for (size_t i = 0; i < collector->roster.thread_count; i++)
		hw_gap_forget(collector->roster.threads[i]);
}

static void store_numbers(const struct hw_collector *collector)
{
	struct hw_store *recording = collector->store;

	hw_store_meta_number(recording, "events", (int64_t)hw_store_event_count(recording));
	hw_store_meta_number(recording, "lost", (int64_t)collector->lost);
	hw_store_meta_number(recording, "stack_hits", (int64_t)collector->stack_hits);
	hw_store_meta_number(recording, "stack_misses", (int64_t)collector->stack_misses);
	if (collector->interpreter.ignored_count)
		hw_store_meta_number(recording, "ignored",
			(int64_t)collector->interpreter.ignored_count);
}

void hw_ending_close(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	struct hw_store *recording = collector->store;
	enum hw_early_end end = atomic_load(&session->early_end);
	int64_t end_ns = collector->full ? hw_clock_ns(&collector->clock, collector->cut_ticks) :
		hw_collector_now_ns(collector);

	atomic_store(&session->state, HW_SESSION_OFF);
	if (collector->full)
		hw_state_changed(collector);
	if (end == HW_EARLY_END_ALONE)
		forget_state(collector);
	note_early_end(collector, end, end_ns);
	note_unrecorded(collector);
	hw_collector_store(collector);
	hw_store_state(recording, &collector->roster, end_ns);
	store_numbers(collector);
	hw_store_meta_number(recording, "ended_ns", end_ns);
	hw_store_commit(recording);
	/* Of what took but a moment, the launcher waits for the disk, when it has done its part. */
	if (collector->launcher)
		hw_store_relax(recording);
	hw_store_destroy(recording, end ? HW_STORE_CUT : HW_STORE_WHOLE);
	collector->store = NULL;
}
