/* SPDX-License-Identifier: MIT */
#include "analyzer/input.h"

int hw_input_open(const struct hw_options *options, enum hw_recording_names names,
	struct hw_input *ret_input, struct hw_error *error)
{
	struct hw_input input = { .file = options->input ? options->input : HW_RECORDING_DEFAULT };
	int code = hw_recording_open(input.file, names, &input.recording, error);

	if (code)
		return code;
	code = hw_model_load(input.recording.db, input.file, &input.model, error);
	if (code)
		hw_recording_close(&input.recording);
	else
		*ret_input = input;
	return code;
}

void hw_input_close(struct hw_input *input)
{
	hw_model_finish(&input->model);
	hw_recording_close(&input->recording);
}
