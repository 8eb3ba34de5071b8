/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/difference.h"
#include "tests/unit/recording.h"

struct side {
	struct scenario s;
	struct hw_model model;
	struct hw_analysis analysis;
};

static struct side old, new;
static struct hw_difference difference;

static void set_up(void)
{
	scenario_init(&old.s);
	scenario_init(&new.s);
}

static void finish(struct side *side)
{
	hw_analysis_finish(&side->analysis);
	hw_model_finish(&side->model);
	scenario_finish(&side->s);
}

static void tear_down(void)
{
	hw_difference_finish(&difference);
	finish(&old);
	finish(&new);
}

TestSuite(difference, .init = set_up, .fini = tear_down);

static void nest(struct side *side, const char *function, const char *outer, const char *inner)
{
	int64_t thread = scenario_thread(&side->s, function);
	int64_t a = scenario_object(&side->s, "mutex", outer);
	int64_t b = scenario_object(&side->s, "mutex", inner);

	scenario_nest(&side->s, thread, function, a, b, NULL_OBJECT);
}

static void analyse(struct side *side)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(side->s.db, "test", &side->model, &error), 0, "%s",
		error.message);
	hw_analysis_run(&side->model, NULL, NULL, &side->analysis);
}

static void compare(void)
{
	analyse(&old);
	analyse(&new);
	hw_difference_find(&old.analysis, &new.analysis, &difference);
}

Test(difference, of_the_same_is_none)
{
	nest(&old, "transfer", "a", "b");
	/* In another order, and more often: other ids, the same classes. */
	nest(&new, "audit", "c", "d");
	nest(&new, "transfer", "a", "b");
	nest(&old, "audit", "c", "d");
	nest(&old, "audit", "c", "d");
	compare();
	cr_assert_not(hw_difference_exists(&difference));
}

static void declare(struct side *side, const char *first, const char *second)
{
	int64_t thread = scenario_thread(&side->s, "main");
	int64_t a = scenario_object(&side->s, "mutex", first);
	int64_t b = scenario_object(&side->s, "mutex", second);

	scenario_declare(&side->s, thread, a, b, "main:7");
}

/* What is never locked has no kind, but is the same for all that. */
Test(difference, declared_orders_of_what_is_not_always_used)
{
	declare(&old, "a", "b");
	declare(&new, "a", "b");
	scenario_sql(&old.s, "UPDATE object SET kind = 'unknown' WHERE name = 'b'");
	scenario_sql(&old.s, "UPDATE class SET kind = 'unknown', key = 'unknown ' || key"
			     " WHERE key = 'b'");
	scenario_sql(&new.s, "UPDATE class SET key = 'mutex ' || key WHERE key = 'b'");
	compare();
	cr_assert_not(hw_difference_exists(&difference));
}

/* One more in between is another order, though the same follows. */
Test(difference, declared_orders_that_came_and_went)
{
	const struct hw_difference_side *side = &difference.sides[1];

	declare(&old, "a", "b");
	declare(&old, "a", "c");
	declare(&new, "c", "b");
	declare(&new, "a", "c");
	declare(&new, "a", "c");
	compare();
	cr_assert(hw_difference_exists(&difference));
	cr_assert_eq(difference.order_count[0] + difference.order_count[1], 0);
	cr_assert_eq(difference.declared_count[0], 1);
	cr_assert_eq(difference.declared_count[1], 1);
	cr_assert_str_eq(side->model->classes[side->declared.edges[difference.declared[1][0]].from]
				 .key, "c");
}

Test(difference, orders_that_came_and_went)
{
	nest(&old, "transfer", "a", "b");
	nest(&old, "audit", "c", "d");
	nest(&new, "transfer", "a", "b");
	nest(&new, "count", "b", "d");
	compare();
	cr_assert_eq(difference.order_count[0], 1);
	cr_assert_eq(difference.order_count[1], 1);
	cr_assert_str_eq(
		hw_difference_first(&difference.sides[0], difference.orders[0][0])->key, "c");
	cr_assert_str_eq(
		hw_difference_second(&difference.sides[0], difference.orders[0][0])->key, "d");
	cr_assert_str_eq(
		hw_difference_first(&difference.sides[1], difference.orders[1][0])->key, "b");
	cr_assert_eq(difference.finding_count[0] + difference.finding_count[1], 0);
}

Test(difference, a_finding_that_came)
{
	int64_t a = scenario_object(&new.s, "mutex", "a");
	int64_t b = scenario_object(&new.s, "mutex", "b");

	nest(&old, "transfer", "a", "b");
	scenario_nest(&new.s, scenario_thread(&new.s, "one"), "transfer", a, b, NULL_OBJECT);
	scenario_nest(&new.s, scenario_thread(&new.s, "two"), "audit", b, a, NULL_OBJECT);
	compare();
	cr_assert_eq(difference.finding_count[0], 0);
	cr_assert_eq(difference.finding_count[1], 1);
	cr_assert_eq(difference.order_count[1], 1);
}

Test(difference, of_nothing)
{
	compare();
	cr_assert_not(hw_difference_exists(&difference));
}
