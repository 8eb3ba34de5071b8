/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CFI_ENTRY_H
#define HW_INTERPOSE_CFI_ENTRY_H

/*
 * Where the call frame information of a function is, in the file that the function is
 * of: the entries of .eh_frame (Linux Standard Base Core, 10.6), found through the table in
 * .eh_frame_hdr. Encodings that no linker for x86-64 uses are not understood.
 */

#include "interpose/cfi_reader.h"

struct hw_cfi_entry {
	uintptr_t begin; /* of the function, and past its end */
	uintptr_t end;
	uint64_t code_factor;
	int64_t data_factor;
	struct hw_cfi_reader first;   /* program that every function of its kind begins with */
	struct hw_cfi_reader program; /* its own */
	uint8_t encoding;             /* of pointers to code */
	bool is_augmented;
	bool is_signal; /* the kernel calls it: it returns to where nothing was called */
};

/* Of the function that this address is in. False when nothing is known. Takes no lock. */
bool hw_cfi_find_entry(uintptr_t address, struct hw_cfi_entry *ret_entry);

/* A pointer as `encoding` of an entry tells. */
uint64_t hw_cfi_read_pointer(struct hw_cfi_reader *reader, uint8_t encoding);

/* Resolve what is needed of the dynamic linker. */
void hw_cfi_entry_init(void);

#endif
