/* SPDX-License-Identifier: MIT */
#include "trace/state.h"

#include "trace/elsewhere.h"
#include "trace/futex.h"
#include "trace/gap.h"

/* Two words per slot: the wait, and how many records had been taken. */
enum { WAIT, TAKEN, WORDS };

enum { LASTED_NS = 50000000 };

void hw_state_look(struct hw_collector *collector)
{
	struct hw_session *session = collector->map.session;
	uint32_t used = atomic_load(&session->free_threads.fresh);

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		uint64_t *seen = &collector->slot_seen[(size_t)i * WORDS];

		seen[WAIT] = atomic_load_explicit(&session->threads[i].wait, memory_order_acquire);
		seen[TAKEN] = collector->readers->slots[i].taken;
	}
}

/* Usually the log told of the wait; not when the object was free at the last look before. */
void hw_state_settle(struct hw_order *order, struct hw_thread *thread)
{
	uint64_t wait = thread->blocked_word;
	uint32_t slot = hw_what_stack(wait);
	struct hw_object *object;

	if (!wait || thread->blocked_on || thread->has_left)
		return;
	object = hw_roster_object(thread->process, hw_what_object(wait));
	if (object && object->ignored)
		return;
	thread->blocked_on = object;
	thread->blocked_how = hw_what_detail(wait);
	thread->blocked_stack = slot < HW_STACK_SLOTS ? thread->stacks[slot] : 0;
	if (object && thread->waits_for != object && object->kind != HW_KIND_COND)
		hw_order_wait(order, thread, object, thread->blocked_stack, thread->blocked_how,
			thread->blocked_seen_ns);
	thread->blocked_since_ns = thread->waits_for == object ? thread->wait_since_ns :
								  thread->blocked_seen_ns;
}

/* Whether the slot names the wait it named before the round, and the round found nothing new. */
static bool still_blocked(struct hw_collector *collector, uint32_t number, uint64_t wait)
{
	const uint64_t *seen = &collector->slot_seen[(size_t)number * WORDS];

	return wait && wait == seen[WAIT] &&
		collector->readers->slots[number].taken == seen[TAKEN] &&
		hw_readers_empty(collector->readers, number);
}

/* Of what it waits for together the first was given back meanwhile, and something else taken. */
static void look_for_another(struct hw_order *order, struct hw_thread *thread)
{
	uint32_t units;
	struct hw_object *another = hw_units_awaited(thread, &units);

	if (!another || !thread->blocked_on)
		return;
	thread->blocked_on = another;
	thread->units = units;
	hw_order_wait(order, thread, another, thread->blocked_stack, thread->blocked_how,
		thread->blocked_since_ns);
	thread->units = 0;
}

/*
 * Whether records were dropped behind what was read, while there was something to be recorded.
 * Past the end of recording all of them are; before, only where nobody is to wait for chunks.
 */
static bool has_gap(const struct hw_collector *collector, const struct hw_thread_slot *slot)
{
	const struct hw_session *session = collector->map.session;

	return atomic_load_explicit(&slot->gap, memory_order_acquire) &&
	       (!collector->full || session->lossy || atomic_load(&session->starved));
}

static void look_again(struct hw_collector *collector, uint32_t number, int64_t now_ns)
{
	struct hw_thread *thread = collector->readers->slots[number].thread;
	const struct hw_thread_slot *slot = &collector->map.session->threads[number];
	uint64_t wait = atomic_load_explicit(&slot->wait, memory_order_acquire);
	bool gap = has_gap(collector, slot);

	/* What it held may have been given back in what was dropped behind all that was read. */
	if (gap && hw_readers_empty(collector->readers, number)) {
		hw_gap_forget(thread);
	} else if (gap || !still_blocked(collector, number, wait)) {
		thread->blocked_word = 0;
		thread->blocked_on = NULL;
		thread->has_left = false;
		thread->awake_ns = 0;
	} else if (thread->blocked_word != wait) {
		thread->blocked_word = wait;
		thread->blocked_seen_ns = now_ns;
		thread->blocked_on = NULL;
	} else if (now_ns - thread->blocked_seen_ns >= LASTED_NS) {
		thread->has_left = false;
		hw_state_settle(&collector->order, thread);
		look_for_another(&collector->order, thread);
	}
}

/* Spinning takes no futex; home-made locks may sleep in anything, semaphores also in semop(2). */
static bool waits_in_futex(const struct hw_object *object)
{
	return object->kind != HW_KIND_SPIN && object->kind != HW_KIND_SEM &&
		!(object->type & HW_TYPE_ANNOTATED);
}

/* Who is being killed is awake for that: it was blocked to the end. */
static bool is_awake(const struct hw_thread *thread)
{
	struct hw_futex_place place;
	pid_t pid = thread->process->pid;

	return hw_futex_look(pid, thread->tid, &place) == HW_FUTEX_NONE &&
		!hw_futex_ends(pid, thread->tid);
}

/* It may be in a signal handler, and come back to the wait: it is looked at again in a moment. */
static void ask_kernel(struct hw_collector *collector, uint32_t number, int64_t now_ns)
{
	const struct hw_thread_slot *slot = &collector->map.session->threads[number];
	struct hw_thread *thread = collector->readers->slots[number].thread;

	if (!thread->blocked_on || !waits_in_futex(thread->blocked_on) ||
		!hw_elsewhere_sees(collector->map.session, slot))
		return;
	if (!is_awake(thread))
		thread->awake_ns = 0;
	else if (!thread->awake_ns)
		thread->awake_ns = now_ns;
	thread->has_left = thread->awake_ns && now_ns - thread->awake_ns >= LASTED_NS;
	if (thread->has_left) {
		thread->blocked_on = NULL;
		thread->blocked_seen_ns = now_ns;
	}
}

/* Whether it will be known in a moment which threads have left their waits. */
static bool is_unsure(const struct hw_collector *collector)
{
	uint32_t used = atomic_load(&collector->map.session->free_threads.fresh);

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		const struct hw_thread *thread = collector->readers->slots[i].thread;

		if (thread && thread->blocked_on && thread->awake_ns)
			return true;
	}
	return false;
}

/* Look at all threads in one way; a number for who is blocked by then, and on what. */
static uint64_t look_at_all(struct hw_collector *collector,
	void (*look)(struct hw_collector *collector, uint32_t number, int64_t now_ns),
	int64_t now_ns)
{
	uint32_t used = atomic_load(&collector->map.session->free_threads.fresh);
	uint64_t hash = 0;

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		struct hw_thread *thread = collector->readers->slots[i].thread;

		if (!thread)
			continue;
		look(collector, i, now_ns);
		if (thread->blocked_on)
			hash = hw_hash_mix(hash ^ thread->id,
				thread->blocked_word ^ thread->blocked_on->id);
	}
	return hash;
}

bool hw_state_changed(struct hw_collector *collector)
{
	int64_t now_ns = hw_collector_now_ns(collector);
	uint64_t hash = look_at_all(collector, look_again, now_ns);

	if (hash == collector->state_hash)
		return false;
	hash = look_at_all(collector, ask_kernel, now_ns);
	if (hash == collector->state_hash || is_unsure(collector))
		return false;
	collector->state_hash = hash;
	return true;
}
