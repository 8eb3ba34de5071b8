/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_REPORT_H
#define HW_ANALYZER_REPORT_H

/*
 * A report: an analysis, written in one of several formats. A format is a struct of
 * functions; what is to be told, and in which order, is decided here once for all
 * of them: the findings, worst first, then, when asked for, the cycles that are ruled out.
 */

#include <stdio.h>

#include "analyzer/analysis.h"
#include "analyzer/json.h"
#include "analyzer/term.h"

struct hw_report {
	FILE *out;
	const struct hw_analysis *analysis;
	const struct hw_model *model;
	const char *file;    /* the recording, as the user named it */
	bool all;	     /* with what is ruled out */
	bool verbose;	     /* stacks in full */
	bool quiet;	     /* a line for each finding */
	bool partial;	     /* no summary: more is to come */
	bool told;	     /* the findings were told before: only the summary */
	struct hw_term term; /* for formats that people read */
	void *private;	     /* of the format */
};

struct hw_report_format {
	const char *name;
	const char *description;
	void (*begin)(struct hw_report *report);
	void (*finding)(struct hw_report *report, const struct hw_finding *finding);
	void (*ruled_out)(struct hw_report *report); /* what follows is ruled out */
	void (*end)(struct hw_report *report);
};

extern const struct hw_report_format hw_report_text;
extern const struct hw_report_format hw_report_json;

/* A format by its name, or NULL. */
const struct hw_report_format *hw_report_find_format(const char *name);

/* Write a report. `private` is the format's from here to the end. */
void hw_report_write(const struct hw_report_format *format, struct hw_report *report);

/* How the word for a verdict looks. */
enum hw_style hw_report_style_of(enum hw_verdict verdict);

/* One finding, as an element of the array that `json` is in. */
void hw_report_json_put(
	struct hw_json *json, const struct hw_model *model, const struct hw_finding *finding);

/* One finding as JSON, as in the table `finding` of a recording. The caller frees it. */
char *hw_report_json_finding(const struct hw_model *model, const struct hw_finding *finding);

#endif
