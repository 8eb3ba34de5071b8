/* SPDX-License-Identifier: MIT */
#include "analyzer/baseline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/output.h"
#include "trace/memory.h"

enum { ID_LENGTH = 11 };

/* Where an id is, or would have to be put. */
static size_t place_of(const struct hw_baseline *baseline, const char *id)
{
	size_t low = 0, high = baseline->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(baseline->all[middle].id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct hw_baseline_entry *find(const struct hw_baseline *baseline, const char *id)
{
	size_t place = place_of(baseline, id);

	return place < baseline->count && strcmp(baseline->all[place].id, id) == 0 ?
		       &baseline->all[place] :
		       NULL;
}

static void insert(struct hw_baseline *baseline, struct hw_baseline_entry entry)
{
	size_t place = place_of(baseline, entry.id);

	HW_GROW(baseline->all, baseline->count, baseline->capacity);
	memmove(baseline->all + place + 1, baseline->all + place,
		(baseline->count - place) * sizeof(*baseline->all));
	baseline->all[place] = entry;
	baseline->count++;
}

/* The length of the id that a line begins with, or 0. */
static size_t id_length(const char *line)
{
	return strncmp(line, "hw-", 3) == 0 && strspn(line + 3, "0123456789abcdef") == 8 &&
			       (!line[ID_LENGTH] || isspace((unsigned char)line[ID_LENGTH])) ?
		       ID_LENGTH :
		       0;
}

/* Whether what follows the id is nothing, or a comment. */
static bool is_comment(const char *text)
{
	text += strspn(text, " \t");
	return !*text || *text == '#';
}

static int parse_line(struct hw_baseline *baseline, char *line, const char *path, unsigned number,
	struct hw_error *error)
{
	char id[ID_LENGTH + 1];
	size_t length;

	line += strspn(line, " \t");
	for (length = strlen(line); length && isspace((unsigned char)line[length - 1]);)
		line[--length] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (!id_length(line) || !is_comment(line + ID_LENGTH)) {
		hw_error_set(error, -EINVAL, "%s:%u: '%.60s' is no id of a finding", path, number,
			line);
		hw_error_hint(error, "'holdwait check --write-baseline' writes such files: an id "
				     "in each line, then a comment");
		return -EINVAL;
	}
	snprintf(id, sizeof(id), "%s", line);
	if (!find(baseline, id))
		insert(baseline, (struct hw_baseline_entry){
					 .id = hw_arena_string(&baseline->arena, id),
					 .text = hw_arena_string(&baseline->arena, line),
				 });
	return 0;
}

int hw_baseline_load(struct hw_baseline *baseline, const char *path, struct hw_error *error)
{
	FILE *file = fopen(path, "re");
	unsigned number = 0;
	size_t capacity = 0;
	char *line = NULL;
	int code = 0;

	if (!file) {
		code = hw_error_set(error, -errno, "cannot open '%s': %s", path, strerror(errno));
		hw_error_hint(error, "'holdwait check --write-baseline %s' makes one", path);
		return code;
	}
	while (!code && getline(&line, &capacity, file) >= 0)
		code = parse_line(baseline, line, path, ++number, error);
	if (!code && ferror(file))
		code = hw_error_set(error, -EIO, "cannot read '%s'", path);
	free(line);
	fclose(file);
	return code;
}

void hw_baseline_finish(struct hw_baseline *baseline)
{
	hw_arena_finish(&baseline->arena);
	free(baseline->all);
	*baseline = (struct hw_baseline){ 0 };
}

bool hw_baseline_find(struct hw_baseline *baseline, const char *id)
{
	struct hw_baseline_entry *entry = find(baseline, id);

	if (entry)
		entry->found = true;
	return entry;
}

void hw_baseline_add(struct hw_baseline *baseline, const struct hw_finding *finding)
{
	if (hw_baseline_find(baseline, finding->id))
		return;
	insert(baseline, (struct hw_baseline_entry){
				 .id = hw_arena_string(&baseline->arena, finding->id),
				 .text = hw_arena_printf(&baseline->arena, "%s  # %s %s",
					 finding->id, hw_finding_rule_name(finding->rule),
					 finding->title),
				 .found = true,
			 });
}

int hw_baseline_write(const struct hw_baseline *baseline, const char *path, struct hw_error *error)
{
	struct hw_output output;
	int code = hw_output_open(path, &output, error);

	if (code)
		return code;
	fputs("# Findings that were there when this was written, by holdwait check.\n",
		output.file);
	for (size_t i = 0; i < baseline->count; i++)
		if (baseline->all[i].found)
			fprintf(output.file, "%s\n", baseline->all[i].text);
	return hw_output_commit(&output, error);
}
