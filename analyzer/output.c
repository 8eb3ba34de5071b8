/* SPDX-License-Identifier: MIT */
#include "analyzer/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/memory.h"

/* A NULL path is standard output. */
static int cannot(const char *path, int number, struct hw_error *error)
{
	if (!path)
		return hw_error_set(
			error, -number, "cannot write to standard output: %s", strerror(number));
	return hw_error_set(error, -number, "cannot write '%s': %s", path, strerror(number));
}

static bool is_written_directly(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int open_temporary(const char *path, struct hw_output *o, struct hw_error *error)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	o->temporary = hw_xasprintf("%s.XXXXXX", path);
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd < 0)
		return cannot(path, errno, error);
	fchmod(fd, 0666 & ~mask);
	o->file = fdopen(fd, "w");
	return 0;
}

int hw_output_open(const char *path, struct hw_output *ret_output, struct hw_error *error)
{
	struct hw_output o = { .file = stdout };
	int code = 0;

	if (!path) {
		/* Ended by `| head`, as other programs are. */
		signal(SIGPIPE, SIG_DFL);
		*ret_output = o;
		return 0;
	}
	if (is_written_directly(path)) {
		o.file = fopen(path, "we");
		if (!o.file)
			return cannot(path, errno, error);
	} else {
		code = open_temporary(path, &o, error);
	}
	if (code) {
		free(o.temporary);
		return code;
	}
	o.path = hw_xstrdup(path);
	*ret_output = o;
	return 0;
}

static void forget(struct hw_output *output)
{
	free(output->path);
	free(output->temporary);
	*output = (struct hw_output){ 0 };
}

int hw_output_commit(struct hw_output *output, struct hw_error *error)
{
	bool failed = fflush(output->file) != 0 || ferror(output->file);
	int code = 0, number = errno;

	if (output->path && fclose(output->file) != 0 && !failed) {
		failed = true;
		number = errno;
	}
	if (!failed && output->temporary && rename(output->temporary, output->path) < 0) {
		failed = true;
		number = errno;
	}
	if (failed) {
		code = cannot(output->path, number, error);
		if (output->temporary)
			unlink(output->temporary);
	}
	forget(output);
	return code;
}

void hw_output_discard(struct hw_output *output)
{
	if (output->path)
		fclose(output->file);
	if (output->temporary)
		unlink(output->temporary);
	forget(output);
}
