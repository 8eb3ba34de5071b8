/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MANUAL_H
#define HW_ANALYZER_MANUAL_H

/*
 * The manual pages: in the build folder, where they were installed, or where
 * man(1) finds them, in this order, so that what is shown belongs to this program.
 */

#include "trace/error.h"

/*
 * Show a page of section 1, "holdwait-record", with man(1) or mandoc(1), which page it
 * on a terminal. -ENOENT when there is no page or nothing to show it with.
 */
int hw_manual_show(const char *page, struct hw_error *error);

#endif
