/* SPDX-License-Identifier: MIT */
#include "trace/census.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/memory.h"
#include "trace/namespace.h"
#include "trace/state.h"

enum {
	EXPECTED_NS = 2000000000, /* how long an announced child may take to register */
	VANISHED_NS = 1000000000, /* how often to look for threads that did not say they end */
};

static bool is_foreign(const struct hw_process_slot *slot)
{
	return slot->pid_namespace && slot->pid_namespace != hw_namespace_own();
}

static struct hw_process *parent_of(struct hw_collector *collector,
	const struct hw_process_slot *slot, struct hw_process *same_pid)
{
	struct hw_process *parent = hw_roster_registered(&collector->roster, slot->parent_uid);

	if (parent || same_pid)
		return parent ? parent : same_pid;
	if (is_foreign(slot))
		return NULL;
	return hw_roster_running(&collector->roster, slot->parent_pid);
}

static void end_process(struct hw_collector *collector, struct hw_process *process)
{
	for (size_t i = 0; i < collector->watched_count; i++)
		if (collector->watched[i].process == process)
			collector->watched[i].ended = process->gone = true;
}

/* An image was seen before the one that it took the place of. */
static void set_parent(struct hw_process *image, struct hw_process *older)
{
	image->parent = older;
	image->origin = HW_ORIGIN_EXEC;
	image->dirty = true;
}

/*
 * Of two with one pid the one that began later took the place of the other: by exec, or because
 * the pid was free again. It need not be seen later.
 */
static void admit_process(struct hw_collector *collector, uint32_t number)
{
	const struct hw_process_slot *slot = &collector->map.session->processes[number];
	bool foreign = is_foreign(slot);
	pid_t pid = foreign ? hw_namespace_find(slot->pid_namespace, slot->pid) : slot->pid;
	int64_t start_ns = hw_clock_ns(&collector->clock, slot->start_ticks);
	struct hw_process *same_pid = pid ? hw_roster_running(&collector->roster, pid) : NULL;
	bool replaced = same_pid && same_pid->start_ns > start_ns;
	bool is_exec = same_pid && !replaced && slot->origin != HW_ORIGIN_FORK;
	struct hw_process *process = hw_roster_process(&collector->roster, slot->uid);
	struct hw_watched watched = { .process = process, .slot = number, .foreign = foreign };

	process->pid = pid ? pid : slot->pid;
	process->parent = parent_of(collector, slot, is_exec ? same_pid : NULL);
	process->origin = is_exec ? HW_ORIGIN_EXEC : slot->origin;
	process->exe = strndup(slot->exe, sizeof(slot->exe));
	process->command = strndup(slot->command, sizeof(slot->command));
	process->start_ns = start_ns;
	watched.pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	/* Out of sight it cannot be watched: what it did up to now is all there will be. */
	watched.ended = process->gone = !pid || replaced;
	if (replaced)
		set_parent(same_pid, process);
	else if (same_pid)
		end_process(collector, same_pid);
	HW_GROW(collector->watched, collector->watched_count, collector->watched_capacity);
	collector->watched[collector->watched_count++] = watched;
	collector->had_process = true;
}

static struct hw_watched *watched_by_slot(struct hw_collector *collector, uint32_t slot)
{
	for (size_t i = 0; i < collector->watched_count; i++)
		if (collector->watched[i].slot == slot)
			return &collector->watched[i];
	return NULL;
}

static void admit_thread(struct hw_collector *collector, uint32_t number)
{
	const struct hw_thread_slot *slot = &collector->map.session->threads[number];
	struct hw_process *process = hw_roster_registered(&collector->roster,
		slot->process < HW_PROCESS_MAX ?
			collector->map.session->processes[slot->process].uid :
			0);
	struct hw_thread *thread;

	if (!process)
		return;
	thread = hw_roster_thread(&collector->roster, process, slot->uid);
	thread->tid = slot->tid;
	thread->creator_uid = slot->creator_uid;
	thread->creator = hw_roster_known_thread(&collector->roster, slot->creator_uid);
	thread->start_ns = hw_clock_ns(&collector->clock, slot->start_ticks);
	hw_readers_open(collector->readers, number, thread);
}

