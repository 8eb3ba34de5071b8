/* SPDX-License-Identifier: MIT */
#include "trace/script.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

bool hw_script_tries_first(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return !strncmp(base, "python3", 7) || !strncmp(base, "libpython3", 10) ||
	       !strncmp(base, "_multiprocessing.", 17);
}

bool hw_script_makes_end(const struct hw_roster *roster, uint32_t stack)
{
	const struct hw_frame *frame =
		stack ? &roster->frames[roster->stacks[stack - 1].frame - 1] : NULL;

	/* With the name of its class since 3.11. The other one makes it again, after a fork. */
	return frame && frame->function &&
		(ends_with(frame->function, "_set_tstate_lock") ||
			ends_with(frame->function, "_reset_internal_locks")) &&
		ends_with(frame->module->path, "/threading.py");
}
