/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CFI_PROGRAM_H
#define HW_INTERPOSE_CFI_PROGRAM_H

/*
 * The little programs that call frame information consists of: each instruction changes
 * a row of rules, or says from which address on the row is another one (DWARF 5, 6.4.2).
 */

#include "interpose/cfi.h"
#include "interpose/cfi_entry.h"

/* The rule for an address in the function of this entry. */
struct hw_rule hw_cfi_run(const struct hw_cfi_entry *entry, uintptr_t address);

#endif
