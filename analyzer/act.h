/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ACT_H
#define HW_ANALYZER_ACT_H

/*
 * What a thread of a finding does besides holding what it holds, and the words for it:
 * for the table of who does what, for the mark in its source, for the heading of its
 * call stack, and for JSON.
 */

#include <stddef.h>

enum hw_act {
	HW_ACT_WAIT, /* it waits for the object, or would */
	HW_ACT_WAITED, /* it did, and went on in the end */
	HW_ACT_NONE, /* it only holds something, or held it before */
	HW_ACT_UNLOCK,
	HW_ACT_END, /* of the thread; its place is where it was created */
	HW_ACT_DESTROY,
	HW_ACT_FREE, /* the memory that the object is in */
	HW_ACT_DECLARE, /* that the object is to be locked before another one */
	HW_ACT_COUNT
};

/* "unlock", as in JSON; NULL of HW_ACT_WAIT and HW_ACT_NONE. */
const char *hw_act_name(enum hw_act act);

/* "unlocks": with the object after it. Of HW_ACT_END nothing comes after it. */
const char *hw_act_verb(enum hw_act act);

/* "  freed     ", before the frames of a call stack; of 12 columns. */
const char *hw_act_heading(enum hw_act act);

#endif
