/* SPDX-License-Identifier: MIT */
/*
 * holdwait explain: what a rule, a verdict or a reason means, or which there are.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/explain.h"
#include "analyzer/options.h"
#include "analyzer/verb.h"
#include "trace/error.h"

static void list(void)
{
	for (const struct hw_explanation *e = hw_explanations; e->topic; e++) {
		int topic = (int)strlen(e->topic);

		printf("  %-10s  %.*s\n", e->topic, hw_explain_headline_length(e) - topic - 2,
			e->text + topic + 2);
	}
	printf("\n'holdwait explain TOPIC' says more about one of them.\n");
}

static int unknown(const char *topic)
{
	struct hw_error error;

	hw_error_set(&error, 0, "'%s' is no rule, verdict or reason", topic);
	if (strncmp(topic, "hw-", 3) == 0)
		hw_error_hint(&error, "it is the id of one finding; 'holdwait report' says more");
	else
		hw_error_hint(&error, "'holdwait explain' lists them");
	hw_error_print(&error);
	return HW_EXIT_TROUBLE;
}

int hw_cmd_explain(int argc, char **argv)
{
	const struct hw_explanation *explanation;
	const char *topic = hw_options_parse_word("topic",
		"Explain a rule (HW001), a verdict (predicted) or a reason (gate), or list them "
		"all.\vExit status: 0; 2 when there is no such topic.",
		argc, argv);

	if (!topic) {
		list();
		return 0;
	}
	explanation = hw_explain_find(topic);
	if (!explanation)
		return unknown(topic);
	fputs(explanation->text, stdout);
	return 0;
}
