/* SPDX-License-Identifier: MIT */
#include "analyzer/coverage.h"

#include <stdlib.h>

#include "trace/memory.h"

struct hw_coverage_code {
	uint32_t on_path; /* how often */
	uint32_t *cycles; /* that contain it */
	size_t cycle_count, cycle_capacity;
};

struct hw_coverage_cycle {
	uint32_t length; /* 0 when closed: shorter than any */
	uint32_t code_count;
	uint32_t on_path; /* how many of its codes are on the path */
};

void hw_coverage_init(struct hw_coverage *coverage, uint32_t code_count)
{
	*coverage = (struct hw_coverage){
		.codes = hw_xcalloc(code_count, sizeof(struct hw_coverage_code)),
		.code_count = code_count,
	};
}

void hw_coverage_finish(struct hw_coverage *coverage)
{
	for (uint32_t i = 0; i < coverage->code_count; i++)
		free(coverage->codes[i].cycles);
	free(coverage->codes);
	free(coverage->cycles);
	*coverage = (struct hw_coverage){ 0 };
}

bool hw_coverage_put(struct hw_coverage *coverage, uint32_t code, uint32_t length, int64_t *budget)
{
	struct hw_coverage_code *c = &coverage->codes[code];
	bool covered = false;

	if (c->on_path++)
		return false;
	*budget -= (int64_t)c->cycle_count;
	for (size_t i = 0; i < c->cycle_count; i++) {
		struct hw_coverage_cycle *cycle = &coverage->cycles[c->cycles[i]];

		if (++cycle->on_path == cycle->code_count)
			covered |= cycle->length < length;
	}
	return covered;
}

void hw_coverage_take(struct hw_coverage *coverage, uint32_t code)
{
	struct hw_coverage_code *c = &coverage->codes[code];

	if (--c->on_path)
		return;
	for (size_t i = 0; i < c->cycle_count; i++)
		coverage->cycles[c->cycles[i]].on_path--;
}

uint32_t hw_coverage_add(struct hw_coverage *coverage, const uint32_t *codes, uint32_t length)
{
	uint32_t number = coverage->cycle_count;
	struct hw_coverage_cycle cycle = { .length = length };

	for (uint32_t i = 0; i < length; i++) {
		struct hw_coverage_code *c = &coverage->codes[codes[i]];

		if (c->cycle_count && c->cycles[c->cycle_count - 1] == number)
			continue;
		HW_GROW(c->cycles, c->cycle_count, c->cycle_capacity);
		c->cycles[c->cycle_count++] = number;
		cycle.code_count++;
	}
	cycle.on_path = cycle.code_count;
	HW_GROW(coverage->cycles, coverage->cycle_count, coverage->cycle_capacity);
	coverage->cycles[coverage->cycle_count++] = cycle;
	return number;
}

void hw_coverage_close(struct hw_coverage *coverage, uint32_t cycle)
{
	coverage->cycles[cycle].length = 0;
}
