/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_FINGERPRINT_H
#define HW_ANALYZER_FINGERPRINT_H

/*
 * What stays the same of a finding from run to run, build to build and host to
 * host, as one number: the key of baselines and suppressions.
 *
 * A finding is a ring of edges; each is four texts: the class key of the lock
 * held, that of the lock waited for, and the functions that acquired them. The
 * fingerprint is FNV-1a (64 bits) over the rule's name and a 0x1e byte, then for
 * each edge its four texts, each followed by 0x1f, and 0x1e after the edge. The
 * ring is turned so that its edges are first in lexicographic order; so it
 * does not matter which thread the recording names first. The id that people see is
 * "hw-" and eight hex digits, the exclusive or of both halves.
 */

#include <stdint.h>

struct hw_fingerprint_edge {
	const char *held_class, *awaited_class;
	const char *held_function, *awaited_function;
};

uint64_t hw_fingerprint_ring(
	const char *rule, const struct hw_fingerprint_edge *edges, uint32_t count);

/* Write the id, 12 bytes with its end. */
void hw_fingerprint_id(uint64_t fingerprint, char ret_id[12]);

#endif
