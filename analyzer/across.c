/* SPDX-License-Identifier: MIT */
#include "analyzer/across.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/path.h"
#include "analyzer/same.h"
#include "trace/memory.h"

/* Ways round one cycle that are tried. */
enum { TRIES_MAX = 100000 };

struct search {
	const struct hw_model *model; /* as merged: here locks of runs are distinct */
	const struct hw_steps *steps;
	bool *runs_of_code; /* by code and run: whether that run has it */
	struct hw_step_taker *ring;
	const uint32_t *path; /* steps of the ring */
	uint32_t length;
	uint32_t tries;
};

/* The model with locks that are the same as one; what it does not change it shares. */
static struct hw_model unify(const struct hw_model *m)
{
	struct hw_model result = *m;
	uint32_t *same = hw_same_find(m);

	result.dependencies = hw_xcalloc(m->dependency_count, sizeof(*result.dependencies));
	for (uint32_t i = 0; i < m->dependency_count; i++) {
		result.dependencies[i] = m->dependencies[i];
		result.dependencies[i].object = same[m->dependencies[i].object];
	}
	result.holds = hw_xcalloc(m->hold_count, sizeof(*result.holds));
	for (uint32_t i = 0; i < m->hold_count; i++) {
		result.holds[i] = m->holds[i];
		result.holds[i].object = same[m->holds[i].object];
	}
	free(same);
	return result;
}

static uint32_t run_of(const struct search *s, const struct hw_step_taker *taker)
{
	return hw_model_run_of(s->model, taker->thread);
}

static void note_runs(struct search *s)
{
	for (uint32_t i = 0; i < s->steps->count; i++) {
		const struct hw_step *step = &s->steps->all[i];
		bool *runs = &s->runs_of_code[(size_t)step->code * s->model->run_count];

		for (uint32_t t = 0; t < step->taker_count; t++)
			runs[run_of(s, &s->steps->takers[step->first_taker + t])] = true;
	}
}

static bool one_run_has_all(const struct search *s, const struct hw_cycle *cycle)
{
	for (uint32_t run = 0; run < s->model->run_count; run++) {
		uint32_t count = 0;

		while (count < cycle->length &&
			s->runs_of_code[(size_t)cycle->codes[count] * s->model->run_count + run])
			count++;
		if (count == cycle->length)
			return true;
	}
	return false;
}

static const char *program_of(const struct hw_process *process)
{
	return process->exe ? hw_path_base(process->exe) : "";
}

/* Whether these are the first threads of one program, in different runs. */
static bool are_one_main(const struct hw_model *m, uint32_t one, uint32_t other)
{
	const struct hw_thread *a = &m->threads[one], *b = &m->threads[other];
	const struct hw_process *of_a = &m->processes[a->process];
	const struct hw_process *of_b = &m->processes[b->process];

	return a->number == 1 && b->number == 1 && of_a->run != of_b->run &&
	       of_a->parent == HW_NONE && of_b->parent == HW_NONE &&
	       strcmp(program_of(of_a), program_of(of_b)) == 0;
}

static bool can_be_with(const struct search *s, uint32_t position)
{
	uint32_t thread = s->ring[position].thread;

	for (uint32_t i = 0; i < position; i++)
		if (s->ring[i].thread == thread ||
			are_one_main(s->model, s->ring[i].thread, thread))
			return false;
	return true;
}

/* Whether one waits for what the other holds, which in one run has to be the very same lock. */
static bool meet(const struct search *s, const struct hw_step_taker *waiter,
	const struct hw_step_taker *holder)
{
	const struct hw_dependency *waits = &s->model->dependencies[waiter->dependency];
	const struct hw_dependency *other = &s->model->dependencies[holder->dependency];

	if (run_of(s, waiter) != run_of(s, holder))
		return true;
	return waits->object == (holder->hold == HW_NONE ? other->object :
							   s->model->holds[holder->hold].object);
}

/* Find takers for the steps from a position on. */
static bool assign(struct search *s, uint32_t position)
{
	const struct hw_step *step;

	if (position == s->length)
		return meet(s, &s->ring[position - 1], &s->ring[0]);
	step = &s->steps->all[s->path[position]];
	for (uint32_t i = 0; i < step->taker_count && s->tries < TRIES_MAX; i++) {
		s->tries++;
		s->ring[position] = s->steps->takers[step->first_taker + i];
		if (!can_be_with(s, position) ||
			(position && !meet(s, &s->ring[position - 1], &s->ring[position])))
			continue;
		if (assign(s, position + 1))
			return true;
	}
	return false;
}

/* Give the cycle a ring of threads that can meet; false when there is none. */
static bool complete_ring(struct search *s, struct hw_cycle *cycle)
{
	s->ring = cycle->ring;
	s->length = cycle->length;
	s->tries = 0;
	for (uint32_t i = 0; i < cycle->example_count; i++) {
		s->path = &cycle->examples[i * cycle->width];
		if (assign(s, 0))
			return true;
	}
	return false;
}

/* Keep the cycles that exist only across runs. */
static void filter(struct search *s, struct hw_cycles *cycles)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cycles->count; i++)
		if (!one_run_has_all(s, &cycles->all[i]) && complete_ring(s, &cycles->all[i]))
			cycles->all[kept++] = cycles->all[i];
	cycles->count = kept;
}

void hw_across_find(const struct hw_model *model, const struct hw_analysis_options *options,
	struct hw_across *ret_across)
{
	struct hw_across *a = ret_across;
	struct search search = { .model = model, .steps = &a->steps };

	*a = (struct hw_across){ .model = unify(model) };
	hw_graph_build(&a->model, HW_GRAPH_BY_OBJECT, &a->graph);
	hw_steps_build(&a->model, &a->graph, &a->steps);
	hw_cycles_find(&a->model, &a->graph, &a->steps, options, &a->found);
	search.runs_of_code =
		hw_xcalloc((size_t)a->steps.codes.count * model->run_count + 1, sizeof(bool));
	note_runs(&search);
	filter(&search, &a->found);
	free(search.runs_of_code);
}

void hw_across_finish(struct hw_across *across)
{
	hw_cycles_finish(&across->found);
	hw_steps_finish(&across->steps);
	hw_graph_finish(&across->graph);
	free(across->model.dependencies);
	free(across->model.holds);
	*across = (struct hw_across){ 0 };
}
