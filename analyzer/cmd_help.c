/* SPDX-License-Identifier: MIT */
/*
 * holdwait help: the manual of a verb, or what verbs there are.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analyzer/manual.h"
#include "analyzer/options.h"
#include "analyzer/verb.h"
#include "trace/memory.h"

static void list_verbs(void)
{
	printf("holdwait %s\n\n", HW_VERSION);
	for (const struct hw_verb *verb = hw_verbs; verb->name; verb++)
		printf("  %-8s %s\n", verb->name, verb->summary);
	printf("\n'holdwait help VERB' shows the manual of a verb.\n");
}

static int unknown(const char *topic)
{
	const struct hw_verb *guess = hw_verb_guess(topic);
	struct hw_error error;

	hw_error_set(&error, 0, "'%s' is no verb of holdwait", topic);
	if (guess)
		hw_error_hint(&error, "did you mean 'holdwait help %s'?", guess->name);
	else
		hw_error_hint(&error, "holdwait help lists the verbs");
	hw_error_print(&error);
	return HW_EXIT_TROUBLE;
}

static int show(const struct hw_verb *verb)
{
	char *page = hw_xasprintf("holdwait-%s", verb->name), help[] = "--help";
	char *arguments[] = { NULL, help, NULL };
	struct hw_error error;
	int code = hw_manual_show(page, &error);

	free(page);
	if (!code)
		return 0;
	/* Better than nothing: the options, which every holdwait can tell by itself. */
	hw_error_print(&error);
	return hw_verb_run(verb, 2, arguments);
}

int hw_cmd_help(int argc, char **argv)
{
	const struct hw_verb *verb;
	const char *topic = hw_options_parse_word("verb",
		"Show the manual of a verb, or list the verbs."
		"\vExit status: 0; 2 when there is no such verb.",
		argc, argv);

	if (!topic) {
		list_verbs();
		return 0;
	}
	verb = hw_verb_find(topic);
	return verb ? show(verb) : unknown(topic);
}
