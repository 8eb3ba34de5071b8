/* SPDX-License-Identifier: MIT */
#include "trace/elsewhere.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "trace/collector.h"
#include "trace/futex.h"
#include "trace/memory.h"
#include "trace/namespace.h"

enum {
	INTERVAL_NS = 50000000,
	COST_SHARE = 50,      /* a look may take one part in so many of the time */
	THREADS_A_LOOK = 512,
	REFUSED_SHARE = 10,
	GAP_NS = 1000000000,  /* a look stands for no more time than this */
	ALL_KINDS = (1 << HW_KIND_COUNT) - 1 - (1 << HW_KIND_NONE),
};

/* What one look at a thread shows. */
enum sight { SIGHT_NONE, SIGHT_INTERCEPTED, SIGHT_ELSEWHERE, SIGHT_UNKNOWN };

bool hw_elsewhere_sees(const struct hw_session *session, const struct hw_thread_slot *slot)
{
	uint64_t namespace;

	if (slot->process >= HW_PROCESS_MAX)
		return false;
	namespace = session->processes[slot->process].pid_namespace;
	return !namespace || namespace == hw_namespace_own();
}

static enum sight look_once(const struct hw_thread *thread, const struct hw_thread_slot *slot,
	struct hw_futex_place *ret_place)
{
	uint64_t before = atomic_load_explicit(&slot->wait, memory_order_acquire), after;
	enum hw_futex_state state = hw_futex_look(thread->process->pid, thread->tid, ret_place);

	if (state != HW_FUTEX_BLOCKED)
		return state == HW_FUTEX_UNKNOWN ? SIGHT_UNKNOWN : SIGHT_NONE;
	after = atomic_load_explicit(&slot->wait, memory_order_acquire);
	if (before != after)
		return SIGHT_NONE;
	return before ? SIGHT_INTERCEPTED : SIGHT_ELSEWHERE;
}

static enum sight look_at(const struct hw_thread *thread, const struct hw_thread_slot *slot,
	struct hw_futex_place *ret_place)
{
	struct hw_futex_place again;
	enum sight sight = look_once(thread, slot, ret_place);

	if (sight != SIGHT_ELSEWHERE)
		return sight;
	sight = look_once(thread, slot, &again);
	return sight == SIGHT_ELSEWHERE && again.word == ret_place->word ? sight : SIGHT_NONE;
}

static const struct hw_module *module_of(struct hw_collector *collector,
	const struct hw_thread *thread, uint64_t address)
{
	struct hw_roster *roster = &collector->roster;
	const struct hw_mapping *mapping =
		hw_roster_find_mapping(roster, thread->process, UINT64_MAX, address);

	if (!mapping) {
		hw_roster_refresh_maps(roster, thread->process, hw_collector_now_ns(collector));
		mapping = hw_roster_find_mapping(roster, thread->process, UINT64_MAX, address);
	}
	return mapping ? mapping->module : NULL;
}

/*
 * Which module made the system call. Mostly it is the function syscall() of libc, which has
 * pushed nothing: then its return address is on top of the stack.
 */
static const struct hw_module *asker(struct hw_collector *collector, const struct hw_thread *thread,
	const struct hw_futex_place *place)
{
	const struct hw_module *module, *caller;
	uint64_t word = 0;
	struct iovec here = { .iov_base = &word, .iov_len = sizeof(word) };
	struct iovec there = { .iov_base = (void *)(uintptr_t)place->stack,
		.iov_len = sizeof(word) };

	if (!place->instruction)
		return NULL;
	module = module_of(collector, thread, place->instruction);
	if (!module || !hw_module_is_libc(module) ||
		process_vm_readv(thread->process->pid, &here, 1, &there, 1, 0) != sizeof(word))
		return module;
	caller = module_of(collector, thread, word);
	return caller ? caller : module;
}

static void add_share(struct hw_elsewhere *elsewhere, const struct hw_module *module,
	uint64_t blocked_ns)
{
	for (size_t i = 0; i < elsewhere->share_count; i++)
		if (elsewhere->shares[i].module == module) {
			elsewhere->shares[i].blocked_ns += blocked_ns;
			return;
		}
	HW_GROW(elsewhere->shares, elsewhere->share_count, elsewhere->share_capacity);
	elsewhere->shares[elsewhere->share_count++] =
		(struct hw_elsewhere_share){ .module = module, .blocked_ns = blocked_ns };
}

