/* SPDX-License-Identifier: MIT */
#include "trace/state.h"

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

	if (!wait || thread->blocked_on)
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

static void look_again(struct hw_collector *collector, uint32_t number, int64_t now_ns)
{
	struct hw_thread *thread = collector->readers->slots[number].thread;
	uint64_t wait = atomic_load_explicit(&collector->map.session->threads[number].wait,
		memory_order_acquire);

	if (!still_blocked(collector, number, wait)) {
		thread->blocked_word = 0;
		thread->blocked_on = NULL;
	} else if (thread->blocked_word != wait) {
		thread->blocked_word = wait;
		thread->blocked_seen_ns = now_ns;
		thread->blocked_on = NULL;
	} else if (now_ns - thread->blocked_seen_ns >= LASTED_NS) {
		hw_state_settle(&collector->order, thread);
		look_for_another(&collector->order, thread);
	}
}

bool hw_state_changed(struct hw_collector *collector)
{
	uint32_t used = atomic_load(&collector->map.session->free_threads.fresh);
	int64_t now_ns = hw_collector_now_ns(collector);
	uint64_t hash = 0;

	for (uint32_t i = 0; i < used && i < HW_THREAD_MAX; i++) {
		struct hw_thread *thread = collector->readers->slots[i].thread;

		if (!thread)
			continue;
		look_again(collector, i, now_ns);
		if (thread->blocked_on)
			hash = hw_hash_mix(hash ^ thread->id,
				thread->blocked_word ^ thread->blocked_on->id);
	}
	if (hash == collector->state_hash)
		return false;
	collector->state_hash = hash;
	return true;
}
