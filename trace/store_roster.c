/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "trace/name.h"
#include "trace/session.h"
#include "trace/store_private.h"

/* Rows of what the collector knows: who takes part, who depends on whom, who waits. */

static const char *origin_name(uint32_t origin)
{
	return origin == HW_ORIGIN_FORK ? "fork" : origin == HW_ORIGIN_EXEC ? "exec" : "start";
}

static void put_process(struct hw_store *store, struct hw_process *process)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_PROCESS);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, process->id);
	hw_store_bind_unless(row, 2, process->parent ? process->parent->id : 0, 0);
	hw_store_bind_text(row, 3, origin_name(process->origin));
	sqlite3_bind_int64(row, 4, process->pid);
	hw_store_bind_text(row, 5, process->exe);
	hw_store_bind_text(row, 6, process->command);
	sqlite3_bind_int64(row, 7, process->start_ns);
	hw_store_bind_unless(row, 8, process->end_ns, -1);
	hw_store_run(store, row);
	process->dirty = false;
}

static void put_thread(struct hw_store *store, struct hw_thread *thread)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_THREAD);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, thread->id);
	sqlite3_bind_int64(row, 2, thread->process->id);
	sqlite3_bind_int64(row, 3, thread->tid);
	sqlite3_bind_int64(row, 4, thread->number);
	hw_store_bind_text(row, 5, thread->name[0] ? thread->name : NULL);
	hw_store_bind_unless(row, 6, thread->creator ? thread->creator->id : 0, 0);
	hw_store_bind_unless(row, 7, thread->create_stack, 0);
	hw_store_bind_unless(row, 8, thread->object ? thread->object->id : 0, 0);
	sqlite3_bind_int64(row, 9, thread->start_ns);
	hw_store_bind_unless(row, 10, thread->end_ns, -1);
	sqlite3_bind_int64(row, 11, (sqlite3_int64)thread->lost);
	hw_store_run(store, row);
	thread->dirty = false;
}

static void put_module(struct hw_store *store, struct hw_module *module)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_MODULE);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, module->id);
	hw_store_bind_text(row, 2, module->path);
	hw_store_bind_text(row, 3, module->build_id[0] ? module->build_id : NULL);
	hw_store_bind_text(row, 4, module->is_source ? "python" : NULL);
	hw_store_run(store, row);
	module->stored = true;
}

/* Negative when it may have been another one, 0 when it is not known. */
static int64_t signal_number(uint32_t mark)
{
	if (mark == HW_SIGNAL_UNKNOWN)
		return 0;
	return mark > HW_SIGNAL_OR_OTHER ? -(int64_t)(mark - HW_SIGNAL_OR_OTHER) : mark;
}

static void put_code(struct hw_store *store, struct hw_roster *roster)
{
	for (size_t i = 0; i < roster->module_count; i++)
		if (!roster->modules[i]->stored)
			put_module(store, roster->modules[i]);
	for (size_t i = roster->frames_stored; i < roster->frame_count; i++) {
		const struct hw_frame *frame = &roster->frames[i];
		sqlite3_stmt *row = hw_store_statement(store, HW_PUT_FRAME);

		if (!row)
			return;
		sqlite3_bind_int64(row, 1, frame->id);
		hw_store_bind_unless(row, 2, frame->module ? frame->module->id : 0, 0);
		sqlite3_bind_int64(row, 3, (sqlite3_int64)frame->offset);
		if (frame->signal)
			sqlite3_bind_int64(row, 4, signal_number(frame->signal));
		else
			sqlite3_bind_null(row, 4);
		hw_store_bind_text(row, 5, frame->signal ? "<signal handler called>" :
				frame->line && !frame->function ? "?" : frame->function);
		hw_store_bind_text(row, 6, frame->function ? frame->module->path : NULL);
		hw_store_bind_unless(row, 7, frame->line, 0);
		hw_store_run(store, row);
	}
	roster->frames_stored = roster->frame_count;
	for (size_t i = roster->stacks_stored; i < roster->stack_count; i++) {
		const struct hw_stack *stack = &roster->stacks[i];
		sqlite3_stmt *row = hw_store_statement(store, HW_PUT_STACK);

		if (!row)
			return;
		sqlite3_bind_int64(row, 1, stack->id);
		hw_store_bind_unless(row, 2, stack->parent, 0);
		sqlite3_bind_int64(row, 3, stack->frame);
		sqlite3_bind_int64(row, 4, (sqlite3_int64)stack->signals);
		hw_store_run(store, row);
	}
	roster->stacks_stored = roster->stack_count;
}

