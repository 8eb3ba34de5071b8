/* SPDX-License-Identifier: MIT */
#include "tests/unit/disorders.h"

#include <criterion/criterion.h>

struct scenario s;
struct hw_model model;
struct hw_analysis analysis;
int64_t first_thread;

void disorders_setup(void)
{
	scenario_init(&s);
	first_thread = scenario_thread(&s, "main");
}

void disorders_analyse(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_analysis_run(&model, NULL, NULL, &analysis);
}

void disorders_teardown(void)
{
	hw_analysis_finish(&analysis);
	hw_model_finish(&model);
	scenario_finish(&s);
}

int64_t disorders_mutex(const char *name)
{
	return scenario_object(&s, "mutex", name);
}

void disorders_declare(int64_t first, int64_t second)
{
	scenario_declare(&s, first_thread, first, second, "main:7");
}

void disorders_nest(int64_t thread, const char *function, int64_t outer, int64_t inner)
{
	scenario_nest(&s, thread, function, outer, inner, NULL_OBJECT);
}

const struct hw_finding *disorders_only(void)
{
	cr_assert_eq(analysis.finding_count, 1, "%u findings", analysis.finding_count);
	cr_assert_eq(analysis.findings[0].rule, HW_RULE_DECLARED);
	cr_assert_eq(analysis.findings[0].verdict, HW_VERDICT_NONE);
	return &analysis.findings[0];
}
