/* SPDX-License-Identifier: MIT */
#include "trace/inherit.h"

#include "trace/memory.h"

static void note(struct hw_process *child, struct hw_thread *holder, const struct hw_hold *hold,
	bool forks)
{
	HW_GROW(child->inherited, child->inherited_count, child->inherited_capacity);
	child->inherited[child->inherited_count++] = (struct hw_inherited){
		.address = hold->object->address,
		.kind = hold->object->kind,
		.holder = forks ? NULL : holder,
		.stack = hold->stack,
		.how = hold->how,
	};
}

void hw_inherit_fork(const struct hw_roster *roster, const struct hw_thread *thread,
	struct hw_process *child)
{
	for (size_t i = 0; i < roster->thread_count; i++) {
		struct hw_thread *holder = roster->threads[i];

		if (holder->process != thread->process)
			continue;
		for (size_t j = 0; j < holder->hold_count; j++)
			if (holder->holds[j].object->process)
				note(child, holder, &holder->holds[j], holder == thread);
	}
}

/* The one that the thread which forked became. */
static struct hw_thread *first_thread(const struct hw_roster *roster,
	const struct hw_process *process)
{
	for (size_t i = roster->thread_count; i-- > 0;)
		if (roster->threads[i]->process == process && roster->threads[i]->number == 1)
			return roster->threads[i];
	return NULL;
}

static void take_over(struct hw_order *order, struct hw_process *process,
	struct hw_object *object, const struct hw_inherited *inherited, int64_t time_ns)
{
	struct hw_thread *heir = first_thread(order->roster, process);

	if (inherited->holder) {
		object->orphan = inherited->holder;
		object->orphan_stack = inherited->stack;
	} else if (heir) {
		hw_order_inherit(heir, object, inherited->stack, inherited->how, time_ns);
	}
}

void hw_inherit_object(struct hw_order *order, struct hw_process *process,
	struct hw_object *object, int64_t time_ns)
{
	if (object->type & HW_TYPE_INITIALISED || object->process != process)
		return;
	for (size_t i = 0; i < process->inherited_count; i++) {
		struct hw_inherited inherited = process->inherited[i];

		if (inherited.address != object->address || inherited.kind != object->kind)
			continue;
		/* Another object at this address would be a new one. */
		process->inherited[i] = process->inherited[--process->inherited_count];
		take_over(order, process, object, &inherited, time_ns);
		return;
	}
}
