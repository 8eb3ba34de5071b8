/* SPDX-License-Identifier: MIT */
#include "analyzer/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "analyzer/utf8.h"

void hw_json_init(struct hw_json *json, FILE *out)
{
	*json = (struct hw_json){ .out = out };
}

static void write_string(FILE *out, const char *text)
{
	fputc('"', out);
	while (*text) {
		unsigned char byte = (unsigned char)*text;
		size_t length = hw_utf8_length(text);

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte == '\n')
			fputs("\\n", out);
		else if (byte == '\t')
			fputs("\\t", out);
		else if (byte < 0x20 || byte == 0x7f)
			fprintf(out, "\\u%04x", byte);
		else if (length == 0)
			fputs(HW_UTF8_REPLACEMENT, out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
	fputc('"', out);
}

static void new_line(struct hw_json *json)
{
	if (json->flat_depth)
		return;
	fputc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

/* Everything before a value: the comma after the one before, and the key. */
static void begin_value(struct hw_json *json, const char *key)
{
	if (json->depth) {
		unsigned level = json->depth - 1;

		assert(json->is_array[level] == !key);
		if (json->has_elements[level])
			fputs(json->flat_depth ? ", " : ",", json->out);
		json->has_elements[level] = true;
		new_line(json);
	}
	if (key) {
		write_string(json->out, key);
		fputs(": ", json->out);
	}
}

static void begin(struct hw_json *json, const char *key, bool flat, bool is_array)
{
	assert(json->depth < HW_JSON_DEPTH_MAX);
	begin_value(json, key);
	fputc(is_array ? '[' : '{', json->out);
	json->is_array[json->depth] = is_array;
	json->has_elements[json->depth] = false;
	json->depth++;
	if (flat && !json->flat_depth)
		json->flat_depth = json->depth;
}

void hw_json_begin_object(struct hw_json *json, const char *key, bool flat)
{
	begin(json, key, flat, false);
}

void hw_json_begin_array(struct hw_json *json, const char *key, bool flat)
{
	begin(json, key, flat, true);
}

void hw_json_end(struct hw_json *json)
{
	bool was_flat = json->flat_depth != 0;

	assert(json->depth > 0);
	json->depth--;
	if (json->has_elements[json->depth])
		new_line(json);
	if (json->flat_depth > json->depth)
		json->flat_depth = 0;
	fputc(json->is_array[json->depth] ? ']' : '}', json->out);
	if (json->depth == 0 && !was_flat)
		fputc('\n', json->out);
}

void hw_json_string(struct hw_json *json, const char *key, const char *value)
{
	begin_value(json, key);
	if (value)
		write_string(json->out, value);
	else
		fputs("null", json->out);
}

void hw_json_integer(struct hw_json *json, const char *key, int64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void hw_json_bool(struct hw_json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->out);
}

void hw_json_null(struct hw_json *json, const char *key)
{
	hw_json_string(json, key, NULL);
}

void hw_json_number(struct hw_json *json, const char *key, double value, int decimals)
{
	begin_value(json, key);
	if (isfinite(value))
		fprintf(json->out, "%.*f", decimals, value);
	else
		fputs("null", json->out);
}
