/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RUN_OPTIONS_H
#define HW_ANALYZER_RUN_OPTIONS_H

/*
 * The options that `holdwait run` and `holdwait record` share, and the command
 * that follows them. Options end at the first word that is none, so the program's own
 * options need no `--`.
 */

#include "analyzer/analysis_options.h"
#include "analyzer/options.h"
#include "trace/options.h"

enum hw_on_deadlock {
	HW_ON_DEADLOCK_REPORT, /* tell, and let it hang */
	HW_ON_DEADLOCK_ABORT,  /* SIGABRT, for a core dump */
	HW_ON_DEADLOCK_KILL,   /* SIGKILL; holdwait ends by it too */
	HW_ON_DEADLOCK_EXIT,   /* SIGKILL; holdwait exits with 124 */
};

struct hw_run_options {
	struct hw_options common;
	struct hw_analysis_options analysis;
	struct hw_recording_options recording;
	enum hw_on_deadlock on_deadlock;
	bool silent;	    /* tell of no deadlock while it runs: the verb does, at the end */
	int error_exitcode; /* exit status when there are findings; 0: the program's own */
	char **command;     /* NULL-terminated; part of argv */
};

/* What --help of both verbs ends with. */
#define HW_RUN_EXIT_STATUS \
	"Exit status: the program's own; when it was ended by a signal, holdwait ends by the " \
	"same. 124: it hung and --on-deadlock=exit ended it; 125: holdwait itself failed; 126: " \
	"the program cannot be executed; 127: it was not found; N of --error-exitcode when " \
	"there are findings."

/* Defaults, then HOLDWAIT_FILE and HOLDWAIT_OPTIONS. */
int hw_run_options_init(struct hw_run_options *options, struct hw_error *error);

/* Parse a command line; `doc` is the verb's, for --help. Exits when it makes no sense. */
void hw_run_options_parse(struct hw_run_options *options, const char *doc, int argc, char **argv);

#endif
