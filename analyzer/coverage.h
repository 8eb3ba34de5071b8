/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_COVERAGE_H
#define HW_ANALYZER_COVERAGE_H

/*
 * Which known cycles a growing path contains, as far as codes go: each cycle
 * is a set of codes, and a path covers it when all of them are on the path. A search
 * for cycles asks with each code it adds, and turns back where the answer
 * is a shorter cycle, which says all that the longer one could.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hw_coverage {
	struct hw_coverage_code *codes;
	uint32_t code_count;
	struct hw_coverage_cycle *cycles;
	uint32_t cycle_count;
	size_t cycle_capacity;
};

void hw_coverage_init(struct hw_coverage *coverage, uint32_t code_count);
void hw_coverage_finish(struct hw_coverage *coverage);

/*
 * Put a code on the path of a search for cycles of `length`. Whether the path now
 * covers a known cycle that is shorter, or that was closed. What it costs is taken
 * from *budget.
 */
bool hw_coverage_put(struct hw_coverage *coverage, uint32_t code, uint32_t length, int64_t *budget);

/* Take it off again, covered or not. */
void hw_coverage_take(struct hw_coverage *coverage, uint32_t code);

/* Make the path that is there now a known cycle; `codes` are those on it. Returns its number. */
uint32_t hw_coverage_add(struct hw_coverage *coverage, const uint32_t *codes, uint32_t length);

/* No more cycles like this one, not even of its length. */
void hw_coverage_close(struct hw_coverage *coverage, uint32_t cycle);

#endif
