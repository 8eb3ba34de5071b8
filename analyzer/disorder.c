/* SPDX-License-Identifier: MIT */
#include "analyzer/disorder.h"

#include <stdlib.h>

#include "analyzer/declared.h"
#include "trace/memory.h"

static void add(struct hw_disorders *disorders, struct hw_disorder disorder)
{
	HW_GROW(disorders->all, disorders->count, disorders->capacity);
	disorders->all[disorders->count++] = disorder;
}

/* One for all objects that come before each other. */
static void find_contradictions(struct hw_declared_order *order, struct hw_disorders *disorders)
{
	uint32_t count = order->model->object_count;
	bool *told = hw_xcalloc(count, sizeof(*told));

	for (uint32_t i = 0; i < count; i++) {
		struct hw_disorder disorder = { .dependency = HW_NONE, .hold = HW_NONE };

		if (told[order->components[i]] || !hw_declared_order_contradicts(order, i, i))
			continue;
		told[order->components[i]] = true;
		disorder.declaration_count = hw_declared_order_find(
			order, i, i, &disorders->arena, &disorder.declarations);
		add(disorders, disorder);
	}
	free(told);
}

static void look_at(struct hw_declared_order *order, uint32_t dependency,
	struct hw_disorders *disorders)
{
	const struct hw_model *m = order->model;
	const struct hw_dependency *d = &m->dependencies[dependency];

	for (uint32_t i = 0; i < d->hold_count; i++) {
		struct hw_disorder disorder = { .dependency = dependency,
			.hold = d->first_hold + i };
		uint32_t held = m->holds[disorder.hold].object;

		if (held == d->object || !hw_model_is_lock(m, held) ||
			hw_declared_order_contradicts(order, held, d->object))
			continue;
		disorder.declaration_count = hw_declared_order_find(
			order, d->object, held, &disorders->arena, &disorder.declarations);
		if (disorder.declaration_count)
			add(disorders, disorder);
	}
}

struct wanted {
	uint32_t object, dependency;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;

	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	return (left->dependency > right->dependency) - (left->dependency < right->dependency);
}

/* By what is waited for, as what comes after one object is found at once. */
static void look_at_all(struct hw_declared_order *order, struct hw_disorders *disorders)
{
	const struct hw_model *m = order->model;
	struct wanted *wanted = hw_xcalloc(m->dependency_count, sizeof(*wanted));
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->dependency_count; i++)
		if (!(m->dependencies[i].how & HW_HOW_TRY) &&
			hw_model_is_lock(m, m->dependencies[i].object))
			wanted[count++] = (struct wanted){ m->dependencies[i].object, i };
	if (count)
		qsort(wanted, count, sizeof(*wanted), compare_wanted);
	for (uint32_t i = 0; i < count; i++)
		look_at(order, wanted[i].dependency, disorders);
	free(wanted);
}

void hw_disorders_find(const struct hw_model *model, struct hw_disorders *ret_disorders)
{
	struct hw_declared_order order;

	*ret_disorders = (struct hw_disorders){ 0 };
	if (!model->declared_count)
		return;
	hw_declared_order_init(model, &order);
	find_contradictions(&order, ret_disorders);
	if (!model->meta.lost)
		look_at_all(&order, ret_disorders);
	hw_declared_order_finish(&order);
}

void hw_disorders_finish(struct hw_disorders *disorders)
{
	free(disorders->all);
	hw_arena_finish(&disorders->arena);
	*disorders = (struct hw_disorders){ 0 };
}
