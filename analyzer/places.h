/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PLACES_H
#define HW_ANALYZER_PLACES_H

/*
 * Where the other parts of holdwait are: next to this program in a build folder,
 * else where they were installed, relative to this program, so that an
 * installation can be moved as a whole.
 */

#include "trace/error.h"

enum hw_place {
	HW_PLACE_LIBRARY,   /* libholdwait.so, to be preloaded */
	HW_PLACE_COLLECTOR, /* the holdwait-collector program */
};

/* The folder this program is in; the caller frees it. */
char *hw_places_own_folder(void);

/* The absolute path of a part; the caller frees it. NULL, with an error, when it is missing. */
char *hw_places_find(enum hw_place place, struct hw_error *error);

#endif
