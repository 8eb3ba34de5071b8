/* SPDX-License-Identifier: MIT */
/*
 * holdwait: finds the verb and lets it do the rest.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/options.h"
#include "analyzer/program.h"
#include "analyzer/verb.h"
#include "trace/error.h"

static void print_help(void)
{
	printf("Usage: holdwait [run] [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	       "       holdwait VERB [OPTION...] [FILE]\n"
	       "       holdwait --help | --version\n\n"
	       "Records the locks of a program, finds its deadlocks, draws its lock-order "
	       "graph.\n\n");
	for (const struct hw_verb *verb = hw_verbs; verb->name; verb++)
		printf("  %-8s %s\n", verb->name, verb->summary);
	printf("\n'holdwait VERB --help' says more, 'holdwait help VERB' everything.\n\n"
	       "Exit status: 0; 2 when something cannot be done.\n");
}

static int unknown_verb(const char *name)
{
	const struct hw_verb *guess = hw_verb_guess(name);
	struct hw_error error;

	hw_error_set(&error, 0, "'%s' is no verb of holdwait", name);
	if (guess)
		hw_error_hint(&error, "did you mean 'holdwait %s'?", guess->name);
	else
		hw_error_hint(&error, "holdwait --help lists the verbs");
	hw_error_print(&error);
	return HW_EXIT_TROUBLE;
}

/* `holdwait PROGRAM` and `holdwait -o FILE PROGRAM` mean run. */
static bool is_run(const char *word)
{
	struct hw_error error;
	char *path = NULL;
	bool found = word[0] == '-' || strchr(word, '/') || !hw_program_find(word, &path, &error);

	free(path);
	return found;
}

int main(int argc, char **argv)
{
	const struct hw_verb *verb;

	argp_err_exit_status = HW_EXIT_TROUBLE;
	argp_program_version = "holdwait " HW_VERSION;
	if (argc < 2) {
		print_help();
		return HW_EXIT_TROUBLE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(argp_program_version);
		return 0;
	}
	verb = hw_verb_find(argv[1]);
	if (verb)
		return hw_verb_run(verb, argc - 1, argv + 1);
	return is_run(argv[1]) ? hw_verb_run(hw_verb_find("run"), argc, argv) :
				 unknown_verb(argv[1]);
}