static void count(struct hw_collector *collector, const struct hw_thread *thread,
	const struct hw_thread_slot *slot, uint64_t elapsed_ns)
{
	struct hw_elsewhere *elsewhere = &collector->elsewhere;
	struct hw_futex_place place = { 0 };

	switch (look_at(thread, slot, &place)) {
	case SIGHT_UNKNOWN:
		elsewhere->refused++;
		return;
	case SIGHT_ELSEWHERE:
		elsewhere->elsewhere_ns += elapsed_ns;
		add_share(elsewhere, asker(collector, thread, &place), elapsed_ns);
		__attribute__((fallthrough));
	case SIGHT_INTERCEPTED:
		elsewhere->blocked_ns += elapsed_ns;
		__attribute__((fallthrough));
	case SIGHT_NONE:
		elsewhere->looks++;
		return;
	}
}

static void look_at_all(struct hw_collector *collector, uint64_t elapsed_ns)
{
	struct hw_session *session = collector->map.session;
	struct hw_elsewhere *elsewhere = &collector->elsewhere;
	uint32_t used = atomic_load(&session->free_threads.fresh), looked = 0;

	used = used < HW_THREAD_MAX ? used : HW_THREAD_MAX;
	for (uint32_t i = 0; i < used && looked < THREADS_A_LOOK; i++) {
		uint32_t number = elsewhere->next_slot++ % used;
		const struct hw_reader *reader = &collector->readers->slots[number];
		const struct hw_thread_slot *slot = &session->threads[number];

		if (!reader->thread || reader->ended ||
			atomic_load(&slot->state) != HW_SLOT_LIVE ||
			!hw_elsewhere_sees(session, slot))
			continue;
		count(collector, reader->thread, slot, elapsed_ns);
		looked++;
	}
}

void hw_elsewhere_look(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	struct hw_elsewhere *elsewhere = &collector->elsewhere;
	int64_t now_ns = hw_collector_now_ns(collector), elapsed_ns, cost_ns;

	if (now_ns < elsewhere->due_ns || (session->kinds & ALL_KINDS) != ALL_KINDS)
		return;
	elapsed_ns = now_ns - elsewhere->last_ns;
	elsewhere->last_ns = now_ns;
	elsewhere->due_ns = now_ns + INTERVAL_NS;
	/* Who waits for a chunk is blocked in a futex of ours: the program is not to blame. */
	if (atomic_load(&session->chunk_waiters))
		return;
	look_at_all(collector, (uint64_t)(elapsed_ns < GAP_NS ? elapsed_ns : GAP_NS));
	cost_ns = hw_collector_now_ns(collector) - now_ns;
	if (cost_ns * COST_SHARE > INTERVAL_NS)
		elsewhere->due_ns = now_ns + cost_ns * COST_SHARE;
}

static int by_time(const void *a, const void *b)
{
	uint64_t left = ((const struct hw_elsewhere_share *)a)->blocked_ns;
	uint64_t right = ((const struct hw_elsewhere_share *)b)->blocked_ns;

	return left < right ? 1 : left > right ? -1 : 0;
}

static void store_shares(struct hw_store *store, struct hw_elsewhere *elsewhere)
{
	char key[48], value[4200];

	qsort(elsewhere->shares, elsewhere->share_count, sizeof(*elsewhere->shares), by_time);
	for (size_t i = 0; i < elsewhere->share_count; i++) {
		const struct hw_elsewhere_share *share = &elsewhere->shares[i];

		snprintf(key, sizeof(key), "blocked_elsewhere.%zu", i + 1);
		snprintf(value, sizeof(value), "%llu %s", (unsigned long long)share->blocked_ns,
			share->module ? share->module->path : "?");
		hw_store_meta_text(store, key, value);
	}
}

void hw_elsewhere_store(struct hw_collector *collector)
{
	struct hw_elsewhere *elsewhere = &collector->elsewhere;

	/* A few were gone when they were looked at. */
	if (elsewhere->refused * REFUSED_SHARE > elsewhere->looks)
		hw_store_meta_text(collector->store, "blocked_unknown",
			"the system does not let holdwait see where threads are blocked");
	if (!elsewhere->looks)
		return;
	hw_store_meta_number(collector->store, "blocked_ns", (int64_t)elsewhere->blocked_ns);
	hw_store_meta_number(collector->store, "blocked_elsewhere_ns",
		(int64_t)elsewhere->elsewhere_ns);
	store_shares(collector->store, elsewhere);
}

void hw_elsewhere_finish(struct hw_elsewhere *elsewhere)
{
	free(elsewhere->shares);
	*elsewhere = (struct hw_elsewhere){ 0 };
}
