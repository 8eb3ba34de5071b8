/* SPDX-License-Identifier: MIT */
#include "tests/e2e/picture_server.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void hw_picture_server_start(
	struct hw_process *server, const char *first, const char *second, char ret_address[64])
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	hw_process_start(server, HW_ARGUMENTS(HW_BUILD_DIR "/demos/picture_server", first, second));
	for (unsigned left = HW_PROCESS_PATIENCE_S * 200; left > 0; left--) {
		char *output = hw_process_output(server);
		bool ready = strchr(output, '\n') != NULL;

		if (ready)
			snprintf(ret_address, 64, "%.*s", (int)strcspn(output, "\n"), output);
		free(output);
		if (ready)
			return;
		nanosleep(&pause, NULL);
	}
	hw_process_finish(server);
	cr_assert_fail("the picture server does not start");
}
