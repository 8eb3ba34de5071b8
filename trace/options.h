/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_OPTIONS_H
#define HW_TRACE_OPTIONS_H

/*
 * What to record, and into which file: the same words on the command line of
 * `holdwait run`, in HOLDWAIT_OPTIONS, and from the launcher to the collector.
 *
 * Options are separated by spaces: depth=N events=KIND,KIND... follow=fork,exec
 * python=auto|off unwind=auto|fp hide-environment lossy max-size=SIZE patience=SECONDS
 * store=auto|rows|packed|zstd file=PATH (PATH goes to the end of the text). SIZE is in bytes, or
 * with K, M, G or T behind it in units of 1024, its square and so on.
 * HOLDWAIT_FILE names the file too. In a file name %p is the process id, %e the program, %h
 * the host, %t the time in seconds; %% is a percent sign.
 */

#include <sys/types.h>

#include "trace/error.h"
#include "trace/event_writer.h"
#include "trace/session_map.h"

/* A recording of nothing takes a few hundred KiB. */
enum { HW_RECORDING_BYTES_MIN = 1 << 20 };

struct hw_recording_options {
	struct hw_session_options session;
	enum hw_event_form form;
	uint64_t max_bytes; /* that the recording may take; 0: any number */
	char file[4096];
};

void hw_recording_options_init(struct hw_recording_options *options);

/* Take HOLDWAIT_FILE and HOLDWAIT_OPTIONS into account. */
int hw_recording_options_environment(struct hw_recording_options *options, struct hw_error *error);

/* Parse options as in HOLDWAIT_OPTIONS. */
int hw_recording_options_parse(struct hw_recording_options *options, const char *text,
	struct hw_error *error);

/* Parse one option; `value` is NULL when it has none. */
int hw_recording_options_set(struct hw_recording_options *options, const char *name,
	const char *value, struct hw_error *error);

/* The options as text that hw_recording_options_parse() takes. */
void hw_recording_options_text(const struct hw_recording_options *options, char *text,
	size_t size_bytes);

/* Replace %p %e %h %t in the file name; `program` may be a path. */
int hw_recording_options_expand(struct hw_recording_options *options, pid_t pid,
	const char *program, struct hw_error *error);

#endif
