/* SPDX-License-Identifier: MIT */
#include "trace/misuse.h"

#include <stdlib.h>

#include "trace/memory.h"

void hw_misuses_finish(struct hw_misuses *misuses)
{
	free(misuses->all);
	hw_table_finish(&misuses->by_hash);
	*misuses = (struct hw_misuses){ 0 };
}

static uint64_t hash_of(const struct hw_misuse *misuse)
{
	uint64_t hash = hw_hash_mix((uint64_t)misuse->thread->id << 32 | misuse->object->id,
		misuse->stack);

	return hw_hash_mix(hash, misuse->kind);
}

static bool same(const struct hw_misuse *a, const struct hw_misuse *b)
{
	return a->hash == b->hash && a->kind == b->kind && a->thread == b->thread &&
		a->object == b->object && a->stack == b->stack && a->how == b->how;
}

/* Whoever first had something to do with it is the one that is told of. */
static struct hw_misuse *find_or_add(struct hw_misuses *misuses, struct hw_misuse misuse,
	int64_t time_ns)
{
	struct hw_misuse *known;
	bool new;

	misuse.hash = hash_of(&misuse);
	for (uint64_t key = misuse.hash;; key++) {
		uint64_t *id = hw_table_put(&misuses->by_hash, key, &new);

		if (new) {
			HW_GROW(misuses->all, misuses->count, misuses->capacity);
			misuse.id = (uint32_t)(misuses->count + 1);
			misuse.first_ns = time_ns;
			misuses->all[misuses->count++] = misuse;
			*id = misuse.id;
		}
		known = &misuses->all[*id - 1];
		if (same(known, &misuse))
			break;
	}
	if (known->relation == HW_MISUSE_NOBODY) {
		known->relation = misuse.relation;
		known->other = misuse.other;
		known->other_stack = misuse.other_stack;
	}
	known->dirty = true;
	return known;
}

static void put(struct hw_misuses *misuses, struct hw_misuse misuse, int64_t time_ns)
{
	find_or_add(misuses, misuse, time_ns)->count++;
}

static bool is_lock(const struct hw_object *object)
{
	return object->kind == HW_KIND_MUTEX || object->kind == HW_KIND_RWLOCK ||
		object->kind == HW_KIND_SPIN;
}

/* Somebody holds it, or held it last. */
static void name_holder(struct hw_misuse *misuse)
{
	const struct hw_object *object = misuse->object;
	const struct hw_hold *hold = object->holder ? hw_hold_of(object->holder, object) : NULL;

	misuse->other = hold ? object->holder : object->last_holder;
	misuse->other_stack = hold ? hold->stack : object->last_stack;
	if (misuse->other)
		misuse->relation = hold ? HW_MISUSE_HOLDS : HW_MISUSE_HELD;
}

void hw_misuse_unlock(struct hw_misuses *misuses, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack, int64_t time_ns)
{
	struct hw_misuse misuse = { .kind = HW_MISUSE_UNLOCK, .thread = thread,
		.object = object, .stack = stack };

	/* A child may give back what its parent's threads held: it has a copy. */
	if (!is_lock(object) || object->orphan)
		return;
	/* Never seen locked: it may have been by code that does not go through libc. */
	if (!object->last_holder && !(object->type & HW_TYPE_INITIALISED))
		return;
	name_holder(&misuse);
	put(misuses, misuse, time_ns);
}

/* What a process left that has been waited for is nobody's: it cannot miss it. */
static bool is_holding(struct hw_thread *thread, const struct hw_object *object)
{
	return hw_hold_of(thread, object) && !thread->process->reaped;
}

static struct hw_thread *find_holder(const struct hw_roster *roster,
	const struct hw_object *object)
{
	if (object->holder && is_holding(object->holder, object))
		return object->holder;
	for (size_t i = 0; object->holders && i < roster->thread_count; i++)
		if (is_holding(roster->threads[i], object))
			return roster->threads[i];
	return NULL;
}

static void name_waiter(struct hw_misuse *misuse)
{
	misuse->relation = HW_MISUSE_WAITS;
	misuse->other = misuse->object->last_waiter;
	misuse->other_stack = misuse->object->last_wait_stack;
}

/*
 * Somebody of another process wanted it since it was taken. Not one that waits to its own end
 * and has gone by now, too: both may have been ended by the same signal.
 */
