/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDING_H
#define HW_ANALYZER_WORDING_H

/*
 * The sentences of a finding, in plain English: its title, what to do about it,
 * and notes. They name locks and threads by their labels and say only what the
 * finding shows.
 */

#include "analyzer/finding.h"

/* Fill title, help, notes of a finding that is complete otherwise. */
void hw_wording_fill(
	const struct hw_model *model, struct hw_finding *finding, struct hw_arena *arena);

/* A thread's own name; its label when another one of the ring, or finding, has the same. */
const char *hw_wording_thread(
	const struct hw_model *model, const struct hw_finding *finding, uint32_t i);

/* "object 9 (room)", as reasons name an object. */
const char *hw_wording_object(
	const struct hw_model *model, uint32_t object, struct hw_arena *arena);

/* Why a cycle that is ruled out cannot happen, in a sentence with its `because`. */
const char *hw_wording_reason(const struct hw_finding *finding, struct hw_arena *arena);

/* Why a cycle is ruled out: "object 9 (room)", "thread 2 (philosopher 1)". */
const char *hw_wording_because(
	const struct hw_model *model, const struct hw_ruled_out *ruled_out, struct hw_arena *arena);

#endif
