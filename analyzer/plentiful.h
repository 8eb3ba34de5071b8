/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PLENTIFUL_H
#define HW_ANALYZER_PLENTIFUL_H

/*
 * Semaphores that can never run out of units: a thread blocks on one of n units only while
 * others keep all n, or all but fewer than it wants at once, and they keep them for ever only when
 * they wait for a lock, too. So it is enough to count what each thread ever held of it while it
 * waited.
 */

#include "analyzer/model.h"

/* By object, whether it is such a semaphore; for free(). */
bool *hw_plentiful_find(const struct hw_model *model);

#endif