/*
 * The process that came first of those not admitted yet. A program that was replaced must be
 * known before its successor: both have one pid, and slots are in no order.
 */
static bool oldest_arrival(struct hw_collector *collector, uint32_t used, uint32_t *ret_number)
{
	const struct hw_process_slot *slots = collector->map.session->processes;
	bool found = false;

	for (uint32_t i = 0; i < used && i < HW_PROCESS_MAX; i++) {
		if (atomic_load_explicit(&slots[i].state, memory_order_acquire) != HW_SLOT_LIVE ||
			watched_by_slot(collector, i))
			continue;
		if (!found || slots[i].start_ticks < slots[*ret_number].start_ticks)
			*ret_number = i;
		found = true;
	}
	return found;
}

void hw_census_arrivals(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	uint32_t processes = atomic_load(&session->free_processes.fresh);
	uint32_t threads = atomic_load(&session->free_threads.fresh), arrival = 0;

	while (oldest_arrival(collector, processes, &arrival))
		admit_process(collector, arrival);
	for (uint32_t i = 0; i < threads && i < HW_THREAD_MAX; i++)
		if (!collector->readers->slots[i].thread &&
			atomic_load_explicit(&session->threads[i].state, memory_order_acquire) !=
				HW_SLOT_FREE)
			admit_thread(collector, i);
}

static void forget_expected(struct hw_collector *collector)
{
	struct hw_interpreter *interpreter = &collector->interpreter;
	int64_t now_ns = hw_collector_now_ns(collector);
	size_t kept = 0;

	for (size_t i = 0; i < interpreter->expected_count; i++) {
		struct hw_expected *expected = &interpreter->expected[i];
		bool came = expected->uid ?
			hw_roster_registered(&collector->roster, expected->uid) != NULL :
			hw_roster_running(&collector->roster, expected->pid) != NULL ||
				(kill(expected->pid, 0) && errno == ESRCH);

		if (!came && now_ns - expected->since_ns < EXPECTED_NS)
			interpreter->expected[kept++] = *expected;
	}
	interpreter->expected_count = kept;
}

bool hw_census_anybody(struct hw_collector *collector)
{
	forget_expected(collector);
	return collector->watched_count || collector->interpreter.expected_count;
}

static bool process_gone(struct hw_watched *watched)
{
	struct pollfd pollfd = { .fd = watched->pidfd, .events = POLLIN };

	if (watched->pidfd >= 0)
		return poll(&pollfd, 1, 0) == 1;
	return kill(watched->process->pid, 0) && errno == ESRCH;
}

static bool thread_gone(const struct hw_watched *watched, const struct hw_thread *thread)
{
	if (watched->foreign)
		return !hw_namespace_has_thread(watched->process->pid, thread->tid);
	return syscall(SYS_tgkill, watched->process->pid, thread->tid, 0) && errno == ESRCH;
}

static void take_slot_back(struct hw_collector *collector, uint32_t number)
{
	struct hw_session *session = collector->map.session;
	struct hw_thread_slot *slot = &session->threads[number];

	hw_readers_close(collector->readers, number);
	collector->stack_hits += atomic_exchange(&slot->stack_hits, 0);
	collector->stack_misses += atomic_exchange(&slot->stack_misses, 0);
	atomic_store(&slot->wait, 0);
	atomic_store(&slot->state, HW_SLOT_FREE);
	hw_free_list_push(&session->free_threads, &session->threads[0].next_free,
		sizeof(session->threads[0]), number);
}

static void count_lost(struct hw_collector *collector, uint32_t number)
{
	struct hw_thread *thread = collector->readers->slots[number].thread;
	uint64_t lost = atomic_load(&collector->map.session->threads[number].lost) +
		collector->readers->slots[number].lost;

	if (lost == thread->lost)
		return;
	collector->lost += lost - thread->lost;
	thread->lost = lost;
	thread->dirty = true;
}

