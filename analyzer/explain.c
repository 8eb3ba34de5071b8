/* SPDX-License-Identifier: MIT */
#include "analyzer/explain.h"

#include <string.h>
#include <strings.h>

const struct hw_explanation hw_explanations[] = {
#include "analyzer/explain_pages.h"
	{ 0 },
};

const struct hw_explanation *hw_explain_find(const char *topic)
{
	for (const struct hw_explanation *e = hw_explanations; e->topic; e++)
		if (strcasecmp(e->topic, topic) == 0)
			return e;
	return NULL;
}

int hw_explain_headline_length(const struct hw_explanation *explanation)
{
	return (int)strcspn(explanation->text, "\n");
}
