/* SPDX-License-Identifier: MIT */
#include "trace/collector.h"

#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "trace/census.h"
#include "trace/deed.h"
#include "trace/ending.h"
#include "trace/memory.h"
#include "trace/state.h"

enum {
	TICK_MS = 20,
	COMMIT_NS = 200000000,
	COMMIT_NS_MAX = 2000000000,
	ROWS_SHARE = 49,             /* one part of fifty is what storing rows may take */
	LINGER_NS = 250000000,       /* a daemon's child registers after its parent is gone */
	FIRST_PROCESS_MS = 10000,    /* how long to wait for anybody at all */
	PATIENCE_NS = 1000000000,    /* with what should be in the log already */
	HURRY_NS = 20000000,         /* the same when others wait for us */
	STARVED_NS = 2000000000,     /* no chunk was freed for so long */
	/* Every chunk there is may count as memory of the program: 8 MiB, and 96 KiB a thread. */
	CHUNKS_AT_LEAST = 256,
	CHUNKS_PER_THREAD = 3,
};

static long futex(_Atomic uint32_t *word, int op, uint32_t value, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout);
}

int64_t hw_collector_now_ns(const struct hw_collector *collector)
{
	uint64_t now = hw_clock_now(collector->map.session->clock);

	return hw_clock_ns(&collector->clock, now - collector->map.session->clock_base);
}

static uint64_t ticks_of(const struct hw_collector *collector, int64_t ns)
{
	return (uint64_t)((double)ns / collector->clock.ns_per_tick);
}

int hw_collector_init(struct hw_collector *collector, const struct hw_recording_options *options,
	pid_t launcher, struct hw_error *error)
{
	uint64_t patience;
	int code;

	*collector = (struct hw_collector){ .launcher_pidfd = -1, .empty_since_ns = -1 };
	collector->map.fd = -1;
	/* An older recording moves out of the way last, when nothing else can go wrong. */
	code = hw_session_map_create(&collector->map, &options->session, error);
	if (code)
		return code;
	code = hw_store_create(&collector->store, options->file, options->form,
		options->max_bytes, error);
	if (code) {
		hw_session_map_remove(&collector->map);
		hw_session_map_finish(&collector->map);
		return code;
	}
	hw_clock_init(&collector->clock, collector->map.session->clock,
		collector->map.session->clock_base, collector->map.session->clock_base_ns);
	patience = ticks_of(collector, PATIENCE_NS);
	collector->readers = hw_readers_create(collector->map.session, patience);
	collector->slot_seen = hw_xcalloc(HW_THREAD_MAX, 2 * sizeof(uint64_t));
	collector->order.roster = &collector->roster;
	collector->interpreter = (struct hw_interpreter){ .roster = &collector->roster,
		.order = &collector->order, .store = collector->store, .clock = &collector->clock,
		.kinds = options->session.kinds, .patience_ticks = patience };
	hw_deed_prepare(&collector->interpreter);
	if (launcher) {
		collector->launcher = launcher;
		collector->launcher_pidfd = (int)syscall(SYS_pidfd_open, launcher, 0);
		atomic_store(&collector->map.session->launcher_holds, 1);
	}
	return 0;
}

void hw_collector_finish(struct hw_collector *collector)
{
	hw_session_map_remove(&collector->map);
	hw_readers_destroy(collector->readers);
	hw_interpreter_finish(&collector->interpreter);
	hw_elsewhere_finish(&collector->elsewhere);
	hw_unseen_finish(&collector->unseen);
	hw_bypass_finish(&collector->bypass);
	hw_order_finish(&collector->order);
	hw_roster_finish(&collector->roster);
	hw_store_destroy(collector->store, HW_STORE_BROKEN);
	hw_session_map_finish(&collector->map);
	free(collector->watched);
	free(collector->slot_seen);
	if (collector->launcher_pidfd >= 0)
		close(collector->launcher_pidfd);
}

static uint32_t count_threads(struct hw_session *session, enum hw_slot_state state)
{
	uint32_t used = atomic_load(&session->free_threads.fresh), count = 0;

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++)
		count += atomic_load(&session->threads[i].state) == (uint32_t)state;
	return count;
}

