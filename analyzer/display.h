/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DISPLAY_H
#define HW_ANALYZER_DISPLAY_H

/*
 * What people call the things of a model. A label is short, and no two threads
 * and no two objects of a recording share one:
 *
 *   objects    "table.forks[3]", "/queue", "mutex created at pool_init (pool.c:12) (#31)", and,
 *              once it was introduced, "mutex #31" for one without a name
 *   threads    "philosopher 2 (thread 3)", "main thread", "thread 4 of process 2"
 *   processes  "download_procs (process 2)"
 *
 * Where a person could look up the thing in another place, its number is the
 * one used there: threads count inside their process, as gdb does; #12 is the
 * id in the recording.
 */

#include "analyzer/model.h"

/* Fill the labels of a model; part of loading it. */
void hw_display_label(struct hw_model *model);

/* A time span or a point in time with a sensible unit, as "1.204 s", "35.210 ms", "810 ns". */
void hw_display_time(int64_t time_ns, char ret_text[32]);

#endif
