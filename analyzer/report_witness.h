/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_REPORT_WITNESS_H
#define HW_ANALYZER_REPORT_WITNESS_H

/*
 * The schedule of a predicted deadlock, in the report for people: its last steps,
 * one line each. The report in JSON has all of them.
 */

#include "analyzer/report.h"

/* Write the witness of a finding; nothing when it has none. */
void hw_report_witness_print(const struct hw_report *report, const struct hw_finding *finding);

#endif
