/* SPDX-License-Identifier: MIT */
#include "tests/unit/cycles.h"

#include <criterion/criterion.h>

struct scenario s;
struct hw_model model;
struct hw_cycles cycles;
struct hw_ruled_outs ruled_outs;
int64_t budget = 10000000;
bool any_thread;

static struct hw_graph graph;
static struct hw_steps steps;

void cycles_setup(void)
{
	scenario_init(&s);
}

void cycles_teardown(void)
{
	hw_ruled_out_finish(&ruled_outs);
	hw_cycles_finish(&cycles);
	hw_steps_finish(&steps);
	hw_graph_finish(&graph);
	hw_model_finish(&model);
	scenario_finish(&s);
}

void cycles_search(void)
{
	struct hw_analysis_options options = { .budget = budget, .any_thread = any_thread };
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_graph_build(&model, HW_GRAPH_BY_OBJECT, &graph);
	hw_steps_build(&model, &graph, &steps);
	hw_cycles_find(&model, &graph, &steps, &options, &cycles);
	options.budget *= 4;
	hw_ruled_out_find(&model, &graph, &steps, &options, &ruled_outs);
}

void cycles_check_ring(const struct hw_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->length; i++) {
		const struct hw_step_taker *taker = &cycle->ring[i];
		const struct hw_step_taker *next = &cycle->ring[(i + 1) % cycle->length];

		cr_assert_eq(model.dependencies[taker->dependency].thread, taker->thread);
		cr_assert_eq(model.dependencies[taker->dependency].object,
			model.holds[next->hold].object);
		for (uint32_t j = 0; j < i; j++)
			cr_assert_neq(cycle->ring[j].thread, taker->thread);
	}
}

void cycles_expect_ruled_out(enum hw_reason reason)
{
	cycles_search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 1);
	cr_assert_str_eq(
		hw_pattern_reason_name(ruled_outs.all[0].reason), hw_pattern_reason_name(reason));
}

int64_t cycles_mutex(const char *name)
{
	return scenario_object(&s, "mutex", name);
}

int64_t cycles_semaphore(const char *name, int units)
{
	int64_t sem = scenario_object(&s, "sem", name);

	scenario_sql(
		&s, "UPDATE object SET role = 'lock', capacity = %d WHERE id = %lld", units, sem);
	return sem;
}
