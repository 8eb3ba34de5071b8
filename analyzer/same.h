/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SAME_H
#define HW_ANALYZER_SAME_H

/*
 * Which objects of different runs, or of different processes of one program, are the same one to
 * who reads the program: those of one class and one name.
 *
 * What was declared to be locked in some order and never was is of no known kind, and so of a class
 * of its own; that counts as the one class of a known kind that comes from the same place.
 */

#include "analyzer/model.h"

/* The key of a class without its kind: where its objects come from. */
const char *hw_same_place(const struct hw_class *class_);

/* By object: the first one that is the same. For free(). */
uint32_t *hw_same_find(const struct hw_model *model);

#endif
