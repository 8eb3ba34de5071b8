/* SPDX-License-Identifier: MIT */
/*
 * holdwait run: record a program, tell of deadlocks while it hangs, report at its end.
 */
#include "analyzer/program.h"
#include "analyzer/supervise.h"
#include "analyzer/verb.h"

int hw_cmd_run(int argc, char **argv)
{
	struct hw_run_options options;
	struct hw_error error;

	if (hw_run_options_init(&options, &error)) {
		hw_error_print(&error);
		return HW_EXIT_FAILED;
	}
	hw_run_options_parse(&options,
		"Run a program, record its locks, and report deadlocks: those it hangs in at once, "
		"those that could happen at its end."
		"\v" HW_RUN_EXIT_STATUS,
		argc, argv);
	return hw_supervise(&options, true);
}
