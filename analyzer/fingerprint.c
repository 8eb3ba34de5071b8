/* SPDX-License-Identifier: MIT */
#include "analyzer/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/intern.h"
#include "analyzer/rotation.h"
#include "trace/memory.h"

static int compare_edges(const void *a, const void *b)
{
	const struct hw_fingerprint_edge *left = a, *right = b;
	int order = strcmp(left->held_class, right->held_class);

	if (!order)
		order = strcmp(left->awaited_class, right->awaited_class);
	if (!order)
		order = strcmp(left->held_function, right->held_function);
	return order ? order : strcmp(left->awaited_function, right->awaited_function);
}

/* Where the ring begins: edges are ranked by their texts, and the ranks turned. */
static uint32_t beginning(const struct hw_fingerprint_edge *edges, uint32_t count)
{
	struct hw_fingerprint_edge *sorted = hw_xcalloc(count, sizeof(*sorted));
	uint32_t *ranks = hw_xcalloc(count, sizeof(*ranks)), least;

	memcpy(sorted, edges, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_edges);
	for (uint32_t i = 0; i < count; i++) {
		const struct hw_fingerprint_edge *at =
			bsearch(&edges[i], sorted, count, sizeof(*sorted), compare_edges);

		/* The first of equal ones, so that equal edges have equal ranks. */
		while (at > sorted && compare_edges(at - 1, at) == 0)
			at--;
		ranks[i] = (uint32_t)(at - sorted);
	}
	least = hw_rotation_least(ranks, count);
	free(sorted);
	free(ranks);
	return least;
}

static uint64_t add(uint64_t hash, const char *text, char end)
{
	hash = hw_intern_hash(hash, text, strlen(text));
	return hw_intern_hash(hash, &end, 1);
}

uint64_t hw_fingerprint_ring(
	const char *rule, const struct hw_fingerprint_edge *edges, uint32_t count)
{
	uint64_t hash = add(HW_FNV_START, rule, '\x1e');
	uint32_t least = count ? beginning(edges, count) : 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct hw_fingerprint_edge *edge = &edges[(least + i) % count];

		hash = add(hash, edge->held_class, '\x1f');
		hash = add(hash, edge->awaited_class, '\x1f');
		hash = add(hash, edge->held_function, '\x1f');
		hash = add(hash, edge->awaited_function, '\x1f');
		hash = add(hash, "", '\x1e');
	}
	return hash;
}

void hw_fingerprint_id(uint64_t fingerprint, char ret_id[12])
{
	snprintf(ret_id, 12, "hw-%08x", (uint32_t)(fingerprint ^ fingerprint >> 32));
}
