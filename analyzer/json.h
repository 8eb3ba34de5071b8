/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_JSON_H
#define HW_ANALYZER_JSON_H

/*
 * JSON (RFC 8259) as it is written: no tree, no memory, any size. What comes out
 * is valid whatever strings go in: bytes that are not UTF-8 become U+FFFD.
 *
 * Containers nest at most HW_JSON_DEPTH_MAX deep. One that is begun `flat` is
 * written on one line with all that is in it; others have a line for each element.
 * `key` is for elements of objects, NULL in arrays and at the top.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { HW_JSON_DEPTH_MAX = 16 };

struct hw_json {
	FILE *out;
	unsigned depth;
	unsigned flat_depth; /* of the outermost flat container, or 0 */
	bool is_array[HW_JSON_DEPTH_MAX];
	bool has_elements[HW_JSON_DEPTH_MAX];
};

void hw_json_init(struct hw_json *json, FILE *out);

void hw_json_begin_object(struct hw_json *json, const char *key, bool flat);
void hw_json_begin_array(struct hw_json *json, const char *key, bool flat);

/* End the innermost object or array. */
void hw_json_end(struct hw_json *json);

/* A NULL string is null. */
void hw_json_string(struct hw_json *json, const char *key, const char *value);
void hw_json_integer(struct hw_json *json, const char *key, int64_t value);
void hw_json_bool(struct hw_json *json, const char *key, bool value);
void hw_json_null(struct hw_json *json, const char *key);

/* With `decimals` digits after the point; null when it is no finite number. */
void hw_json_number(struct hw_json *json, const char *key, double value, int decimals);

#endif
