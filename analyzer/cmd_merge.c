/* SPDX-License-Identifier: MIT */
/*
 * holdwait merge: several recordings as one file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/merge.h"
#include "analyzer/options.h"
#include "analyzer/recording.h"
#include "analyzer/verb.h"
#include "trace/memory.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct hw_options *common = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = common;
		return 0;
	case ARGP_KEY_ARG:
		hw_options_add_file(common, argument);
		return 0;
	case ARGP_KEY_END:
		if (!common->input)
			argp_error(state, "no recordings to merge");
		if (!common->output)
			argp_error(state, "no file to write to: name it with -o");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* What is there already may be replaced only when it is a recording, or empty. */
static int check_target(const char *path, struct hw_error *error)
{
	struct hw_recording recording;
	struct stat status;

	if (stat(path, &status) < 0)
		return errno == ENOENT ? 0
				       : hw_error_set(error, -errno, "cannot write '%s': %s", path,
						 strerror(errno));
	if (S_ISREG(status.st_mode) && status.st_size == 0)
		return 0;
	if (hw_recording_open(path, HW_RECORDING_AS_IT_IS, &recording, NULL)) {
		hw_error_set(error, -EEXIST, "'%s' is there, and is not a recording", path);
		hw_error_hint(error, "remove it, or write to another file");
		return -EEXIST;
	}
	hw_recording_close(&recording);
	return 0;
}

static int cannot_write(const char *path, const char *why, struct hw_error *error)
{
	return hw_error_set(error, -EIO, "cannot write '%s': %s", path, why);
}

/* Merge into a new file that nobody else has. */
static int write_to(const char *temporary, const char *path, const char *const *files,
	size_t count, struct hw_error *error)
{
	sqlite3 *db = NULL;
	int code = 0;

	/* Nobody sees the file before it is whole, so no journal is needed. */
	if (sqlite3_open_v2(temporary, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
		sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY", NULL,
			NULL, NULL) != SQLITE_OK)
		code = cannot_write(path, sqlite3_errmsg(db), error);
	if (!code)
		code = hw_merge_files(db, files, count, error);
	if (sqlite3_close(db) != SQLITE_OK && !code)
		code = cannot_write(path, "it could not be closed", error);
	return code;
}

static int make_temporary(char *temporary, const char *path, struct hw_error *error)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return cannot_write(path, strerror(errno), error);
	fchmod(fd, 0666 & ~mask);
	close(fd);
	return 0;
}

/* In the log of a recording that is replaced there would be rows that are not of the new one. */
static void remove_log(const char *path)
{
	static const char *const endings[] = { "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *name = hw_xasprintf("%s%s", path, endings[i]);

		unlink(name);
		free(name);
	}
}

static int merge(const struct hw_options *options, struct hw_error *error)
{
	size_t count = 1 + options->more_count;
	const char **files = hw_xcalloc(count, sizeof(*files));
	char *temporary = hw_xasprintf("%s.XXXXXX", options->output);
	int code = check_target(options->output, error);

	files[0] = options->input;
	if (options->more_count)
		memcpy(files + 1, options->more, options->more_count * sizeof(*files));
	if (!code)
		code = make_temporary(temporary, options->output, error);
	if (code)
		goto out;
	code = write_to(temporary, options->output, files, count, error);
	if (!code) {
		remove_log(options->output);
		if (rename(temporary, options->output) < 0)
			code = cannot_write(options->output, strerror(errno), error);
	}
	if (code)
		unlink(temporary);
out:
	free(temporary);
	free(files);
	return code;
}

int hw_cmd_merge(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.parser = parse,
		.args_doc = "FILE...",
		.doc = "Write several recordings into one, named with -o."
		       "\vExit status: 0; 2 when a file cannot be read or written or the command "
		       "line makes no sense.",
		.children = children,
	};
	struct hw_options options = { 0 };
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	code = merge(&options, &error);
	free(options.more);
	return hw_verb_status(code, &error);
}