/* What threads that have ended leave behind is free after another round or two. */
static bool will_free_some(const struct hw_collector *collector)
{
	return hw_census_departing(collector) ||
		count_threads(collector->map.session, HW_SLOT_ENDED);
}

/* Keep some chunks ready, up to what the number of threads allows. False when none is left. */
static bool grow(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	uint32_t limit = atomic_load(&session->free_chunks.limit);
	uint32_t fresh = atomic_load(&session->free_chunks.fresh);
	uint32_t allowed;

	if (fresh + limit / 4 < limit)
		return true;
	/* That many have ended is no reason to let others have more. */
	allowed = CHUNKS_AT_LEAST + CHUNKS_PER_THREAD * count_threads(session, HW_SLOT_LIVE);
	if (limit < allowed && hw_session_map_grow(&collector->map,
				       limit < allowed - limit ? limit : allowed - limit)) {
		collector->has_news = true;
		return true;
	}
	return fresh < limit || (uint32_t)atomic_load(&session->free_chunks.head);
}

/*
 * Every chunk may be in use by a thread that does not fill it: /dev/shm is full, or there
 * are more threads than chunks. Then those who wait for one would wait for ever: they are
 * told, until one is free again.
 */
static void tell_if_starved(struct hw_collector *collector, uint64_t freed_before, uint64_t taken)
{
	struct hw_session *session = collector->map.session;
	int64_t now_ns = hw_collector_now_ns(collector);

	if (grow(collector) || collector->readers->chunks_freed != freed_before) {
		collector->freed_ns = now_ns;
		atomic_store(&session->starved, 0);
	} else if ((!taken && !collector->readers->waits_at_hole && !will_free_some(collector)) ||
		now_ns - collector->freed_ns > STARVED_NS) {
		if (!atomic_exchange(&session->starved, 1))
			collector->has_news = true;
	}
}

/*
 * Definitions come before what uses them, in whatever log. Mostly there are no new ones; one that
 * was counted already, and is published only now, is looked for when it is missed.
 */
static void take_definitions(struct hw_collector *collector, uint64_t cut)
{
	uint32_t counted = atomic_load(&collector->map.session->definitions);

	if (counted == collector->definitions_seen && !collector->interpreter.missing_ticks)
		return;
	collector->definitions_seen = counted;
	hw_readers_preview(collector->readers, cut, hw_interpret_definition,
		&collector->interpreter);
	hw_interpret_definitions(&collector->interpreter);
}

/* Everything published up to now, and what it says about who is there. */
static void round_once(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	uint64_t cut = hw_clock_now(session->clock) - session->clock_base, taken;
	uint64_t freed = collector->readers->chunks_freed;

	atomic_fetch_add(&session->heartbeat, 1);
	atomic_store(&session->chunks_known, atomic_load(&session->chunks_filled));
	hw_census_arrivals(collector);
	collector->interpreter.now_ticks = cut;
	/* While programs wait for chunks, whoever may still fill a hole is not waited for long. */
	collector->readers->patience_ticks = ticks_of(collector,
		atomic_load(&session->chunk_waiters) ? HURRY_NS : PATIENCE_NS);
	take_definitions(collector, cut);
	taken = hw_ending_round(collector, cut);
	/* When recording ends in it, nothing was taken for that reason. */
	if (!collector->full)
		tell_if_starved(collector, freed, taken);
	hw_readers_offer_chunks(collector->readers);
	if (collector->has_news)
		hw_readers_wake_waiters(collector->readers);
	collector->has_news = false;
}

void hw_collector_store(struct hw_collector *collector)
{
	/* The first process is what was asked for; all others come from it. */
	if (!collector->command_stored && collector->roster.process_count) {
		hw_store_meta_text(collector->store, "command",
			collector->roster.processes[0]->command);
		collector->command_stored = true;
	}
	hw_store_roster(collector->store, &collector->roster, &collector->order);
	hw_elsewhere_store(collector);
	hw_unseen_store(collector);
	hw_bypass_store(collector);
}

static void store(struct hw_collector *collector)
{
	int64_t begin_ns = hw_collector_now_ns(collector);

	hw_collector_store(collector);
	collector->rows_ns = hw_collector_now_ns(collector) - begin_ns;
	hw_store_commit(collector->store);
	collector->commit_ns = hw_collector_now_ns(collector);
}

