/* SPDX-License-Identifier: MIT */
#include "analyzer/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/merge.h"
#include "trace/memory.h"

/* Files that are named one by one; of more, only their number is told. */
enum { LISTED_MAX = 3 };

static char *list_of(const char *const *files, size_t count)
{
	char *list = hw_xstrdup(files[0]);

	if (count > LISTED_MAX) {
		free(list);
		return hw_xasprintf("%s and %zu more", files[0], count - 1);
	}
	for (size_t i = 1; i < count; i++) {
		char *longer = hw_xasprintf("%s, %s", list, files[i]);

		free(list);
		list = longer;
	}
	return list;
}

static int open_merged(
	const struct hw_options *options, struct hw_input *input, struct hw_error *error)
{
	size_t count = 1 + options->more_count;
	const char **files = hw_xcalloc(count, sizeof(*files));
	sqlite3 *db = NULL;
	int code = 0;

	files[0] = options->input;
	memcpy(files + 1, options->more, options->more_count * sizeof(*files));
	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		code = hw_error_set(error, -ENOMEM, "cannot merge in memory: %s",
			sqlite3_errmsg(db));
	if (!code)
		code = hw_merge_files(db, files, count, error);
	if (code) {
		sqlite3_close(db);
	} else {
		input->list = list_of(files, count);
		input->file = input->list;
		input->recording =
			(struct hw_recording){ .db = db, .path = hw_xstrdup(input->list) };
	}
	free(files);
	return code;
}

int hw_input_open(const struct hw_options *options, enum hw_recording_names names,
	struct hw_input *ret_input, struct hw_error *error)
{
	struct hw_input input = { .file = options->input ? options->input : HW_RECORDING_DEFAULT };
	int code = options->more_count
			   ? open_merged(options, &input, error)
			   : hw_recording_open(input.file, names, &input.recording, error);

	if (code)
		return code;
	code = hw_model_load(input.recording.db, input.file, &input.model, error);
	if (code) {
		hw_recording_close(&input.recording);
		free(input.list);
	} else {
		*ret_input = input;
	}
	return code;
}

void hw_input_close(struct hw_input *input)
{
	hw_model_finish(&input->model);
	hw_recording_close(&input->recording);
	free(input->list);
}

int hw_input_use(const struct hw_options *options, enum hw_recording_names names,
	hw_input_work *work, void *arguments, struct hw_error *error)
{
	struct hw_input input;
	int code = hw_input_open(options, names, &input, error);

	if (code)
		return code;
	code = work(arguments, &input, error);
	hw_input_close(&input);
	return code;
}
