/* SPDX-License-Identifier: MIT */
#include "analyzer/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace/memory.h"

static bool is_component(const char *at, size_t length, const char *name)
{
	return strlen(name) == length && memcmp(at, name, length) == 0;
}

/* Where the last component that ".." may take back starts, or -1. */
static long last_component(const char *text, size_t length)
{
	size_t start = length;

	if (!length || (length == 1 && text[0] == '/'))
		return -1;
	while (start > 0 && text[start - 1] != '/')
		start--;
	return is_component(text + start, length - start, "..") ? -1 : (long)start;
}

/* Leave out empty components, ".", and "x/.."; in new memory. */
static char *clean(const char *path)
{
	char *text = hw_xmalloc(strlen(path) + 2);
	size_t length = 0;

	if (*path == '/')
		text[length++] = '/';
	while (*path) {
		size_t part = strcspn(path, "/");
		bool up = is_component(path, part, "..");
		long last = up ? last_component(text, length) : -1;

		if (last >= 0) {
			/* With the slash before it, but never the root's. */
			length = last > 1 ? (size_t)last - 1 : (size_t)last;
		} else if (part && !is_component(path, part, ".") &&
			   !(up && length == 1 && text[0] == '/')) {
			if (length && text[length - 1] != '/')
				text[length++] = '/';
			memcpy(text + length, path, part);
			length += part;
		}
		path += part + (path[part] == '/');
	}
	if (!length)
		text[length++] = '.';
	text[length] = '\0';
	return text;
}

/* Whether `clean` has lost the file that `raw` leads to. */
static bool is_lost(const char *raw, const char *cleaned)
{
	struct stat a, b;

	if (strcmp(raw, cleaned) == 0 || stat(raw, &a) < 0)
		return false;
	return stat(cleaned, &b) < 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino;
}

char *hw_path_join(const char *directory, const char *file)
{
	char *raw, *cleaned;

	if (*file == '/' || !directory || !*directory)
		raw = hw_xstrdup(file);
	else
		raw = hw_xasprintf("%s/%s", directory, file);
	cleaned = clean(raw);
	if (is_lost(raw, cleaned)) {
		free(cleaned);
		return raw;
	}
	free(raw);
	return cleaned;
}

const char *hw_path_below(const char *path, const char *directory)
{
	size_t length = directory ? strlen(directory) : 0;

	while (length > 0 && directory[length - 1] == '/')
		length--;
	if (!length || strncmp(path, directory, length) != 0 || path[length] != '/')
		return path;
	path += length + strspn(path + length, "/");
	return path;
}

const char *hw_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
