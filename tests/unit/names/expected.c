/* SPDX-License-Identifier: MIT */
#include "tests/unit/names/expected.h"

#include <criterion/criterion.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/textbuf.h"
#include "trace/memory.h"

#define FIELDS_MAX 8

char *expected_path(const char *name)
{
	return hw_xasprintf("%s/%s", HW_NAMES_DIR, name);
}

/* Split at `separators` in place; returns how many fields. */
static size_t split(char *line, const char *separators, char *fields[FIELDS_MAX])
{
	size_t count = 0;
	char *rest = line, *field;

	line[strcspn(line, "\n")] = '\0';
	while (count < FIELDS_MAX && (field = strsep(&rest, separators)))
		fields[count++] = field;
	return count;
}

static enum depth depth_of(const char *word)
{
	static const char *const words[] = { "all", "symbols", "functions", "exported" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum depth)i;
	cr_assert_fail("'%s' is no depth", word);
	return DEPTH_ALL;
}

/* `path` with its first `from` replaced, in new memory. */
static char *replaced(const char *path, const char *from, const char *to)
{
	const char *at = from ? strstr(path, from) : NULL;

	return at ? hw_xasprintf("%.*s%s%s", (int)(at - path), path, to, at + strlen(from))
		  : hw_xstrdup(path);
}

static void add(
	struct expected_list *list, char *line, const char *depth, const char *from, const char *to)
{
	struct expected item = { .depth = depth_of(depth) };
	char *fields[FIELDS_MAX];
	size_t count = split(line, "\t", fields);

	cr_assert(count == 6 || count == 7, "unexpected line of %zu fields", count);
	item.is_frame = strcmp(fields[0], "frame") == 0;
	item.module = replaced(fields[1], from, to);
	item.address = strtoull(fields[2], NULL, 16);
	if (item.is_frame) {
		item.file = hw_xstrdup(fields[3]);
		item.chain = hw_xstrdup(fields[4]);
	} else {
		item.kind = hw_xstrdup(fields[3]);
		item.name = hw_xstrdup(fields[4]);
		item.class_name = hw_xstrdup(fields[5]);
	}
	item.symbol = hw_xstrdup(fields[count - 1]);
	HW_GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = item;
}

static void run(struct expected_list *list, char *row)
{
	char *fields[FIELDS_MAX] = { NULL }, *line = NULL;
	size_t capacity = 0, before = list->count;
	FILE *output;
	char *path;

	if (split(row, " ", fields) < 2)
		return;
	path = expected_path(fields[1]);
	output = popen(path, "r");
	cr_assert_not_null(output);
	while (getline(&line, &capacity, output) > 0)
		add(list, line, fields[0], fields[2], fields[3]);
	cr_assert_eq(pclose(output), 0, "%s failed", path);
	cr_assert_gt(list->count, before, "%s said nothing", path);
	free(line);
	free(path);
}

void expected_read(struct expected_list *list)
{
	char *path = expected_path("programs"), *row = NULL;
	FILE *programs = fopen(path, "r");
	size_t capacity = 0;

	cr_assert_not_null(programs, "%s is missing", path);
	*list = (struct expected_list){ 0 };
	while (getline(&row, &capacity, programs) > 0)
		run(list, row);
	fclose(programs);
	free(row);
	free(path);
}

void expected_finish(struct expected_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct expected *item = &list->items[i];

		free(item->module);
		free(item->file);
		free(item->chain);
		free(item->kind);
		free(item->name);
		free(item->class_name);
		free(item->symbol);
	}
	free(list->items);
}

char *expected_build_id(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct hw_textbuf text;
	const void *bits;
	ssize_t length;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	length = dwelf_elf_gnu_build_id(elf, &bits);
	hw_textbuf_init(&text);
	for (ssize_t i = 0; i < length; i++)
		fprintf(text.out, "%02x", ((const unsigned char *)bits)[i]);
	elf_end(elf);
	close(fd);
	return hw_textbuf_finish(&text);
}

bool expected_has_symbol(const struct expected *item)
{
	if (strcmp(item->symbol, "-") == 0)
		return false;
	if (item->depth == DEPTH_ALL || item->depth == DEPTH_SYMBOLS ||
		(item->depth == DEPTH_FUNCTIONS && item->is_frame))
		return true;
	return strstr(item->module, "/libnames") != NULL;
}
