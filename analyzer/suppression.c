/* SPDX-License-Identifier: MIT */
#include "analyzer/suppression.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/stack.h"
#include "trace/memory.h"

enum condition_kind { CONDITION_ID, CONDITION_RULE, CONDITION_CLASS, CONDITION_FUNCTION };

struct hw_condition {
	enum condition_kind kind;
	const char *pattern;
};

static const char *const kind_names[] = {
	[CONDITION_ID] = "id",
	[CONDITION_RULE] = "rule",
	[CONDITION_CLASS] = "class",
	[CONDITION_FUNCTION] = "function",
};

enum { KIND_COUNT = sizeof(kind_names) / sizeof(*kind_names) };

static const char separator[] = " and ";

/* Cut the comment and the blanks around off; in place. */
static char *strip(char *text)
{
	char *end;

	for (char *at = text; *at; at++)
		if (*at == '#' && (at == text || isblank((unsigned char)at[-1]))) {
			*at = '\0';
			break;
		}
	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static bool is_id(const char *text)
{
	return strncmp(text, "hw-", 3) == 0 && strspn(text + 3, "0123456789abcdef") == 8 &&
	       !text[11];
}

static bool is_rule(const char *text)
{
	return strncmp(text, "HW", 2) == 0 && strspn(text + 2, "0123456789") == 3 && !text[5];
}

static int complain(struct hw_error *error, const struct hw_suppression *s, const char *what,
	const char *hint)
{
	hw_error_set(error, -EINVAL, "%s:%u: %s", s->file, s->line, what);
	hw_error_hint(error, "%s", hint);
	return -EINVAL;
}

static int parse_condition(char *text, const struct hw_suppression *s, struct hw_condition *ret,
	struct hw_error *error)
{
	size_t length = strcspn(text, " \t"), kind = 0;
	char *pattern = text + length, message[256];

	while (kind < KIND_COUNT &&
		(strncmp(text, kind_names[kind], length) != 0 || kind_names[kind][length]))
		kind++;
	pattern += strspn(pattern, " \t");
	if (kind == KIND_COUNT) {
		snprintf(message, sizeof(message), "'%.*s' is nothing to suppress by",
			(int)(length < 60 ? length : 60), text);
		return complain(error, s, message,
			"a line is: id hw-..., rule HW001, class PATTERN or function PATTERN, or "
			"several of these with ' and ' between them");
	}
	if (!*pattern) {
		snprintf(message, sizeof(message), "nothing follows '%s'", kind_names[kind]);
		return complain(error, s, message, "to suppress everything, do not check");
	}
	if (kind == CONDITION_ID && !is_id(pattern)) {
		snprintf(message, sizeof(message), "'%.60s' is no id of a finding", pattern);
		return complain(error, s, message, "an id is like hw-5f3a91c2; reports have it");
	}
	if (kind == CONDITION_RULE && !is_rule(pattern)) {
		snprintf(message, sizeof(message), "'%.60s' is no rule", pattern);
		return complain(error, s, message, "'holdwait explain' lists the rules");
	}
	*ret = (struct hw_condition){ (enum condition_kind)kind, pattern };
	return 0;
}

/* The conditions of a line; `text` becomes part of them. */
static int parse_line(struct hw_suppressions *all, char *text, struct hw_suppression *s,
	struct hw_error *error)
{
	size_t count = 1;
	int code = 0;

	for (const char *at = text; (at = strstr(at, separator)); at += strlen(separator))
		count++;
	s->conditions = hw_arena_alloc(&all->arena, count, sizeof(*s->conditions));
	while (text && !code) {
		char *next = strstr(text, separator);

		if (next) {
			*next = '\0';
			next += strlen(separator);
		}
		code = parse_condition(strip(text), s, &s->conditions[s->condition_count++], error);
		text = next;
	}
	return code;
}

static int read_lines(
	struct hw_suppressions *all, FILE *file, const char *name, struct hw_error *error)
{
	unsigned number = 0;
	size_t capacity = 0;
	char *line = NULL;
	int code = 0;

	while (!code && getline(&line, &capacity, file) >= 0) {
		struct hw_suppression s = { .file = name, .line = ++number };
		const char *text = strip(line);

		if (!*text)
			continue;
		s.text = hw_arena_string(&all->arena, text);
		code = parse_line(all, hw_arena_string(&all->arena, text), &s, error);
		if (code)
			break;
		HW_GROW(all->all, all->count, all->capacity);
		all->all[all->count++] = s;
	}
	if (!code && ferror(file))
		code = hw_error_set(error, -EIO, "cannot read '%s'", name);
	free(line);
	return code;
}

int hw_suppressions_load(struct hw_suppressions *all, const char *path, struct hw_error *error)
{
	FILE *file = fopen(path, "re");
	int code;

	if (!file) {
		code = hw_error_set(error, -errno, "cannot open '%s': %s", path, strerror(errno));
		hw_error_hint(error, "it is a text file with a line for each suppression");
		return code;
	}
	code = read_lines(all, file, hw_arena_string(&all->arena, path), error);
	fclose(file);
	return code;
}

void hw_suppressions_finish(struct hw_suppressions *all)
{
	hw_arena_finish(&all->arena);
	free(all->all);
	*all = (struct hw_suppressions){ 0 };
}

char *hw_suppressions_find(void)
{
	char *folder = getcwd(NULL, 0), *path = NULL;

	while (folder && !path) {
		char *slash = strrchr(folder, '/');

		path = hw_xasprintf("%s/%s", folder[1] ? folder : "", HW_SUPPRESSION_FILE);
		if (access(path, F_OK) == 0)
			break;
		free(path);
		path = NULL;
		if (!slash || !folder[1])
			break;
		slash[slash == folder] = '\0';
	}
	free(folder);
	return path;
}

static bool fits(const char *pattern, const char *text)
{
	return text && (strcmp(pattern, text) == 0 || fnmatch(pattern, text, 0) == 0);
}

static bool object_fits(const struct hw_model *model, uint32_t object, const char *pattern)
{
	const struct hw_class *c = &model->classes[model->objects[object].class_];

	return fits(pattern, c->key) || fits(pattern, c->name);
}

static bool class_fits(
	const struct hw_model *model, const struct hw_finding *finding, const char *pattern)
{
	for (uint32_t i = 0; i < finding->object_count; i++)
		if (object_fits(model, finding->objects[i], pattern))
			return true;
	return false;
}

static bool stack_fits(const struct hw_model *model, uint32_t stack, const char *pattern)
{
	uint32_t frames[HW_STACK_FRAMES_MAX],
		count = hw_stack_frames(model, stack, frames, HW_STACK_FRAMES_MAX);

	for (uint32_t i = 0; i < count && i < HW_STACK_FRAMES_MAX; i++)
		if (fits(pattern, model->frames[frames[i]].function))
			return true;
	return false;
}

static bool function_fits(
	const struct hw_model *model, const struct hw_finding *finding, const char *pattern)
{
	for (uint32_t i = 0; i < finding->thread_count; i++) {
		const struct hw_finding_thread *t = &finding->threads[i];

		if (stack_fits(model, t->stack, pattern))
			return true;
		for (uint32_t j = 0; j < t->hold_count; j++)
			if (stack_fits(model, t->holds[j].stack, pattern))
				return true;
	}
	return false;
}

static bool condition_fits(const struct hw_condition *condition, const struct hw_model *model,
	const struct hw_finding *finding)
{
	switch (condition->kind) {
	case CONDITION_ID:
		return strcmp(condition->pattern, finding->id) == 0;
	case CONDITION_RULE:
		return strcmp(condition->pattern, hw_finding_rule_name(finding->rule)) == 0;
	case CONDITION_CLASS:
		return class_fits(model, finding, condition->pattern);
	case CONDITION_FUNCTION:
		return function_fits(model, finding, condition->pattern);
	}
	return false;
}

bool hw_suppressions_match(struct hw_suppressions *all, const struct hw_model *model,
	const struct hw_finding *finding)
{
	bool any = false;

	for (size_t i = 0; i < all->count; i++) {
		struct hw_suppression *s = &all->all[i];
		size_t fitting = 0;

		while (fitting < s->condition_count &&
			condition_fits(&s->conditions[fitting], model, finding))
			fitting++;
		if (fitting == s->condition_count)
			any = s->used = true;
	}
	return any;
}
