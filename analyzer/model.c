/* SPDX-License-Identifier: MIT */
#include "analyzer/model.h"

#include <stdlib.h>
#include <string.h>

static uint32_t find(const struct hw_table *ids, int64_t id)
{
	const uint64_t *index = hw_table_find(ids, (uint64_t)id);

	return index ? (uint32_t)*index : HW_NONE;
}

uint32_t hw_model_find_process(const struct hw_model *model, int64_t id)
{
	return find(&model->process_ids, id);
}

uint32_t hw_model_find_thread(const struct hw_model *model, int64_t id)
{
	return find(&model->thread_ids, id);
}

uint32_t hw_model_find_object(const struct hw_model *model, int64_t id)
{
	return find(&model->object_ids, id);
}

uint32_t hw_model_find_stack(const struct hw_model *model, int64_t id)
{
	return find(&model->stack_ids, id);
}

uint32_t hw_model_run_of(const struct hw_model *model, uint32_t thread)
{
	return model->processes[model->threads[thread].process].run;
}

bool hw_model_is_lock(const struct hw_model *model, uint32_t object)
{
	const struct hw_object *o = &model->objects[object];

	switch (o->kind) {
	case HW_KIND_MUTEX:
	case HW_KIND_RWLOCK:
	case HW_KIND_SPIN:
	case HW_KIND_ONCE:
		return true;
	case HW_KIND_SEM:
		/* Without a verdict of the collector: one that began with units was made to be
		 * taken. */
		return o->role == HW_ROLE_LOCK || (o->role == HW_ROLE_UNKNOWN && o->capacity >= 1);
	default:
		return false;
	}
}

bool hw_model_writers_first(const struct hw_model *model, uint32_t object)
{
	const struct hw_object *o = &model->objects[object];

	return o->kind == HW_KIND_RWLOCK && strstr(o->type, "prefer-writer") &&
	       !strstr(o->type, "prefer-writer-recursive");
}

int64_t hw_model_capacity(const struct hw_model *model, uint32_t object)
{
	const struct hw_object *o = &model->objects[object];

	return o->kind == HW_KIND_SEM && o->capacity > 1 ? o->capacity : 1;
}

void hw_model_finish(struct hw_model *model)
{
	free(model->processes);
	free(model->threads);
	free(model->modules);
	free(model->frames);
	free(model->stacks);
	free(model->classes);
	free(model->objects);
	free(model->holds);
	free(model->dependencies);
	free(model->waits);
	free(model->misuses);
	free(model->declared);
	free(model->meta.notes);
	free(model->meta.blocked_shares);
	free(model->runs);
	hw_table_finish(&model->process_ids);
	hw_table_finish(&model->thread_ids);
	hw_table_finish(&model->module_ids);
	hw_table_finish(&model->frame_ids);
	hw_table_finish(&model->stack_ids);
	hw_table_finish(&model->class_ids);
	hw_table_finish(&model->object_ids);
	hw_table_finish(&model->dependency_ids);
	hw_arena_finish(&model->arena);
	*model = (struct hw_model){ 0 };
}
