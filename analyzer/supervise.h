/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SUPERVISE_H
#define HW_ANALYZER_SUPERVISE_H

/*
 * A recorded run from beginning to end: start, tell of deadlocks while the
 * program hangs in them, wait for the end, complete the recording with names, report.
 * What holdwait says goes to stderr; stdout is the program's.
 */

#include "analyzer/run_options.h"

/* Exit status of a program that hung and was ended by --on-deadlock=exit. */
enum { HW_EXIT_HUNG = 124 };

/*
 * Returns the exit status, or does not return: when the program was ended by a signal, so
 * is this process. With `report`, findings are told at the end; without, only deadlocks
 * that happen are told, and one line says what was recorded.
 */
int hw_supervise(const struct hw_run_options *options, bool report);

#endif
