/* SPDX-License-Identifier: MIT */
#include "analyzer/declared_arcs.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/same.h"
#include "trace/memory.h"
#include "trace/table.h"

struct gathering {
	const struct hw_model *model;
	struct hw_declared_arcs *arcs;
	uint32_t *first_of; /* by process: a declaration of an object that it has for itself */
	uint32_t *next_of;  /* by declaration: the next one of its process */
	struct hw_table first_at; /* hash of process and address -> the first object there + 1 */
	uint32_t *same;
	struct hw_table only; /* first one that is the same << 32 | home -> object, or HW_NONE */
};

static void add_arc(struct gathering *g, uint32_t from, uint32_t to, uint32_t declaration)
{
	HW_GROW(g->arcs->all, g->arcs->count, g->arcs->capacity);
	g->arcs->all[g->arcs->count++] = (struct hw_declared_arc){ from, to, declaration };
}

static uint32_t process_of(const struct gathering *g, uint32_t object)
{
	return g->model->objects[object].process;
}

/* The process that has one of them, or both, for itself; HW_NONE when both are shared. */
static uint32_t process_of_both(const struct gathering *g, const struct hw_declared *declared)
{
	uint32_t process = process_of(g, declared->first);

	return process == HW_NONE ? process_of(g, declared->second) : process;
}

static void sort_by_process(struct gathering *g)
{
	const struct hw_model *m = g->model;

	g->first_of = hw_xcalloc(m->process_count, sizeof(*g->first_of));
	g->next_of = hw_xcalloc(m->declared_count, sizeof(*g->next_of));
	for (uint32_t p = 0; p < m->process_count; p++)
		g->first_of[p] = HW_NONE;
	for (uint32_t i = m->declared_count; i-- > 0;) {
		uint32_t process = process_of_both(g, &m->declared[i]);

		if (process == HW_NONE)
			continue;
		g->next_of[i] = g->first_of[process];
		g->first_of[process] = i;
	}
}

/* What was first at an address of a process is what was there when it was forked. */
static void note_addresses(struct gathering *g)
{
	const struct hw_model *m = g->model;

	for (uint32_t i = 0; i < m->object_count; i++) {
		const struct hw_object *o = &m->objects[i];
		uint64_t *first;
		bool new;

		if (o->process == HW_NONE || o->kind == HW_KIND_THREAD)
			continue;
		first = hw_table_put(&g->first_at, hw_hash_mix(o->process, o->address), &new);
		if (new)
			*first = i + 1;
	}
}

/* What an object of its parent is in a child; the same one when the child did not use it. */
static uint32_t inherited(const struct gathering *g, uint32_t object, uint32_t child)
{
	const struct hw_object *o = &g->model->objects[object];
	const uint64_t *first = hw_table_find(&g->first_at, hw_hash_mix(child, o->address));
	bool found = o->process != HW_NONE && first &&
		     g->model->objects[*first - 1].process == child &&
		     g->model->objects[*first - 1].address == o->address;

	return found ? (uint32_t)(*first - 1) : object;
}

/* Whether both were there, and were declared, when a process was forked. */
static bool were_there(const struct hw_model *m, const struct hw_declared *declared,
	const struct hw_process *child)
{
	const struct hw_object *first = &m->objects[declared->first];
	const struct hw_object *second = &m->objects[declared->second];

	return declared->first_ns <= child->start_ns &&
	       (first->destroy_ns == HW_UNKNOWN || first->destroy_ns >= child->start_ns) &&
	       (second->destroy_ns == HW_UNKNOWN || second->destroy_ns >= child->start_ns);
}

/* `born` is the child, or the one of its ancestors, that this process forked. */
static void add_inherited(struct gathering *g, uint32_t process, uint32_t born, uint32_t child)
{
	const struct hw_model *m = g->model;

	for (uint32_t i = g->first_of[process]; i != HW_NONE; i = g->next_of[i]) {
		uint32_t first = m->declared[i].first, second = m->declared[i].second;
		uint32_t from = inherited(g, first, child), to = inherited(g, second, child);

		if ((from != first || to != second) &&
			were_there(m, &m->declared[i], &m->processes[born]))
			add_arc(g, from, to, i);
	}
}

