/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_ATTACH_H
#define HW_INTERPOSE_ATTACH_H

/*
 * Finding the session, or starting one.
 *
 * HOLDWAIT_SESSION names the shared memory of a session that exists already: its
 * launcher or a parent set it. Without it (LD_PRELOAD set by hand) this is the first
 * process: it starts the collector, which answers with the session's name
 * through a pipe. The collector is a grandchild whose parent ends at once and
 * without a signal, so it is nobody's child that the program could wait for.
 */

struct hw_session;

/* Map the session at an address where its chunks are aligned; NULL when there is none to join. */
struct hw_session *hw_attach_session(void);

/* What children are to be told: where the session is, or that they need not try. "" is nothing. */
const char *hw_attach_session_path(void);

#endif
