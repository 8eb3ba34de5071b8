/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/textbuf.h"
#include "analyzer/utf8.h"

static struct hw_textbuf text;
static struct hw_json json;
static char *bytes;

static void setup(void)
{
	hw_textbuf_init(&text);
	hw_json_init(&json, text.out);
}

static json_t *parse(void)
{
	json_error_t error;
	json_t *root;

	bytes = hw_textbuf_finish(&text);
	root = json_loads(bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	cr_assert_not_null(root, "%s in: %s", error.text, bytes);
	return root;
}

TestSuite(json, .init = setup);

Test(json, nests)
{
	json_t *root;

	hw_json_begin_object(&json, NULL, false);
	hw_json_begin_array(&json, "empty", false);
	hw_json_end(&json);
	hw_json_begin_array(&json, "list", false);
	hw_json_integer(&json, NULL, INT64_MIN);
	hw_json_integer(&json, NULL, INT64_MAX);
	hw_json_begin_object(&json, NULL, true);
	hw_json_bool(&json, "yes", true);
	hw_json_begin_array(&json, "inner", false);
	hw_json_null(&json, NULL);
	hw_json_string(&json, NULL, NULL);
	hw_json_end(&json);
	hw_json_end(&json);
	hw_json_end(&json);
	hw_json_number(&json, "half", 0.46, 1);
	hw_json_number(&json, "nan", NAN, 1);
	hw_json_end(&json);
	root = parse();
	cr_assert_eq(json_array_size(json_object_get(root, "empty")), 0);
	cr_assert_eq(json_array_size(json_object_get(root, "list")), 3);
	cr_assert_eq(
		json_integer_value(json_array_get(json_object_get(root, "list"), 0)), INT64_MIN);
	cr_assert_eq(
		json_integer_value(json_array_get(json_object_get(root, "list"), 1)), INT64_MAX);
	cr_assert_float_eq(json_real_value(json_object_get(root, "half")), 0.5, 1e-9);
	cr_assert(json_is_null(json_object_get(root, "nan")));
	cr_assert(strstr(bytes, "{\"yes\": true, \"inner\": [null, null]}"), "%s", bytes);
	json_decref(root);
	free(bytes);
}

static void expect_string(const char *value, const char *expected)
{
	json_t *root;

	hw_textbuf_init(&text);
	hw_json_init(&json, text.out);
	hw_json_string(&json, NULL, value);
	root = parse();
	cr_assert_str_eq(json_string_value(root), expected);
	json_decref(root);
	free(bytes);
}

Test(json, writes_any_string)
{
	free(hw_textbuf_finish(&text));
	expect_string("", "");
	expect_string("a \"b\" \\ /", "a \"b\" \\ /");
	expect_string("tab\tline\nbell\a\x7f", "tab\tline\nbell\a\x7f");
	expect_string("für 鎖 🔒", "für 鎖 🔒");
	expect_string("cut \xc3", "cut " HW_UTF8_REPLACEMENT);
	expect_string("\xff\xfe", HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT);
	/* overlong "/", a surrogate, and past the last character */
	expect_string("\xc0\xaf", HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT);
	expect_string("\xed\xa0\x80", HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT);
	expect_string("\xf4\x90\x80\x80",
		HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT);
}

Test(utf8, counts_columns)
{
	cr_assert_eq(hw_utf8_columns("abc"), 3);
	cr_assert_eq(hw_utf8_columns("für"), 3);
	cr_assert_eq(hw_utf8_columns("\xff\xff"), 2);
}

Test(utf8, lets_nothing_through_that_a_terminal_obeys)
{
	struct hw_textbuf out;
	char *printed;

	hw_textbuf_init(&out);
	hw_utf8_print(out.out, "a\033[31mb\xc2\x9b"
			       "c\r\n");
	printed = hw_textbuf_finish(&out);
	cr_assert_str_eq(printed, "a" HW_UTF8_REPLACEMENT "[31mb" HW_UTF8_REPLACEMENT
				  "c" HW_UTF8_REPLACEMENT HW_UTF8_REPLACEMENT);
	free(printed);
}
