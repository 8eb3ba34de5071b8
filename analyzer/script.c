/* SPDX-License-Identifier: MIT */
#include "analyzer/script.h"

#include <assert.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/source.h"
#include "trace/memory.h"

/* The variable, an index in brackets, an annotation, and what makes a lock. */
#define NAME "[A-Za-z_][A-Za-z_0-9]*"
#define MAKES \
	"(Lock|RLock|Condition|Semaphore|BoundedSemaphore|Event|Barrier|Queue|LifoQueue|" \
	"PriorityQueue|SimpleQueue|JoinableQueue|allocate_lock)\\("
static const char pattern[] = "^[ \t]*(" NAME "(\\." NAME ")*)[ \t]*(\\[[^]=]*\\])?[ \t]*"
			      "(:[^=]*)?=[ \t]*([^=,A-Za-z_0-9]|[^=,][^,]*[^A-Za-z_0-9])?" MAKES;

enum { GROUP_NAME = 1, GROUP_INDEX = 3, GROUP_VALUE = 5, GROUPS };

static const char tries[] = 
	"acquire\\(([^()]*[^()0-9.A-Za-z_])?(False|0)[ \t]*[,)]";

/* Compiled once for all. */
static bool matches(regex_t *regex, bool *is_compiled, const char *extended, const char *text,
	regmatch_t groups[GROUPS])
{
	if (!*is_compiled) {
		int failed = regcomp(regex, extended, REG_EXTENDED);

		assert(!failed);
		*is_compiled = true;
	}
	return !regexec(regex, text, GROUPS, groups, 0);
}

static bool makes(const char *text, regmatch_t groups[GROUPS])
{
	static regex_t regex;
	static bool is_compiled;

	return matches(&regex, &is_compiled, pattern, text, groups);
}

/* "Account.lock" of "self.lock" in "Account.__init__". */
static char *qualify(char *name, const char *function)
{
	const char *dot = strrchr(function, '.');
	char *qualified;

	if (strncmp(name, "self.", 5) != 0 || !dot)
		return name;
	qualified = hw_xasprintf("%.*s.%s", (int)(dot - function), function, name + 5);
	free(name);
	return qualified;
}

/* A list of them, or one of a collection. */
static bool is_one_of_many(const char *text, const regmatch_t *groups)
{
	const regmatch_t *value = &groups[GROUP_VALUE];

	return groups[GROUP_INDEX].rm_so >= 0 ||
		(value->rm_so >= 0 && strchr("[{(", text[value->rm_so]));
}

char *hw_script_variable(const char *file, const char *function, int line)
{
	char *text = hw_source_line(file, line, NULL), *name = NULL;
	regmatch_t groups[GROUPS];

	/* Of two statements in a line it would be the first. */
	if (text && makes(text, groups) && !strchr(text, ';')) {
		name = hw_xasprintf("%.*s%s",
			(int)(groups[GROUP_NAME].rm_eo - groups[GROUP_NAME].rm_so),
			text + groups[GROUP_NAME].rm_so,
			is_one_of_many(text, groups) ? "[]" : "");
		name = qualify(name, function);
	}
	free(text);
	return name;
}

bool hw_script_only_tries(const char *file, int line)
{
	static regex_t regex;
	static bool is_compiled;
	char *text = hw_source_line(file, line, NULL);
	regmatch_t groups[GROUPS];
	bool found = text && matches(&regex, &is_compiled, tries, text, groups);

	free(text);
	return found;
}
