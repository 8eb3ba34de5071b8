/* SPDX-License-Identifier: MIT */
#include "trace/roster.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

static void free_process(struct hw_process *process)
{
	free(process->objects);
	hw_table_finish(&process->far_objects);
	free(process->mappings);
	hw_table_finish(&process->codes);
	hw_table_finish(&process->promised);
	free(process->inherited);
	free(process->exe);
	free(process->command);
	free(process);
}

void hw_roster_finish(struct hw_roster *roster)
{
	for (size_t i = 0; i < roster->process_count; i++)
		free_process(roster->processes[i]);
	for (size_t i = 0; i < roster->thread_count; i++) {
		free(roster->threads[i]->holds);
		free(roster->threads[i]->together);
		free(roster->threads[i]->also);
		free(roster->threads[i]);
	}
	for (size_t i = 0; i < roster->object_count; i++)
		free(roster->objects[i]);
	for (size_t i = 0; i < roster->module_count; i++) {
		free(roster->modules[i]->path);
		free(roster->modules[i]);
	}
	for (size_t i = 0; i < roster->code_count; i++)
		free(roster->codes[i].function);
	free(roster->processes);
	free(roster->threads);
	free(roster->objects);
	free(roster->modules);
	free(roster->codes);
	free(roster->frames);
	free(roster->stacks);
	hw_table_finish(&roster->process_by_uid);
	hw_table_finish(&roster->thread_by_uid);
	hw_table_finish(&roster->code_by_place);
	hw_table_finish(&roster->frame_by_place);
	hw_table_finish(&roster->stack_by_link);
	hw_table_finish(&roster->shared_by_key);
	hw_table_finish(&roster->generations);
	*roster = (struct hw_roster){ 0 };
}

static void *pointer_in(const struct hw_table *table, uint64_t key)
{
	const uint64_t *value = hw_table_find(table, key);

	return value ? (void *)(uintptr_t)*value : NULL;
}

static void put_pointer(struct hw_table *table, uint64_t key, const void *pointer)
{
	*hw_table_put(table, key, NULL) = (uintptr_t)pointer;
}

struct hw_process *hw_roster_process(struct hw_roster *roster, uint64_t uid)
{
	struct hw_process *process = pointer_in(&roster->process_by_uid, uid);

	if (process)
		return process;
	process = hw_xcalloc(1, sizeof(*process));
	HW_GROW(roster->processes, roster->process_count, roster->process_capacity);
	roster->processes[roster->process_count++] = process;
	process->id = (uint32_t)roster->process_count;
	process->uid = uid;
	process->end_ns = -1;
	process->dirty = true;
	put_pointer(&roster->process_by_uid, uid, process);
	return process;
}

struct hw_process *hw_roster_registered(const struct hw_roster *roster, uint64_t uid)
{
	struct hw_process *process = pointer_in(&roster->process_by_uid, uid);

	return process && process->pid ? process : NULL;
}

struct hw_process *hw_roster_running(const struct hw_roster *roster, pid_t pid)
{
	for (size_t i = roster->process_count; i-- > 0;)
		if (roster->processes[i]->pid == pid && roster->processes[i]->end_ns < 0)
			return roster->processes[i];
	return NULL;
}

struct hw_thread *hw_roster_thread(struct hw_roster *roster, struct hw_process *process,
	uint64_t uid)
{
	struct hw_thread *thread = pointer_in(&roster->thread_by_uid, uid);

	if (thread)
		return thread;
	thread = hw_xcalloc(1, sizeof(*thread));
	HW_GROW(roster->threads, roster->thread_count, roster->thread_capacity);
	roster->threads[roster->thread_count++] = thread;
	thread->id = (uint32_t)roster->thread_count;
	thread->uid = uid;
	thread->process = process;
	thread->end_ns = -1;
	thread->dirty = true;
	put_pointer(&roster->thread_by_uid, uid, thread);
	return thread;
}

void hw_roster_number_thread(struct hw_thread *thread)
{
	if (!thread->number)
		thread->number = ++thread->process->thread_count;
}

struct hw_thread *hw_roster_known_thread(const struct hw_roster *roster, uint64_t uid)
{
	return pointer_in(&roster->thread_by_uid, uid);
}

/* Numbers are given one after the other; what is far beyond them is kept in a table. */
static void put_object(struct hw_process *process, uint32_t number, struct hw_object *object)
{
	if (number >= HW_PROCESS_NEAR_MAX) {
		put_pointer(&process->far_objects, number, object);
		return;
	}
	while (number >= process->object_capacity) {
		uint32_t capacity = process->object_capacity ? 2 * process->object_capacity : 64;

		process->objects = hw_xrealloc(process->objects, capacity * sizeof(object));
		memset(process->objects + process->object_capacity, 0,
			(capacity - process->object_capacity) * sizeof(object));
		process->object_capacity = capacity;
	}
	process->objects[number] = object;
}

struct hw_object *hw_roster_far_object(const struct hw_process *process, uint32_t number)
{
	return pointer_in(&process->far_objects, number);
}

static struct hw_object *add_object(struct hw_roster *roster)
{
	struct hw_object *object = hw_xcalloc(1, sizeof(*object));

	HW_GROW(roster->objects, roster->object_count, roster->object_capacity);
	roster->objects[roster->object_count++] = object;
	object->id = (uint32_t)roster->object_count;
	object->destroy_ns = -1;
	object->create_ns = -1;
	object->dirty = true;
	return object;
}

/* A home-made lock that was acquired in shared mode is defined as a mutex by the next process. */
static bool same_kind(const struct hw_object *object, const struct hw_object_definition *definition)
{
	return object->kind == definition->kind ||
		object->type & definition->type & HW_TYPE_ANNOTATED;
}

