/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_PATH_H
#define HW_TESTS_UNIT_PATH_H

/*
 * Paths of calls of all sorts, at the end of which is a look (look.h). A path is a string: each
 * byte is a step, the rest of the string its argument.
 */

#include <stddef.h>

#include "tests/unit/look.h"

enum {
	PATH_PLAIN = 1,
	PATH_OTHER, /* of the same size, so that their callees' frames lie at the same address */
	PATH_ALLOCA,
	PATH_RBP,
	PATH_ALIGNED,
	PATH_TAIL,
	PATH_SORTING,
	PATH_JUMPING,
	PATH_CALLS = PATH_JUMPING,
	PATH_RAISING, /* goes on in a signal handler, which path_take_signals() installs */
	PATH_STEPS = PATH_RAISING,
};

typedef void path_step(const unsigned char *path);

extern path_step *const path_steps[PATH_STEPS + 1];

static inline __attribute__((always_inline)) void path_go(const unsigned char *path)
{
	if (*path)
		path_steps[*path](path + 1);
	else
		look();
}

/*
 * Calls it from frames of two functions, in which the room that is made by alloca moves: the stack
 * pointer is the same, and so is every word that was read, but rbp is not. It is to make as much
 * room as it is told, and to leave that as it was: with return addresses of frames before.
 */
void path_move_frames(void (*innermost)(size_t room_bytes));

/* Of SIGUSR1; where handlers return to is known then. */
void path_take_signals(void);

#endif
