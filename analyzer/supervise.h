/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SUPERVISE_H
#define HW_ANALYZER_SUPERVISE_H

/*
 * A recorded run from beginning to end: start, tell of deadlocks while the
 * program hangs in them, wait for the end, complete the recording with names, report.
 * What holdwait says goes to stderr; stdout is the program's.
 */

#include "analyzer/analysis.h"
#include "analyzer/launch.h"
#include "analyzer/live.h"
#include "analyzer/run_options.h"

/* Exit status of a program that hung and was ended by --on-deadlock=exit. */
enum { HW_EXIT_HUNG = 124 };

/* A run: while it lasts, and when it has ended. */
struct hw_supervised {
	const struct hw_run_options *options;
	struct hw_launch launch;
	struct hw_live live;
	char *file;	  /* the recording */
	bool closed;	  /* it is whole; else processes of the program still run and record */
	bool cut;	  /* the collector has ended: what the program does is not known any more */
	bool ended_by_us; /* it hung, and --on-deadlock=exit ended it */
};

/*
 * Record from beginning to end, and tell of deadlocks meanwhile. 0, and the caller finishes
 * the run; or, when it could not be started, the exit status to end with, which has been told.
 * `options` have to outlive the run.
 */
int hw_supervise_record(const struct hw_run_options *options, struct hw_supervised *ret_run);
void hw_supervise_finish(struct hw_supervised *run);

/* Store findings in the recording, so that SQL sees them too; leaves it as it is when it cannot. */
void hw_supervise_keep_findings(const char *file, const struct hw_analysis *analysis);

/*
 * Record and conclude. Returns the exit status, or does not return: when the program was ended
 * by a signal, so is this process. With `report`, findings are told at the end; without, only
 * deadlocks that happen are told, and one line says what was recorded.
 */
int hw_supervise(const struct hw_run_options *options, bool report);

#endif