static const char *type_text(const struct hw_object *object, char *text, size_t size_bytes)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ HW_TYPE_RECURSIVE, "recursive" },
		{ HW_TYPE_ERRORCHECK, "errorcheck" },
		{ HW_TYPE_ADAPTIVE, "adaptive" },
		{ HW_TYPE_ROBUST, "robust" },
		{ HW_TYPE_PRIO_INHERIT, "prio-inherit" },
		{ HW_TYPE_PRIO_PROTECT, "prio-protect" },
		{ HW_TYPE_PREFER_WRITER, "prefer-writer" },
		{ HW_TYPE_PREFER_WRITER_RECURSIVE, "prefer-writer-recursive" },
		{ HW_TYPE_SHARED, "shared" },
		{ HW_TYPE_NAMED, "named" },
		{ HW_TYPE_GLIB, "glib" },
		{ HW_TYPE_ANNOTATED, "annotated" },
		{ HW_TYPE_SYSV, "sysv" },
	};
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (object->type & names[i].bit)
			length += (size_t)snprintf(text + length, size_bytes - length, "%s%s",
				length ? " " : "", names[i].name);
	return length ? text : object->kind == HW_KIND_MUTEX ? "normal" : NULL;
}

/* A set of System V is its number in an IPC namespace, which is an inode. */
static void shared_key(const struct hw_object *object, char *key, size_t size_bytes)
{
	if (object->type & HW_TYPE_SYSV)
		snprintf(key, size_bytes, "sysv:%llu:%llu:%llu",
			(unsigned long long)object->inode >> 32,
			(unsigned long long)object->inode & UINT32_MAX,
			(unsigned long long)object->offset);
	else
		snprintf(key, size_bytes, "%llx:%llu:%llu", (unsigned long long)object->device,
			(unsigned long long)object->inode, (unsigned long long)object->offset);
}

static void put_object(struct hw_store *store, struct hw_object *object)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_OBJECT);
	const char *kind = hw_name_of_kind(object->kind);
	char type[160], key[80];

	if (!row)
		return;
	if (object->type & HW_TYPE_SHARED)
		shared_key(object, key, sizeof(key));
	sqlite3_bind_int64(row, 1, object->id);
	hw_store_bind_text(row, 2, kind ? kind : "unknown");
	hw_store_bind_text(row, 3, type_text(object, type, sizeof(type)));
	hw_store_bind_unless(row, 4, object->process ? object->process->id : 0, 0);
	hw_store_bind_unless(row, 5,
		object->type & HW_TYPE_SYSV ? 0 : (int64_t)object->address, 0);
	sqlite3_bind_int64(row, 6, object->generation);
	hw_store_bind_text(row, 7, object->type & HW_TYPE_SHARED ? key : NULL);
	hw_store_bind_unless(row, 8, object->module ? object->module->id : 0, 0);
	if (object->module)
		sqlite3_bind_int64(row, 9, (sqlite3_int64)object->module_offset);
	else
		sqlite3_bind_null(row, 9);
	hw_store_bind_unless(row, 10, object->create_stack, 0);
	sqlite3_bind_int64(row, 11, (object->type & HW_TYPE_INITIALISED) != 0);
	sqlite3_bind_int64(row, 12, object->create_ns < 0 ? 0 : object->create_ns);
	hw_store_bind_unless(row, 13, object->destroy_ns, -1);
	hw_store_bind_text(row, 14, hw_order_role(object));
	hw_store_bind_unless(row, 15,
		object->kind == HW_KIND_SEM || object->kind == HW_KIND_BARRIER ? object->capacity :
										 -1, -1);
	hw_store_bind_text(row, 16, object->name[0] ? object->name : NULL);
	hw_store_run(store, row);
	object->dirty = false;
}