/* The parent that it was forked from, or HW_NONE; parents are older, so that this ends. */
static uint32_t forked_from(const struct hw_model *m, uint32_t process)
{
	const struct hw_process *p = &m->processes[process];
	bool forked = p->origin && strcmp(p->origin, "fork") == 0 && p->parent != HW_NONE &&
		      p->parent < process;

	return forked ? p->parent : HW_NONE;
}

static void add_forked(struct gathering *g)
{
	sort_by_process(g);
	note_addresses(g);
	for (uint32_t child = 0; child < g->model->process_count; child++) {
		uint32_t born = child, parent;

		while ((parent = forked_from(g->model, born)) != HW_NONE) {
			add_inherited(g, parent, born, child);
			born = parent;
		}
	}
	free(g->first_of);
	free(g->next_of);
	hw_table_finish(&g->first_at);
}

static uint32_t home_of(const struct gathering *g, uint32_t object)
{
	const struct hw_object *o = &g->model->objects[object];

	return o->process == HW_NONE ? g->model->process_count + o->run : o->process;
}

static void note_only(struct gathering *g)
{
	for (uint32_t i = 0; i < g->model->object_count; i++) {
		bool new;
		uint64_t key = (uint64_t)g->same[i] << 32 | home_of(g, i);
		uint64_t *only = hw_table_put(&g->only, key, &new);

		*only = new ? i : HW_NONE;
	}
}

/* The one object there that is the same as this one; HW_NONE when there are several, or none. */
static uint32_t only(const struct gathering *g, uint32_t object, uint32_t home)
{
	const uint64_t *value = hw_table_find(&g->only, (uint64_t)g->same[object] << 32 | home);

	return value ? (uint32_t)*value : HW_NONE;
}

/* What is the same as an object in another process, or shared in its run. */
static uint32_t counterpart(const struct gathering *g, uint32_t object, uint32_t process)
{
	return only(g, object,
		process_of(g, object) == HW_NONE ?
			g->model->process_count + g->model->processes[process].run :
			process);
}

static void add_of_runs(struct gathering *g, uint32_t declaration)
{
	const struct hw_model *m = g->model;
	const struct hw_declared *declared = &m->declared[declaration];
	uint32_t first = declared->first, second = declared->second;
	bool shared = process_of(g, first) == HW_NONE && process_of(g, second) == HW_NONE;

	if (only(g, first, home_of(g, first)) != first ||
		only(g, second, home_of(g, second)) != second)
		return;
	for (uint32_t p = 0; p < m->process_count; p++) {
		bool is_first = p == 0 || m->processes[p - 1].run != m->processes[p].run;
		uint32_t from, to;

		if (m->processes[p].run == m->objects[first].run || (shared && !is_first))
			continue;
		from = counterpart(g, first, p);
		to = counterpart(g, second, p);
		if (from != HW_NONE && to != HW_NONE)
			add_arc(g, from, to, declaration);
	}
}

static void add_merged(struct gathering *g)
{
	g->same = hw_same_find(g->model);
	note_only(g);
	for (uint32_t i = 0; i < g->model->declared_count; i++)
		add_of_runs(g, i);
	hw_table_finish(&g->only);
	free(g->same);
}

static int compare_arcs(const void *a, const void *b)
{
	const struct hw_declared_arc *left = a, *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	return (left->declaration > right->declaration) - (left->declaration < right->declaration);
}

void hw_declared_arcs_gather(const struct hw_model *model, struct hw_declared_arcs *ret_arcs)
{
	struct gathering g = { .model = model, .arcs = ret_arcs };

	*ret_arcs = (struct hw_declared_arcs){ 0 };
	if (!model->declared_count)
		return;
	for (uint32_t i = 0; i < model->declared_count; i++)
		add_arc(&g, model->declared[i].first, model->declared[i].second, i);
	if (model->process_count > 1)
		add_forked(&g);
	if (model->run_count > 1)
		add_merged(&g);
	qsort(ret_arcs->all, ret_arcs->count, sizeof(*ret_arcs->all), compare_arcs);
}
