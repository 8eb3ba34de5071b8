/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_LOCAL_SERVER_H
#define DEMOS_LOCAL_SERVER_H

/*
 * The picture server as a child process: started from the directory this
 * program lies in, asked for its address, ended again. The server ends on its
 * own when this program ends in any other way.
 */

#include <sys/types.h>

struct local_server {
	pid_t pid;
	char address[64]; /* "http://127.0.0.1:PORT/" */
};

/* Start it with --delay-ms; dies when that is impossible. Call it from the main thread. */
void local_server_start(struct local_server *server, unsigned delay_ms);

/* End it and wait until it has ended; legal when it was never started (pid 0). */
void local_server_stop(struct local_server *server);

#endif
