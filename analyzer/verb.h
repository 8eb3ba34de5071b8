/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_VERB_H
#define HW_ANALYZER_VERB_H

/*
 * The verbs of the program: one row, one file cmd_NAME.c and one man page for each.
 *
 * A verb gets its own words of the command line, argv[0] being "holdwait NAME",
 * and returns the exit status.
 */

#include "trace/error.h"

struct hw_verb {
	const char *name;
	const char *summary; /* one line for `holdwait --help` */
	int (*run)(int argc, char **argv);
};

int hw_cmd_run(int argc, char **argv);
int hw_cmd_record(int argc, char **argv);
int hw_cmd_check(int argc, char **argv);
int hw_cmd_report(int argc, char **argv);
int hw_cmd_graph(int argc, char **argv);
int hw_cmd_log(int argc, char **argv);
int hw_cmd_sql(int argc, char **argv);
int hw_cmd_info(int argc, char **argv);
int hw_cmd_diff(int argc, char **argv);
int hw_cmd_merge(int argc, char **argv);
int hw_cmd_explain(int argc, char **argv);
int hw_cmd_help(int argc, char **argv);

/* All verbs, in the order of --help; ended by one without a name. */
extern const struct hw_verb hw_verbs[];

/* The verb of this name, or NULL. */
const struct hw_verb *hw_verb_find(const char *name);

/* The verb that a mistyped one most likely was meant to be, or NULL. */
const struct hw_verb *hw_verb_guess(const char *name);

/* Run a verb: argv[0] is its name. Returns the exit status. */
int hw_verb_run(const struct hw_verb *verb, int argc, char **argv);

/* For a verb at its end: print the error unless `code` is 0. Returns the exit status. */
int hw_verb_status(int code, const struct hw_error *error);

#endif
