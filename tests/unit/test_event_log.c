/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/event_log.h"
#include "analyzer/log_format.h"
#include "analyzer/textbuf.h"
#include "tests/unit/golden.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_error error;
static struct hw_event_filter filter = { .until_ns = INT64_MAX, .limit = -1 };
static int64_t reader, writer, a, forks;

/* Two threads, two locks, and a few events, stored in another order than they happened. */
static void setup(void)
{
	int64_t place;

	scenario_init(&s);
	reader = scenario_thread(&s, "reader");
	writer = scenario_thread(&s, "writer, \"fast\"");
	a = scenario_object(&s, "mutex", "a");
	forks = scenario_object(&s, "rwlock", "forks[2]");
	place = scenario_stack(&s, "pthread_mutex_lock:1 < transfer:41 < main:9");
	scenario_sql(&s,
		"INSERT INTO event (time_ns, thread, op, object, mode, how, stack, result) VALUES"
		" (3000, %lld, 'fail', %lld, NULL, 'timed', %lld, 110),"
		" (1000, %lld, 'start', NULL, NULL, NULL, NULL, NULL),"
		" (2000, %lld, 'lock', %lld, 'shared', NULL, %lld, NULL),"
		" (1500, %lld, 'create', NULL, NULL, NULL, NULL, %lld),"
		" (4000000000, %lld, 'unlock', %lld, NULL, NULL, NULL, NULL)",
		writer, a, place, reader, reader, forks, place, reader, writer, reader, forks);
	cr_assert_eq(hw_model_load(s.db, "test.db", &model, &error), 0, "%s", error.message);
}

static void teardown(void)
{
	free(filter.threads);
	free(filter.objects);
	hw_model_finish(&model);
	scenario_finish(&s);
}

/* The times of the events that come through, as text. */
static void note_time(void *user, const struct hw_event_row *row)
{
	fprintf(user, "%lld ", (long long)row->time_ns);
}

static void expect_times(const char *expected)
{
	struct hw_textbuf text;
	char *times;

	hw_textbuf_init(&text);
	cr_assert_eq(
		hw_event_log_read(s.db, "test.db", &model, &filter, note_time, text.out, &error),
		0);
	times = hw_textbuf_finish(&text);
	cr_assert_str_eq(times, expected);
	free(times);
}

static uint32_t match_threads(const char *word)
{
	free(filter.threads);
	filter.threads = calloc(model.thread_count, sizeof(bool));
	return hw_event_log_match_threads(&model, word, filter.threads);
}

static uint32_t match_objects(const char *word)
{
	free(filter.objects);
	filter.objects = calloc(model.object_count, sizeof(bool));
	return hw_event_log_match_objects(&model, word, filter.objects);
}

TestSuite(event_log, .init = setup, .fini = teardown);

Test(event_log, is_in_the_order_of_time)
{
	expect_times("1000 1500 2000 3000 4000000000 ");
}

Test(event_log, by_time)
{
	filter.since_ns = 1500;
	filter.until_ns = 3000;
	expect_times("1500 2000 3000 ");
}

Test(event_log, the_first_few)
{
	filter.limit = 2;
	expect_times("1000 1500 ");
	filter.limit = 0;
	expect_times("");
}

Test(event_log, by_thread)
{
	cr_assert_eq(match_threads("2"), 1);
	expect_times("3000 ");
	cr_assert_eq(match_threads("reader"), 1);
	expect_times("1000 1500 2000 4000000000 ");
	cr_assert_eq(match_threads("*er*"), 2);
	cr_assert_eq(match_threads("nobody"), 0);
}

Test(event_log, by_object)
{
	cr_assert_eq(match_objects("1"), 1);
	expect_times("3000 ");
	/* A name with brackets is meant as it is written. */
	cr_assert_eq(match_objects("forks[2]"), 1);
	expect_times("2000 4000000000 ");
	cr_assert_eq(match_objects("*"), 2);
	expect_times("2000 3000 4000000000 ");
}

Test(event_log, by_op)
{
	filter.ops = "lock,fail";
	expect_times("2000 3000 ");
	filter.ops = "loc";
	expect_times("");
}

Test(event_log, limit_counts_what_comes_through)
{
	filter.ops = "unlock";
	filter.limit = 1;
	expect_times("4000000000 ");
}

Test(event_log, reads_times)
{
	int64_t time;

	cr_assert(hw_event_log_parse_time("1.5", &time) && time == 1500000000);
	cr_assert(hw_event_log_parse_time("2s", &time) && time == 2000000000);
	cr_assert(hw_event_log_parse_time("250ms", &time) && time == 250000000);
	cr_assert(hw_event_log_parse_time("7us", &time) && time == 7000);
	cr_assert(hw_event_log_parse_time("9ns", &time) && time == 9);
	cr_assert_not(hw_event_log_parse_time("", &time));
	cr_assert_not(hw_event_log_parse_time("soon", &time));
	cr_assert_not(hw_event_log_parse_time("1h", &time));
	cr_assert_not(hw_event_log_parse_time("-1", &time));
	cr_assert_not(hw_event_log_parse_time("1e30", &time));
	cr_assert_not(hw_event_log_parse_time("nan", &time));
}

struct writing {
	const struct hw_log_format *format;
	struct hw_log_writer writer;
};

static void write_event(void *user, const struct hw_event_row *row)
{
	struct writing *w = user;

	w->format->event(&w->writer, row);
}

static char *write_log(const char *format)
{
	struct writing w = { .format = hw_log_format_find(format) };
	struct hw_textbuf text;

	cr_assert_not_null(w.format);
	hw_textbuf_init(&text);
	w.writer = (struct hw_log_writer){ .out = text.out, .model = &model };
	w.format->begin(&w.writer);
	cr_assert_eq(
		hw_event_log_read(s.db, "test.db", &model, &filter, write_event, &w, &error), 0);
	return hw_textbuf_finish(&text);
}

Test(event_log, text)
{
	char *text = write_log("text");

	golden_compare("log.txt", text);
	free(text);
}

Test(event_log, csv)
{
	char *text = write_log("csv");

	golden_compare("log.csv", text);
	free(text);
}

Test(event_log, json_lines)
{
	char *text = write_log("json"), *line, *rest = text;
	json_t *event = NULL;
	int count = 0;

	while ((line = strsep(&rest, "\n")) && *line) {
		json_decref(event);
		event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		cr_assert_not_null(event, "%s", line);
		if (++count == 4)
			break;
	}
	cr_assert_eq(count, 4);
	cr_assert_str_eq(json_string_value(json_object_get(event, "op")), "fail");
	cr_assert_eq(json_integer_value(json_object_get(event, "result")), 110);
	cr_assert_str_eq(
		json_string_value(json_object_get(event, "thread_name")), "writer, \"fast\"");
	cr_assert_eq(json_integer_value(json_object_get(event, "line")), 41);
	json_decref(event);
	free(text);
}
