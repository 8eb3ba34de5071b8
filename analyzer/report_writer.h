/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_REPORT_WRITER_H
#define HW_ANALYZER_REPORT_WRITER_H

/*
 * What the parts of the report for people share: the finding they tell of, and how to
 * write a piece of text in a style.
 *
 *   report_threads.c   who holds what and does what, a line for each thread
 *   report_places.c    the places in source, with their call stacks
 *   report_witness.c   the schedule that ends in the deadlock
 *   report_summary.c   what there is in all, at the end
 */

#include "analyzer/report.h"

struct hw_report_writer {
	struct hw_report *report;
	FILE *out;
	const struct hw_model *model;
	const struct hw_finding *finding;
};

void hw_report_writer_styled(
	const struct hw_report_writer *w, enum hw_style style, const char *text);

/* Blanks up to a column, after a text that began at column 0. */
void hw_report_writer_pad(const struct hw_report_writer *w, const char *text, size_t columns);

/* How the finding's text calls an object. */
const char *hw_report_writer_label(const struct hw_report_writer *w, uint32_t object);

/* What a thread holds that matters; "nothing" when only its end is waited for. */
const char *hw_report_writer_held(
	const struct hw_report_writer *w, const struct hw_finding_thread *thread);

/* "waits for", "locks to read", "unlocks": what a thread does to its object; NULL for nothing. */
const char *hw_report_writer_verb(
	const struct hw_report_writer *w, const struct hw_finding_thread *thread);

/* Whether waiting is what a thread of the finding does, and not what it would have done. */
bool hw_report_writer_waits(const struct hw_report_writer *w);

/* The table of threads, and what the short names of objects stand for. */
void hw_report_threads_print(const struct hw_report_writer *w);

/* The places of all threads, once for those that came the same way. */
void hw_report_places_print(const struct hw_report_writer *w);

#endif
