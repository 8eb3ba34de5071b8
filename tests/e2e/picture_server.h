/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_PICTURE_SERVER_H
#define HW_TESTS_E2E_PICTURE_SERVER_H

/* The demos' picture server, run by a test that wants it to be slow or to fail. */

#include "tests/e2e/process.h"

/*
 * Start it with two arguments (NULL: none), and write "http://127.0.0.1:PORT/"
 * once it listens. The test fails if it does not. End it with hw_process_finish.
 */
void hw_picture_server_start(
	struct hw_process *server, const char *first, const char *second, char ret_address[64]);

#endif
