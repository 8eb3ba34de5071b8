/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LAUNCH_H
#define HW_ANALYZER_LAUNCH_H

/*
 * Starting a program with its collector, and waiting for its end.
 *
 * The collector is started first and answers with the session. The program
 * is then executed in a child of the same process group and terminal, so that
 * job control, Ctrl-C and terminal modes are as without holdwait; relay.h says how.
 *
 * A collector that dies takes the recording with it, not the program.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "analyzer/relay.h"
#include "trace/clock.h"
#include "trace/options.h"

struct hw_launch {
	struct hw_session_map map;
	struct hw_relay relay;
	pid_t program;
	pid_t collector;
	int program_pidfd;
	int collector_pidfd;
	int status;          /* of the program, as wait(2) gives it; valid once it ended */
	bool program_ended;
	bool collector_ended;
	bool collector_failed; /* it did not end as it should, */
	bool collector_told;   /* and has said why */
	bool collector_stopped; /* for longer than it was waited for at the end */
	uint32_t states_seen;
	struct hw_clock clock; /* of the session, once asked for */
};

enum hw_launch_news {
	HW_LAUNCH_STATE,          /* the recording has a waiting state to be looked at */
	HW_LAUNCH_COLLECTOR_GONE, /* the program goes on unrecorded */
	HW_LAUNCH_ENDED,          /* the program ended */
	HW_LAUNCH_QUIT_PRESSED,   /* Ctrl-\ on its terminal: tell who waits for whom */
};

/*
 * Start both. 0, or an exit status (HW_EXIT_...) with an error; the collector
 * may have said itself what is wrong, then the message is empty. Changes no terminal mode.
 */
int hw_launch_start(struct hw_launch *launch, const struct hw_recording_options *options,
	const char *path, char **arguments, struct hw_error *error);

/*
 * Wait for something to happen. With `look_again` the newest waiting state, though it was told
 * of before, is told of once more when nothing else happens for a moment.
 */
enum hw_launch_news hw_launch_wait(struct hw_launch *launch, bool look_again);

/* Nanoseconds since the recording began. */
int64_t hw_launch_now_ns(struct hw_launch *launch);

/*
 * After the end of the program: let the collector finish. True when it closed
 * the recording, false when processes of the program still run and are recorded, or when somebody
 * has stopped the collector.
 */
bool hw_launch_finish(struct hw_launch *launch);

/* End every process of the session that still runs. */
void hw_launch_kill(struct hw_launch *launch, int signal_number);

/* How many processes of the session run now. */
unsigned hw_launch_running(const struct hw_launch *launch);

/* End this process as the program ended: same status, or by the same signal. Does not return. */
void hw_launch_exit_alike(const struct hw_launch *launch) __attribute__((noreturn));

#endif
