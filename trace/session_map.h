/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_SESSION_MAP_H
#define HW_TRACE_SESSION_MAP_H

/*
 * Making, finding and removing the shared memory of a session, from the
 * collector's and the launcher's side. Traced programs map it themselves
 * (interpose/attach.c), without libc.
 *
 * It is a file in /dev/shm, or in TMPDIR where there is none, whose name
 * cannot be guessed. The file lives as long as the collector, because programs
 * that are executed later open it by name. What a killed collector left behind is
 * removed by the next one.
 */

#include "trace/error.h"
#include "trace/session.h"

struct hw_session_options {
	uint32_t depth;  /* frames a stack may have, 1 to HW_DEPTH_MAX */
	uint32_t kinds;  /* 1 << enum hw_kind */
	uint32_t follow; /* enum hw_follow */
	uint32_t patience_s; /* how long a program waits for a collector that does nothing */
	bool lossy;
	bool python; /* show the functions of Python programs */
	bool hides; /* programs do not see the variables that make them join */
	enum hw_unwind unwind;
};

struct hw_session_map {
	struct hw_session *session;
	int fd; /* the collector's, to make chunks ready; -1 for others */
	char path[256];
};

/*
 * Create a session with its first chunks ready. The caller finishes the map, in the
 * same thread: it is the one whose death the traced programs notice.
 */
int hw_session_map_create(struct hw_session_map *map, const struct hw_session_options *options,
	struct hw_error *error);

/* Map a session that exists. The caller finishes the map. */
int hw_session_map_open(struct hw_session_map *map, const char *path, struct hw_error *error);

/* Unmap. A map of all zeroes, or finished before, is left alone. */
void hw_session_map_finish(struct hw_session_map *map);

/* Remove the file: no program can join any more. */
void hw_session_map_remove(const struct hw_session_map *map);

/* Make `count` more chunks ready; fewer when memory or the limit is reached. How many were. */
uint32_t hw_session_map_grow(struct hw_session_map *map, uint32_t count);

#endif
