/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/golden.h"
#include "tests/unit/reported.h"

static struct reported r;
static json_t *root;

static void setup(void)
{
	reported_init(&r);
}

static void teardown(void)
{
	json_decref(root);
	reported_finish(&r);
}

static void write_and_parse(void)
{
	char *text = reported_write(&r, "json");
	json_error_t error;

	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(root, "%s", error.text);
	free(text);
}

static json_t *get(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	cr_assert_not_null(value, "'%s' is missing", key);
	return value;
}

static const char *string(const json_t *object, const char *key)
{
	const json_t *value = get(object, key);

	cr_assert(json_is_string(value), "'%s' is no string", key);
	return json_string_value(value);
}

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = get(object, key);

	cr_assert(json_is_integer(value), "'%s' is no integer", key);
	return json_integer_value(value);
}

static const json_t *element(const json_t *object, const char *key, size_t i)
{
	const json_t *array = get(object, key);

	cr_assert(json_is_array(array), "'%s' is no array", key);
	cr_assert_lt(i, json_array_size(array));
	return json_array_get(array, i);
}

static size_t size(const json_t *object, const char *key)
{
	return json_array_size(get(object, key));
}

static void check_frame(const json_t *frame, const char *function, int line)
{
	cr_assert_str_eq(string(frame, "function"), function);
	cr_assert_str_eq(string(frame, "file"), "bank.c");
	cr_assert_str_eq(string(frame, "path"), "/home/me/bank/bank.c");
	cr_assert_str_eq(string(frame, "module"), "bank");
	cr_assert_eq(integer(frame, "line"), line);
}

TestSuite(report_json, .init = setup, .fini = teardown);

Test(report_json, has_every_field_of_the_contract)
{
	const json_t *recording, *finding, *object, *thread, *hold, *waits;

	reported_inversion(&r);
	scenario_sql(&r.s, "UPDATE meta SET value = 123 WHERE key = 'events'");
	write_and_parse();
	cr_assert_str_eq(string(root, "holdwait"), HW_VERSION);
	recording = get(root, "recording");
	cr_assert_str_eq(string(recording, "file"), "bank.db");
	cr_assert_eq(integer(recording, "events"), 123);
	cr_assert_eq(integer(recording, "lost"), 0);
	cr_assert_eq(integer(recording, "processes"), 1);
	cr_assert_eq(integer(recording, "threads"), 2);
	cr_assert_eq(integer(recording, "objects"), 3);

	cr_assert_eq(size(root, "findings"), 1);
	finding = element(root, "findings", 0);
	cr_assert_str_eq(string(finding, "rule"), "HW001");
	cr_assert_str_eq(string(finding, "verdict"), "possible");
	cr_assert_eq(strncmp(string(finding, "id"), "hw-", 3), 0);
	cr_assert_str_eq(string(finding, "title"), "a and b are taken in both orders");
	cr_assert(json_is_false(get(finding, "bounded")));
	cr_assert_eq(integer(finding, "instances"), 1);
	cr_assert_eq(size(finding, "witness"), 0);
	cr_assert(json_is_null(get(finding, "reason")));
	cr_assert_gt(strlen(string(finding, "help")), 0);

	cr_assert_eq(size(finding, "objects"), 2);
	object = element(finding, "objects", 0);
	cr_assert_eq(integer(object, "id"), 1);
	cr_assert_str_eq(string(object, "kind"), "mutex");
	cr_assert_str_eq(string(object, "name"), "a");
	cr_assert_str_eq(string(object, "class"), "a");

	cr_assert_eq(size(finding, "threads"), 2);
	thread = element(finding, "threads", 1);
	cr_assert_eq(integer(thread, "id"), 2);
	cr_assert_str_eq(string(thread, "name"), "writer");
	cr_assert_eq(integer(thread, "process"), 1);
	/* What the other waits for comes first, what else is held follows. */
	cr_assert_eq(size(thread, "holds"), 2);
	hold = element(thread, "holds", 0);
	cr_assert_eq(integer(hold, "object"), 2);
	cr_assert_eq(size(hold, "stack"), 2);
	check_frame(element(hold, "stack", 0), "write_all", 20);
	check_frame(element(hold, "stack", 1), "main", 9);
	cr_assert_eq(integer(element(thread, "holds", 1), "object"), 3);
	waits = get(thread, "waits");
	cr_assert_eq(integer(waits, "object"), 1);
	cr_assert_str_eq(string(waits, "mode"), "exclusive");
	check_frame(element(waits, "stack", 0), "write_all", 30);

	cr_assert_null(json_object_get(root, "ruled_out"), "only with --all");
	cr_assert(json_is_null(get(get(root, "coverage"), "blocked_elsewhere_percent")));
	cr_assert_eq(size(get(root, "coverage"), "notes"), 0);
}

