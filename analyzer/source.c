/* SPDX-License-Identifier: MIT */
#include "analyzer/source.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_newer(const struct stat *file, const char *module)
{
	struct stat built;

	if (!module || stat(module, &built) < 0)
		return false;
	if (file->st_mtim.tv_sec != built.st_mtim.tv_sec)
		return file->st_mtim.tv_sec > built.st_mtim.tv_sec;
	return file->st_mtim.tv_nsec > built.st_mtim.tv_nsec;
}

/* NULL for what could block or is no text: a FIFO, a device, a folder. */
static FILE *open_source(const char *path, const char *module)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && !is_newer(&status, module))
		file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

static void cut_line_end(char *text, size_t length)
{
	if (length && text[length - 1] == '\n')
		text[--length] = '\0';
	if (length && text[length - 1] == '\r')
		text[--length] = '\0';
}

char *hw_source_line(const char *file, int line, const char *module)
{
	char *text = NULL;
	size_t capacity = 0;
	ssize_t length = -1;
	FILE *source;

	if (line < 1)
		return NULL;
	source = open_source(file, module);
	if (!source)
		return NULL;
	for (int i = 0; i < line; i++) {
		length = getline(&text, &capacity, source);
		if (length < 0)
			break;
	}
	fclose(source);
	if (length < 0) {
		free(text);
		return NULL;
	}
	cut_line_end(text, (size_t)length);
	return text;
}
