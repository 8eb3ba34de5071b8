/* SPDX-License-Identifier: MIT */
#include "tests/unit/reported.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/textbuf.h"

void reported_init(struct reported *r)
{
	memset(r, 0, sizeof(*r));
	scenario_init(&r->s);
	r->report.file = "bank.db";
	r->report.term.columns = 100;
}

char *reported_write(struct reported *r, const char *format)
{
	struct hw_analysis_options options = HW_ANALYSIS_DEFAULTS;
	const struct hw_report_format *f = hw_report_find_format(format);
	struct hw_textbuf text;
	struct hw_error error;

	cr_assert_not_null(f);
	cr_assert_eq(hw_model_load(r->s.db, "bank.db", &r->model, &error), 0, "%s", error.message);
	options.stall_ns = r->stall_ns;
	hw_analysis_run(&r->model, r->with_events ? r->s.db : NULL, &options, &r->analysis);
	hw_textbuf_init(&text);
	r->report.out = text.out;
	r->report.model = &r->model;
	r->report.analysis = &r->analysis;
	hw_report_write(f, &r->report);
	return hw_textbuf_finish(&text);
}

void reported_finish(struct reported *r)
{
	hw_analysis_finish(&r->analysis);
	hw_model_finish(&r->model);
	scenario_finish(&r->s);
}

void reported_philosophers(struct reported *r, int n)
{
	static const char left[] = "mutex_lock:1 < take_left:4 < dine:12 < start_thread";
	static const char right[] = "mutex_lock:1 < take_right:8 < dine:13 < start_thread";
	int64_t forks[16], thread;
	char name[32];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "forks[%d]", i);
		forks[i] = scenario_object(&r->s, "mutex", name);
	}
	for (int i = 0; i < n; i++) {
		int64_t next = forks[(i + 1) % n];

		snprintf(name, sizeof(name), "philosopher %d", i);
		thread = scenario_thread(&r->s, name);
		scenario_depend(&r->s, thread, next, NULL, NULL, right,
			(struct scenario_hold[]){ { forks[i], NULL, left }, { 0 } });
		scenario_hold(&r->s, thread, forks[i], NULL, left);
		scenario_wait(&r->s, thread, next, NULL, right);
	}
}

void reported_inversion(struct reported *r)
{
	int64_t reader = scenario_thread(&r->s, "reader"),
		writer = scenario_thread(&r->s, "writer");
	int64_t a = scenario_object(&r->s, "mutex", "a"), b = scenario_object(&r->s, "mutex", "b");
	int64_t log = scenario_object(&r->s, "mutex", "log");

	scenario_nest(&r->s, reader, "read_all", a, b, NULL_OBJECT);
	scenario_nest(&r->s, writer, "write_all", log, b, a, NULL_OBJECT);
}