/* The shared object already known by this key, or NULL; *ret_key is where it belongs. */
static struct hw_object *find_shared(const struct hw_roster *roster,
	const struct hw_object_definition *definition, uint64_t *ret_key)
{
	uint64_t key = hw_hash_mix(hw_hash_mix(definition->device, definition->inode),
		definition->offset ^ (uint64_t)definition->kind << 56);
	struct hw_object *object;

	while ((object = pointer_in(&roster->shared_by_key, key))) {
		if (object->device == definition->device && object->inode == definition->inode &&
			object->offset == definition->offset && same_kind(object, definition))
			break;
		key++;
	}
	*ret_key = key;
	return object;
}

/* An init makes a new object of what was there, unless only another process opens the same name. */
static bool replaces(const struct hw_object *object, const struct hw_object_definition *definition)
{
	return object->destroy_ns >= 0 ||
		(definition->type & HW_TYPE_INITIALISED && !(definition->type & HW_TYPE_NAMED));
}

/* Where it is, of an object that one process has for itself. */
static void locate(struct hw_roster *roster, struct hw_object *object, struct hw_process *process,
	uint64_t ticks, uint64_t address)
{
	const struct hw_mapping *mapping = object->kind == HW_KIND_THREAD ?
		NULL :
		hw_roster_find_mapping(roster, process, ticks, address);

	object->process = process;
	object->address = address;
	if (mapping) {
		object->module = mapping->module;
		object->module_offset = address - mapping->bias;
	}
}

static void describe(struct hw_roster *roster, struct hw_object *object,
	struct hw_process *process, uint64_t ticks, const struct hw_object_definition *definition)
{
	uint64_t place = hw_hash_mix(process->id, definition->address);

	object->kind = definition->kind < HW_KIND_COUNT ? definition->kind : HW_KIND_NONE;
	object->type = definition->type;
	object->address = definition->address;
	object->generation = (uint32_t)(*hw_table_put(&roster->generations, place, NULL))++;
	if (!object->name[0])
		memcpy(object->name, definition->name, sizeof(object->name) - 1);
	if (object->kind == HW_KIND_THREAD)
		object->thread_uid = definition->capacity;
	else
		object->units_free = object->capacity = (int64_t)definition->capacity;
	object->made_with_units = object->kind == HW_KIND_SEM && definition->capacity > 0;
	if (definition->type & HW_TYPE_SHARED) {
		object->device = definition->device;
		object->inode = definition->inode;
		object->offset = definition->offset;
		/* As which it was not expected. */
		object->process = NULL;
		object->module = NULL;
	} else {
		locate(roster, object, process, ticks, definition->address);
	}
}

static void rename_object(struct hw_object *object, const char *name, size_t name_bytes)
{
	size_t length = strnlen(name, name_bytes);

	if (length >= sizeof(object->name))
		length = sizeof(object->name) - 1;
	memset(object->name, 0, sizeof(object->name));
	memcpy(object->name, name, length);
	/* What is neither defined nor expected has no row. */
	object->dirty |= object->kind != HW_KIND_NONE || object->address;
}

struct hw_object *hw_roster_define(struct hw_roster *roster, struct hw_process *process,
	uint64_t ticks, uint32_t number, const struct hw_object_definition *definition)
{
	struct hw_object *promised = pointer_in(&process->promised, number), *object = NULL;
	uint64_t key = 0;

	if (definition->type & HW_TYPE_SHARED)
		object = find_shared(roster, definition, &key);
	if (!object || replaces(object, definition)) {
		struct hw_object *old = object;

		object = promised ? promised : add_object(roster);
		object->dirty = true;
		describe(roster, object, process, ticks, definition);
		if (old && old->type & HW_TYPE_SYSV)
			old->successor = object;
		if (definition->type & HW_TYPE_SHARED)
			put_pointer(&roster->shared_by_key, key, object);
	} else if (definition->type & HW_TYPE_NAMED && !object->name[0]) {
		memcpy(object->name, definition->name, sizeof(object->name) - 1);
		object->dirty = true;
	}
	if (promised && promised != object) {
		if (promised->name[0])
			rename_object(object, promised->name, sizeof(promised->name));
		promised->actual = object;
		promised->dirty = promised->address;
	}
	put_object(process, number, object);
	return object;
}

/* The object of this number, or what it will be when it is defined. */
static struct hw_object *promise(struct hw_roster *roster, struct hw_process *process,
	uint32_t number)
{
	struct hw_object *object = hw_roster_object(process, number);

	if (!object)
		object = pointer_in(&process->promised, number);
	if (!object) {
		object = add_object(roster);
		object->dirty = false;
		put_pointer(&process->promised, number, object);
	}
	return object;
}

void hw_roster_name(struct hw_roster *roster, struct hw_process *process, uint32_t number,
	const char *name, size_t name_bytes)
{
	rename_object(promise(roster, process, number), name, name_bytes);
}

struct hw_object *hw_roster_expect(struct hw_roster *roster, struct hw_process *process,
	uint64_t ticks, uint32_t number, uint64_t address)
{
	struct hw_object *object = promise(roster, process, number);

	if (object->kind == HW_KIND_NONE && !object->address) {
		locate(roster, object, process, ticks, address);
		object->dirty = true;
	}
	return object;
}

struct hw_object *hw_roster_undefined(struct hw_roster *roster, struct hw_process *process,
	uint32_t number)
{
	struct hw_object *object = add_object(roster);

	object->process = process;
	put_object(process, number, object);
	return object;
}