/* It turned out to be another one, which has a row of its own. */
static void remove_object(struct hw_store *store, struct hw_object *object)
{
	sqlite3_stmt *removal = hw_store_statement(store, HW_REMOVE_OBJECT);

	if (!removal)
		return;
	sqlite3_bind_int64(removal, 1, object->id);
	hw_store_run(store, removal);
	object->dirty = false;
}

const char *hw_store_mode_name(uint32_t how)
{
	return how & HW_HOW_SHARED ? "shared" : "exclusive";
}

static const char *dependency_how(const struct hw_order *order,
	const struct hw_dependency *dependency)
{
	return !hw_order_blocks(order, dependency)		? "try" :
		dependency->how & HW_HOW_REACQUIRE		? "reacquire" :
		dependency->how & HW_HOW_TIMED			? "timed" :
								  "block";
}

/* False when they could not be written. */
static bool put_dependency_holds(struct hw_store *store, const struct hw_order *order,
	const struct hw_dependency *dependency)
{
	const struct hw_hold_lists *lists = &order->dependencies.lists;
	const struct hw_hold_list *last;

	for (uint32_t list = dependency->list; list; list = last->before) {
		sqlite3_stmt *row = hw_store_statement(store, HW_PUT_DEPENDENCY_HOLD);

		if (!row)
			return false;
		last = hw_hold_list_at(lists, list);
		sqlite3_bind_int64(row, 1, dependency->id);
		sqlite3_bind_int64(row, 2, last->length - 1);
		sqlite3_bind_int64(row, 3, last->object->id);
		hw_store_bind_text(row, 4, hw_store_mode_name(last->how));
		hw_store_bind_unless(row, 5, last->stack, 0);
		sqlite3_bind_int64(row, 6, last->units);
		hw_store_run(store, row);
	}
	return true;
}

static void put_dependency(struct hw_store *store, const struct hw_order *order,
	struct hw_dependency *dependency)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_DEPENDENCY);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, dependency->id);
	sqlite3_bind_int64(row, 2, dependency->thread->id);
	sqlite3_bind_int64(row, 3, dependency->object->id);
	hw_store_bind_text(row, 4, hw_store_mode_name(dependency->how));
	hw_store_bind_unless(row, 5, dependency->stack, 0);
	hw_store_bind_text(row, 6, dependency_how(order, dependency));
	sqlite3_bind_int64(row, 7, (sqlite3_int64)dependency->count);
	sqlite3_bind_int64(row, 8, dependency->first_ns);
	sqlite3_bind_int64(row, 9, dependency->last_ns);
	hw_store_bind_unless(row, 10, dependency->units, 1);
	hw_store_run(store, row);
	if (!dependency->stored && !put_dependency_holds(store, order, dependency))
		return;
	dependency->stored = true;
	/* A try may still be promoted by what its place does later. */
	dependency->dirty = !hw_order_blocks(order, dependency);
}

static uint32_t id_of(const struct hw_thread *thread)
{
	return thread ? thread->id : 0;
}

static void put_contention(struct hw_store *store, struct hw_contention *contention)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_CONTENTION);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, contention->object->id);
	sqlite3_bind_int64(row, 2, contention->stack);
	sqlite3_bind_int64(row, 3, (sqlite3_int64)contention->acquired);
	sqlite3_bind_int64(row, 4, (sqlite3_int64)contention->waited);
	sqlite3_bind_int64(row, 5, contention->wait_ns);
	sqlite3_bind_int64(row, 6, contention->wait_max_ns);
	sqlite3_bind_int64(row, 7, contention->hold_ns);
	sqlite3_bind_int64(row, 8, contention->hold_max_ns);
	hw_store_bind_unless(row, 9, id_of(contention->wait_max_thread), 0);
	hw_store_bind_unless(row, 10, id_of(contention->wait_max_keeper), 0);
	hw_store_bind_unless(row, 11, contention->wait_max_keeper_stack, 0);
	hw_store_run(store, row);
	contention->dirty = false;
}

