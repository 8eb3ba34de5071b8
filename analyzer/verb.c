/* SPDX-License-Identifier: MIT */
#include "analyzer/verb.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/options.h"
#include "trace/memory.h"

const struct hw_verb hw_verbs[] = {
	{ "run", "Record a program, then report (the default)", hw_cmd_run },
	{ "record", "Record a program", hw_cmd_record },
	{ "check", "Findings as an exit status, for CI", hw_cmd_check },
	{ "report", "Say what is wrong: deadlocks, lock-order cycles", hw_cmd_report },
	{ "graph", "Draw the lock-order graph", hw_cmd_graph },
	{ "log", "List what happened", hw_cmd_log },
	{ "sql", "Run SQL over a recording", hw_cmd_sql },
	{ "info", "Say what is in a recording", hw_cmd_info },
	{ "diff", "Compare two recordings", hw_cmd_diff },
	{ "merge", "Make one recording of several", hw_cmd_merge },
	{ "explain", "Say what a rule or a verdict means", hw_cmd_explain },
	{ "help", "Show the manual of a verb", hw_cmd_help },
	{ 0 },
};

const struct hw_verb *hw_verb_find(const char *name)
{
	for (const struct hw_verb *verb = hw_verbs; verb->name; verb++)
		if (strcmp(verb->name, name) == 0)
			return verb;
	return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned least_of_two = a < b ? a : b;

	return least_of_two < c ? least_of_two : c;
}

/* How many letters have to be added, dropped or changed (Levenshtein); row by row. */
static unsigned distance(const char *a, const char *b)
{
	size_t length = strlen(b);
	unsigned *row = hw_xcalloc(length + 1, sizeof(*row)), result;

	for (size_t j = 0; j <= length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < length; j++) {
			unsigned above = row[j + 1];

			row[j + 1] = least(row[j] + 1, above + 1, diagonal + (a[i] != b[j]));
			diagonal = above;
		}
	}
	result = row[length];
	free(row);
	return result;
}

const struct hw_verb *hw_verb_guess(const char *name)
{
	const struct hw_verb *best = NULL;
	unsigned best_distance = UINT_MAX;

	for (const struct hw_verb *verb = hw_verbs; verb->name; verb++) {
		size_t length = strlen(verb->name);
		unsigned d = distance(name, verb->name);

		/* "repo" and "reports" are closer than counting says. */
		if (strncmp(name, verb->name, strlen(name)) == 0 ||
			strncmp(name, verb->name, length) == 0)
			d = 1;
		if (d < best_distance && d <= 2 && d < length) {
			best_distance = d;
			best = verb;
		}
	}
	return best;
}

int hw_verb_run(const struct hw_verb *verb, int argc, char **argv)
{
	char *name = hw_xasprintf("holdwait %s", verb->name);
	int status;

	argv[0] = name;
	status = verb->run(argc, argv);
	free(name);
	return status;
}

int hw_verb_status(int code, const struct hw_error *error)
{
	if (!code)
		return 0;
	hw_error_print(error);
	return HW_EXIT_TROUBLE;
}
