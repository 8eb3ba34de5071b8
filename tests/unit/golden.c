/* SPDX-License-Identifier: MIT */
#include "tests/unit/golden.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t capacity = 0;

	if (!file)
		return strdup("");
	if (getdelim(&text, &capacity, '\0', file) < 0) {
		free(text);
		text = strdup("");
	}
	fclose(file);
	return text;
}

static void update(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file, "cannot write %s", path);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

void golden_compare(const char *name, const char *text)
{
	char *path, *expected;
	int line = 1;
	size_t begin = 0;

	cr_assert_gt(asprintf(&path, "%s/%s", HW_GOLDEN_FOLDER, name), 0);
	if (getenv("HW_GOLDEN_UPDATE"))
		update(path, text);
	expected = read_all(path);
	for (size_t i = 0; text[i] && text[i] == expected[i]; i++)
		if (text[i] == '\n') {
			line++;
			begin = i + 1;
		}
	cr_assert_str_eq(text, expected, "%s, line %d:\nwants: %.*s\nis:    %.*s\n", name, line,
		(int)strcspn(expected + begin, "\n"), expected + begin,
		(int)strcspn(text + begin, "\n"), text + begin);
	free(expected);
	free(path);
}