static void put_misuse(struct hw_store *store, struct hw_misuse *misuse)
{
	static const char *const names[] = {
		[HW_MISUSE_UNLOCK] = "unlock",
		[HW_MISUSE_END] = "end",
		[HW_MISUSE_DESTROY] = "destroy",
		[HW_MISUSE_INHERIT] = "inherit",
	};
	static const char *const relations[] = {
		[HW_MISUSE_NOBODY] = NULL,
		[HW_MISUSE_HOLDS] = "holds",
		[HW_MISUSE_HELD] = "held",
		[HW_MISUSE_WAITS] = "waits",
	};
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_MISUSE);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, misuse->id);
	hw_store_bind_text(row, 2, names[misuse->kind]);
	hw_store_bind_text(row, 3, hw_name_of_how(misuse->how));
	sqlite3_bind_int64(row, 4, misuse->thread->id);
	sqlite3_bind_int64(row, 5, misuse->object->id);
	hw_store_bind_unless(row, 6, misuse->stack, 0);
	hw_store_bind_text(row, 7, relations[misuse->relation]);
	hw_store_bind_unless(row, 8, misuse->other ? misuse->other->id : 0, 0);
	hw_store_bind_unless(row, 9, misuse->other_stack, 0);
	sqlite3_bind_int64(row, 10, (sqlite3_int64)misuse->count);
	sqlite3_bind_int64(row, 11, misuse->first_ns);
	hw_store_run(store, row);
	misuse->dirty = false;
}

static void put_declared(struct hw_store *store, struct hw_declared *declared)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_PUT_DECLARED);

	if (!row)
		return;
	sqlite3_bind_int64(row, 1, declared->id);
	sqlite3_bind_int64(row, 2, declared->first->id);
	sqlite3_bind_int64(row, 3, declared->second->id);
	sqlite3_bind_int64(row, 4, declared->thread->id);
	hw_store_bind_unless(row, 5, declared->stack, 0);
	sqlite3_bind_int64(row, 6, (sqlite3_int64)declared->count);
	sqlite3_bind_int64(row, 7, declared->first_ns);
	hw_store_run(store, row);
	declared->dirty = false;
}

void hw_store_roster(struct hw_store *store, struct hw_roster *roster, struct hw_order *order)
{
	hw_declared_settle(&order->declarations);
	for (size_t i = 0; i < roster->process_count; i++)
		if (roster->processes[i]->dirty && roster->processes[i]->pid)
			put_process(store, roster->processes[i]);
	for (size_t i = 0; i < roster->thread_count; i++)
		if (roster->threads[i]->dirty && roster->threads[i]->tid &&
			roster->threads[i]->number)
			put_thread(store, roster->threads[i]);
	put_code(store, roster);
	for (size_t i = 0; i < roster->object_count; i++)
		if (roster->objects[i]->dirty && roster->objects[i]->actual)
			remove_object(store, roster->objects[i]);
		else if (roster->objects[i]->dirty)
			put_object(store, roster->objects[i]);
	for (size_t i = 0; i < order->dependencies.count; i++)
		if (order->dependencies.all[i].dirty)
			put_dependency(store, order, &order->dependencies.all[i]);
	for (size_t i = 0; i < order->contentions.count; i++)
		if (order->contentions.all[i]->dirty)
			put_contention(store, order->contentions.all[i]);
	for (size_t i = 0; i < order->misuses.count; i++)
		if (order->misuses.all[i].dirty)
			put_misuse(store, &order->misuses.all[i]);
	for (size_t i = 0; i < order->declarations.count; i++)
		if (order->declarations.all[i].dirty)
			put_declared(store, &order->declarations.all[i]);
	hw_store_size_stored(store, roster, order);
}
