/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ROTATION_H
#define HW_ANALYZER_ROTATION_H

/*
 * Where a ring begins, so that equal rings look equal: the rotation that is
 * first in lexicographic order. Linear time.
 */

#include <stdint.h>

/* Index at which the least rotation of `count` numbers begins. */
uint32_t hw_rotation_least(const uint32_t *numbers, uint32_t count);

#endif
