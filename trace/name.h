/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_NAME_H
#define HW_TRACE_NAME_H

/* The words that stand in a recording for what the log says in numbers: ops, kinds of objects. */

#include "trace/record.h"

/* "lock"; NULL for ops that are not events. */
const char *hw_name_of_op(enum hw_op op);

/* HW_OP_NONE when there is no such op. */
enum hw_op hw_name_to_op(const char *name);

/* "timed": the one of the HW_HOW_ bits that an event row tells; NULL when it tells none. */
const char *hw_name_of_how(uint32_t how);

/* 0 when there is no such way, or no name. */
uint32_t hw_name_to_how(const char *name);

/* "mutex"; NULL for HW_KIND_NONE. */
const char *hw_name_of_kind(enum hw_kind kind);

/* HW_KIND_NONE when there is no such kind, or no name. */
enum hw_kind hw_name_to_kind(const char *name);

#endif
