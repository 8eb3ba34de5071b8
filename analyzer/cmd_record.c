/* SPDX-License-Identifier: MIT */
/*
 * holdwait record: the same as run, without the report at the end.
 */
#include "analyzer/program.h"
#include "analyzer/supervise.h"
#include "analyzer/verb.h"

int hw_cmd_record(int argc, char **argv)
{
	struct hw_run_options options;
	struct hw_error error;

	if (hw_run_options_init(&options, &error)) {
		hw_error_print(&error);
		return HW_EXIT_FAILED;
	}
	hw_run_options_parse(&options,
		"Run a program and record its locks; deadlocks it hangs in are told at once."
		"\v" HW_RUN_EXIT_STATUS,
		argc, argv);
	return hw_supervise(&options, false);
}
