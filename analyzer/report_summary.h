/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_REPORT_SUMMARY_H
#define HW_ANALYZER_REPORT_SUMMARY_H

/*
 * The end of a report for people: what to know about the recording, how much
 * was found, what it was found in, that no event was lost, too, and where to read more.
 */

#include "analyzer/report.h"

void hw_report_summary_print(const struct hw_report *report);

#endif