/*
 * Rows that take long are stored less often: programs may have to wait for us meanwhile. What a
 * commit takes does not count. It is longer the longer the last one is ago, so that each would
 * put off the next one for longer.
 */
static bool is_store_due(const struct hw_collector *collector)
{
	int64_t wait_ns = ROWS_SHARE * collector->rows_ns;

	if (wait_ns < COMMIT_NS)
		wait_ns = COMMIT_NS;
	if (wait_ns > COMMIT_NS_MAX)
		wait_ns = COMMIT_NS_MAX;
	return hw_collector_now_ns(collector) - collector->commit_ns > wait_ns;
}

static void store_state(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;

	hw_store_state(collector->store, &collector->roster, hw_collector_now_ns(collector));
	store(collector);
	atomic_fetch_add(&session->states_stored, 1);
	futex(&session->states_stored, FUTEX_WAKE, INT_MAX, NULL);
}

static void answer_flush(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	uint32_t asked = atomic_load(&session->flush_asked);

	if (asked == atomic_load(&session->flush_done))
		return;
	round_once(collector);
	store(collector);
	atomic_store(&session->flush_done, asked);
	futex(&session->flush_done, FUTEX_WAKE, INT_MAX, NULL);
}

/* Where there are no pidfds (before Linux 5.3) a new process of its pid is taken for it. */
static bool launcher_is_gone(const struct hw_collector *collector)
{
	struct pollfd pollfd = { .fd = collector->launcher_pidfd, .events = POLLIN };

	if (!collector->launcher)
		return false;
	if (collector->launcher_pidfd < 0)
		return kill(collector->launcher, 0) && errno == ESRCH;
	return poll(&pollfd, 1, 0) == 1;
}

static bool launcher_holds(struct hw_collector *collector)
{
	if (!atomic_load(&collector->map.session->launcher_holds))
		return false;
	if (launcher_is_gone(collector))
		atomic_store(&collector->map.session->launcher_holds, 0);
	return true;
}

/*
 * After a round. `held` says whether the launcher still held the session before
 * that round: whatever ran until it let go has been taken in by now.
 */
static bool over(struct hw_collector *collector, bool held)
{
	int64_t now_ns = hw_collector_now_ns(collector);

	if (hw_census_anybody(collector)) {
		collector->empty_since_ns = -1;
		return false;
	}
	if (held)
		return false;
	if (collector->launcher)
		return true;
	if (collector->empty_since_ns < 0)
		collector->empty_since_ns = now_ns;
	return now_ns - collector->empty_since_ns >
		(collector->had_process ? LINGER_NS : 1000000ll * FIRST_PROCESS_MS);
}

/* Until the doorbell is not `rung` any more, or a tick has passed. */
static void sleep_until_rung(struct hw_collector *collector, uint32_t rung)
{
	static const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };
	struct hw_session *session = collector->map.session;

	atomic_store(&session->collector_sleeps, 1);
	futex(&session->doorbell, FUTEX_WAIT, rung, &tick);
	atomic_store(&session->collector_sleeps, 0);
}

int hw_collector_run(struct hw_collector *collector, struct hw_error *error)
{
	bool done = false;
	int code = 0;

	while (!code && !done) {
		uint32_t rung = atomic_load(&collector->map.session->doorbell);
		bool held = launcher_holds(collector);

		hw_state_look(collector);
		round_once(collector);
		if (hw_state_changed(collector))
			store_state(collector);
		hw_elsewhere_look(collector);
		hw_unseen_look(collector);
		hw_bypass_look(collector);
		hw_census_departures(collector);
		answer_flush(collector);
		if (is_store_due(collector)) {
			store(collector);
			hw_store_secure(collector->store);
			atomic_store(&collector->map.session->recording_secured,
				hw_store_is_secured(collector->store));
		}
		code = hw_store_failure(collector->store, error);
		done = over(collector, held) || hw_ending_is_early(collector);
		if (!done && !hw_census_departing(collector))
			sleep_until_rung(collector, rung);
	}
	round_once(collector);
	if (!code)
		hw_ending_close(collector);
	atomic_store(&collector->map.session->state, HW_SESSION_OFF);
	return code;
}
