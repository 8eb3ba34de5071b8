/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_STARVED_H
#define HW_TESTS_E2E_STARVED_H

/*
 * What tests do to the collector of a program that runs in a folder of theirs, and what they see of
 * it meanwhile. Programs there go on when a file says so (fixtures loops and burdens).
 */

#include <stdbool.h>
#include <stdint.h>

#include "tests/e2e/preloaded.h"
#include "trace/session_map.h"

/* The collector that works in a folder; the test fails when there is none. */
pid_t hw_starved_collector(const char *folder);

/* Wait until so many threads have unlocked something in the recording that is being made. */
void hw_starved_wait_for_threads(const char *recording, int count);

/* Make a file in the folder, and wait until there is one. */
void hw_starved_tell(const char *folder, const char *name);
void hw_starved_wait_for(const char *folder, const char *name);

/* How many rounds the processes of fixture burdens say that they have done. */
int64_t hw_starved_rounds(const struct hw_process *process);

/* A moment, between two looks at what another process does. */
void hw_starved_pause(void);

/* Where the session that a process has mapped is. */
void hw_starved_session(pid_t pid, char *ret_path, size_t size_bytes);

/* Map it, to look at; hw_session_map_finish() ends that. */
void hw_starved_map(pid_t pid, struct hw_session_map *ret_map);

/* Wait until somebody waits for a chunk; until there is none, and until there is one. */
void hw_starved_wait_for_waiters(const struct hw_session_map *map);
void hw_starved_wait_until_none(const struct hw_session_map *map);
void hw_starved_wait_for_chunks(const struct hw_session_map *map);

/* Every recorded thread gets a signal, so many times. */
void hw_starved_disturb(const struct hw_session_map *map, int number, int times);

/* The test fails when the session takes more memory than holdwait(7) says. */
void hw_starved_expect_bounded(const struct hw_session_map *map);

#endif