static bool is_wanted_elsewhere(const struct hw_hold *hold, const struct hw_process *process)
{
	const struct hw_object *object = hold->object;
	const struct hw_thread *waiter = object->last_waiter;

	return waiter && waiter->process != process && object->last_wait_ns > hold->since_ns &&
		(!waiter->process->gone || waiter->waits_for != object);
}

/* All others have ended: so does the process, and the kernel undoes what it was told to. */
static bool is_last(const struct hw_roster *roster, const struct hw_thread *thread)
{
	for (size_t i = 0; i < roster->thread_count; i++) {
		const struct hw_thread *other = roster->threads[i];

		if (other != thread && other->process == thread->process && other->number &&
			other->end_ns < 0)
			return false;
	}
	return true;
}

void hw_misuse_end(struct hw_misuses *misuses, const struct hw_roster *roster,
	struct hw_thread *thread, bool of_process, int64_t time_ns)
{
	/* Who waits does not end by itself: the process was ended, in the middle of something. */
	if (of_process && thread->waits_for)
		return;
	for (size_t i = 0; i < thread->hold_count; i++) {
		const struct hw_hold *hold = &thread->holds[i];
		struct hw_misuse misuse = { .kind = HW_MISUSE_END, .thread = thread,
			.object = hold->object, .stack = hold->stack };

		if (!is_lock(hold->object) && hold->object->kind != HW_KIND_SEM)
			continue;
		if (hold->object->type & HW_TYPE_ROBUST)
			continue;
		if (of_process && !is_wanted_elsewhere(hold, thread->process))
			continue;
		if (hold->how & HW_HOW_UNDO && (of_process || is_last(roster, thread)))
			continue;
		if (of_process || hold->object->waiters)
			name_waiter(&misuse);
		put(misuses, misuse, time_ns);
	}
}

void hw_misuse_destroy(struct hw_misuses *misuses, const struct hw_roster *roster,
	struct hw_thread *thread, struct hw_object *object, uint32_t stack, uint32_t how,
	int64_t time_ns)
{
	struct hw_misuse misuse = { .kind = HW_MISUSE_DESTROY, .thread = thread,
		.object = object, .stack = stack,
		.how = how & (HW_HOW_FREED | HW_HOW_REFUSED) };
	struct hw_thread *holder;

	if ((!is_lock(object) && object->kind != HW_KIND_SEM) ||
		object->type & (HW_TYPE_NAMED | HW_TYPE_SYSV))
		return;
	holder = find_holder(roster, object);
	if (!holder && !object->waiters)
		return;
	/* A thread that takes its own stack with it ends while holding: that is told then. */
	if (holder == thread && how & HW_HOW_FREED && !stack)
		return;
	if (holder) {
		misuse.relation = HW_MISUSE_HOLDS;
		misuse.other = holder;
		misuse.other_stack = hw_hold_of(holder, object)->stack;
	} else {
		name_waiter(&misuse);
	}
	put(misuses, misuse, time_ns);
}

/* Who was ended by force is known to be gone before all that it did has been read. */
static bool had_ended(const struct hw_thread *thread, int64_t time_ns)
{
	return thread->end_ns >= 0 && thread->end_ns <= time_ns;
}

void hw_misuse_wait(struct hw_misuses *misuses, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack, int64_t time_ns)
{
	struct hw_misuse inherit = { .kind = HW_MISUSE_INHERIT, .thread = thread,
		.object = object, .stack = stack, .relation = HW_MISUSE_HOLDS,
		.other = object->orphan, .other_stack = object->orphan_stack };
	struct hw_misuse end = { .kind = HW_MISUSE_END, .thread = object->holder,
		.object = object, .relation = HW_MISUSE_WAITS, .other = thread,
		.other_stack = stack };
	struct hw_misuse *known;

	object->last_waiter = thread;
	object->last_wait_stack = stack;
	object->last_wait_ns = time_ns;
	if (object->orphan)
		put(misuses, inherit, time_ns);
	if (!object->holder || !had_ended(object->holder, time_ns) || !is_lock(object) ||
		object->type & HW_TYPE_ROBUST)
		return;
	/* The end itself was told when it came, unless that was a process that shared the lock. */
	end.stack = object->last_stack;
	known = find_or_add(misuses, end, time_ns);
	known->count += !known->count;
}