/* Most threads say that they end; those ended by force or by a bare system call do not. */
static void notice_end(struct hw_collector *collector, const struct hw_watched *watched,
	uint32_t number, bool thorough)
{
	struct hw_thread *thread = collector->readers->slots[number].thread;
	bool told = atomic_load(&collector->map.session->threads[number].state) == HW_SLOT_ENDED;

	if ((!told && !thorough) || !thread_gone(watched, thread))
		return;
	hw_readers_end(collector->readers, number);
	if (told)
		return;
	thread->end_ns = hw_collector_now_ns(collector);
	thread->dirty = true;
}

/* Let go of threads that ended and whose logs a round has read since. */
static void release_threads(struct hw_collector *collector, const struct hw_watched *watched,
	bool thorough)
{
	uint32_t used = atomic_load(&collector->map.session->free_threads.fresh);

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		const struct hw_reader *reader = &collector->readers->slots[i];

		if (!reader->thread || reader->thread->process != watched->process)
			continue;
		count_lost(collector, i);
		if (!reader->ended)
			notice_end(collector, watched, i, thorough);
		else if (hw_readers_empty(collector->readers, i))
			take_slot_back(collector, i);
	}
}

/* Its process is gone: so are they all. False when there is still something to be read. */
static bool release_all_threads(struct hw_collector *collector, const struct hw_watched *watched)
{
	uint32_t used = atomic_load(&collector->map.session->free_threads.fresh);
	bool all = true;

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		const struct hw_reader *reader = &collector->readers->slots[i];
		struct hw_thread *thread = reader->thread;

		if (!thread || thread->process != watched->process)
			continue;
		if (!reader->ended || !hw_readers_empty(collector->readers, i)) {
			hw_readers_end(collector->readers, i);
			all = false;
			continue;
		}
		hw_state_settle(&collector->order, thread);
		count_lost(collector, i);
		if (thread->end_ns < 0) {
			thread->end_ns = watched->process->end_ns;
			hw_misuse_end(&collector->order.misuses, &collector->roster, thread, true,
				thread->end_ns);
			if (!thread->waits_for)
				hw_units_undo(&collector->order, thread, thread->end_ns);
		}
		thread->dirty = true;
		take_slot_back(collector, i);
	}
	return all;
}

static bool release_process(struct hw_collector *collector, struct hw_watched *watched)
{
	struct hw_session *session = collector->map.session;
	struct hw_process_slot *slot = &session->processes[watched->slot];

	if (watched->process->end_ns < 0)
		watched->process->end_ns = hw_collector_now_ns(collector);
	watched->process->dirty = true;
	if (!release_all_threads(collector, watched))
		return false;
	collector->lost += atomic_load(&slot->unrecorded_threads);
	if (watched->pidfd >= 0)
		close(watched->pidfd);
	atomic_store(&slot->state, HW_SLOT_FREE);
	hw_free_list_push(&session->free_processes, &session->processes[0].next_free,
		sizeof(session->processes[0]), watched->slot);
	return true;
}

/*
 * Runs after a round that read everything: what a process published before it
 * was seen to be gone has been read by the round after that. So an end is
 * noticed at least one round before the slots are released.
 */
void hw_census_departures(struct hw_collector *collector)
{
	int64_t now_ns = hw_collector_now_ns(collector);
	bool thorough = now_ns - collector->thorough_ns > VANISHED_NS;
	size_t kept = 0;

	if (thorough)
		collector->thorough_ns = now_ns;
	for (size_t i = 0; i < collector->watched_count; i++) {
		struct hw_watched watched = collector->watched[i];

		if (watched.ended && release_process(collector, &watched))
			continue;
		if (!watched.ended) {
			watched.ended = watched.process->gone = process_gone(&watched);
			release_threads(collector, &watched, thorough);
		}
		collector->watched[kept++] = watched;
	}
	collector->watched_count = kept;
}

bool hw_census_departing(const struct hw_collector *collector)
{
	for (size_t i = 0; i < collector->watched_count; i++)
		if (collector->watched[i].ended)
			return true;
	return false;
}
