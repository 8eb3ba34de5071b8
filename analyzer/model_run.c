/* SPDX-License-Identifier: MIT */
/*
 * The runs that a merged recording is made of, from the rows "merged.N" of meta.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/loader.h"
#include "trace/memory.h"

static void read_run(struct hw_loader *l, uint32_t *capacity)
{
	struct hw_model *m = l->model;
	struct hw_run run = {
		.file = hw_loader_string(l, 0),
		.first_process = hw_loader_integer(l, 1, 1),
		.first_object = hw_loader_integer(l, 2, 1),
	};
	const struct hw_run *previous = m->run_count ? &m->runs[m->run_count - 1] : NULL;

	if (!run.file)
		run.file = "an unnamed recording";
	if (previous && (previous->first_process > run.first_process ||
				previous->first_object > run.first_object))
		hw_loader_damaged(l, "runs that are not in the order of their ids");
	HW_GROW(m->runs, m->run_count, *capacity);
	m->runs[m->run_count++] = run;
}

/* Rows are in the order of their ids, and so are runs. */
static void assign_runs(struct hw_model *m)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < m->process_count; i++) {
		while (run + 1 < m->run_count &&
			m->runs[run + 1].first_process <= m->processes[i].id)
			run++;
		m->processes[i].run = m->run_count ? run : HW_NONE;
		if (m->run_count)
			m->runs[run].process_count++;
	}
	run = 0;
	for (uint32_t i = 0; i < m->object_count; i++) {
		while (run + 1 < m->run_count &&
			m->runs[run + 1].first_object <= m->objects[i].id)
			run++;
		m->objects[i].run = m->run_count ? run : HW_NONE;
	}
}

/* "merged." and a number, as merge.h says. */
static bool is_run(const char *key)
{
	return key && strncmp(key, "merged.", 7) == 0 && key[7] &&
	       key[7 + strspn(key + 7, "0123456789")] == '\0';
}

int hw_loader_read_runs(struct hw_loader *l)
{
	uint32_t capacity = 0;

	/* merged.10 after merged.9 */
	if (hw_loader_query(l, "meta",
		    "value, (SELECT value FROM meta AS m WHERE m.key = meta.key || '.process'),"
		    " (SELECT value FROM meta AS m WHERE m.key = meta.key || '.object'), key",
		    "length(key), key"))
		return l->result;
	while (!l->result && hw_loader_next(l))
		if (is_run((const char *)sqlite3_column_text(l->row, 3)))
			read_run(l, &capacity);
	hw_loader_done(l);
	assign_runs(l->model);
	return l->result;
}