Test(report_json, tells_of_ruled_out_cycles_when_asked)
{
	const json_t *cycle;
	int64_t t = scenario_thread(&r.s, "t"), u = scenario_thread(&r.s, "u");
	int64_t a = scenario_object(&r.s, "mutex", "a"), b = scenario_object(&r.s, "mutex", "b");
	int64_t room = scenario_object(&r.s, "mutex", "room");

	scenario_nest(&r.s, t, "f", room, a, b, NULL_OBJECT);
	scenario_nest(&r.s, u, "g", room, b, a, NULL_OBJECT);
	r.report.all = true;
	write_and_parse();
	cr_assert_eq(size(root, "findings"), 0);
	cr_assert_eq(size(root, "ruled_out"), 1);
	cycle = element(root, "ruled_out", 0);
	cr_assert_str_eq(string(cycle, "verdict"), "ruled-out");
	cr_assert_str_eq(string(cycle, "reason"), "gate");
	cr_assert_str_eq(string(cycle, "because"), "object 3 (room)");
	cr_assert_eq(size(cycle, "threads"), 2);
}

Test(report_json, tells_of_deadlocks)
{
	const json_t *finding;

	reported_philosophers(&r, 5);
	scenario_sql(&r.s, "INSERT INTO meta VALUES ('blocked_ns', 10000),"
			   "('blocked_elsewhere_ns', 42)");
	write_and_parse();
	cr_assert_eq(size(root, "findings"), 1);
	finding = element(root, "findings", 0);
	cr_assert_str_eq(string(finding, "rule"), "HW002");
	cr_assert_str_eq(string(finding, "verdict"), "deadlock");
	cr_assert_eq(size(finding, "threads"), 5);
	cr_assert_eq(size(finding, "objects"), 5);
	for (size_t i = 0; i < 5; i++) {
		const json_t *thread = element(finding, "threads", i);
		const json_t *next = element(finding, "threads", (i + 1) % 5);

		cr_assert_eq(integer(get(thread, "waits"), "object"),
			integer(element(next, "holds", 0), "object"));
		cr_assert_eq(integer(element(finding, "objects", i), "id"),
			integer(element(thread, "holds", 0), "object"));
	}
	cr_assert_float_eq(json_real_value(get(get(root, "coverage"), "blocked_elsewhere_percent")),
		0.4, 1e-9);
}

/* Who declared the order does something else than waiting, and to two objects. */
Test(report_json, tells_of_declared_orders)
{
	const json_t *finding, *does;
	int64_t t = scenario_thread(&r.s, "t"), a = scenario_object(&r.s, "mutex", "a");
	int64_t b = scenario_object(&r.s, "mutex", "b");

	scenario_declare(&r.s, t, a, b, "main:7");
	scenario_nest(&r.s, t, "f", b, a, NULL_OBJECT);
	write_and_parse();
	cr_assert_eq(size(root, "findings"), 1);
	finding = element(root, "findings", 0);
	cr_assert_str_eq(string(finding, "rule"), "HW013");
	cr_assert(json_is_null(get(finding, "verdict")));
	cr_assert_eq(size(finding, "objects"), 2);
	cr_assert_eq(size(finding, "threads"), 2);
	cr_assert_eq(integer(get(element(finding, "threads", 0), "waits"), "object"), a);
	cr_assert_eq(integer(element(element(finding, "threads", 0), "holds", 0), "object"), b);
	cr_assert(json_is_null(get(element(finding, "threads", 1), "waits")));
	does = get(element(finding, "threads", 1), "does");
	cr_assert_str_eq(string(does, "act"), "declare");
	cr_assert_eq(integer(does, "object"), a);
	cr_assert_eq(integer(does, "before"), b);
	cr_assert_eq(integer(element(does, "stack", 0), "line"), 7);
}

Test(report_json, says_null_where_nothing_is_known)
{
	const json_t *frame;

	reported_inversion(&r);
	scenario_sql(&r.s, "UPDATE frame SET function = NULL, file = NULL, line = NULL");
	write_and_parse();
	frame = element(element(element(element(root, "findings", 0), "threads", 0), "holds", 0),
		"stack", 0);
	cr_assert(json_is_null(get(frame, "function")));
	cr_assert(json_is_null(get(frame, "file")));
	cr_assert(json_is_null(get(frame, "line")));
	cr_assert_str_eq(string(frame, "module"), "bank");
}

Test(report_json, survives_names_that_are_no_text)
{
	reported_inversion(&r);
	scenario_sql(&r.s, "UPDATE thread SET name = CAST(x'ff22' AS TEXT) || char(10)");
	scenario_sql(&r.s, "UPDATE object SET name = CAST(x'c3' AS TEXT) || id");
	write_and_parse();
	cr_assert_str_eq(string(element(element(root, "findings", 0), "threads", 0), "name"),
		"\xef\xbf\xbd\"\n");
}

Test(report_json, looks_as_it_did)
{
	char *text;

	reported_inversion(&r);
	scenario_sql(&r.s, "INSERT INTO meta VALUES ('note.1', 'this is a test')");
	r.report.all = true;
	text = reported_write(&r, "json");
	golden_compare("report.json", text);
	free(text);
}
