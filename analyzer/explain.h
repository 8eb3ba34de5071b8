/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_EXPLAIN_H
#define HW_ANALYZER_EXPLAIN_H

/*
 * A page of text for each rule, verdict and reason: what it means, an example, why it is
 * wrong, what to do. They are the files of man/explain, and part of the program, so
 * that they are there wherever it is. The first line of a page is its topic, two
 * blanks, and what it is in short.
 */

struct hw_explanation {
	const char *topic; /* "HW001", "predicted", "gate" */
	const char *text;
};

/* All of them: rules, verdicts, reasons; ended by one without a topic. */
extern const struct hw_explanation hw_explanations[];

/* The page of a topic, in capital or small letters, or NULL. */
const struct hw_explanation *hw_explain_find(const char *topic);

/* The length of its first line. */
int hw_explain_headline_length(const struct hw_explanation *explanation);

#endif
