/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_MEMORY_H
#define HW_INTERPOSE_MEMORY_H

/*
 * Memory that goes away with objects in it.
 *
 * Neither std::mutex nor a static initialiser tells when an object ends: its
 * memory is freed or unmapped, and the next lock at that address would pass
 * for the same one. So free, realloc, munmap, mremap, shmdt and mmap over what is mapped
 * are intercepted, and what lived there is forgotten (logged as destroyed by being freed).
 *
 * They are called far more often than locks are made. One bit for each 64 bytes
 * says whether an object was ever seen there; distances of 4 GiB share bits, which
 * costs a look-up now and then and nothing else. As long as no object was seen
 * outside the memory of modules that stay, nothing is done at all.
 */

#include "interpose/object.h"

/* An object lives at this address now. */
void hw_memory_mark(uintptr_t address);

/* The lowest address of a range where an object may have been seen, in steps; 0 for none. */
uintptr_t hw_memory_next(uintptr_t start, uintptr_t end);

/* Private memory is about to go away, by other means than the calls that are intercepted. */
void hw_memory_gone(uintptr_t start, size_t size_bytes);

/* These pages are not mapped here any more, or about to go. */
void hw_memory_unmapped(const void *memory, size_t size_bytes, const struct hw_call *call);

/* The memory of a library has gone away, by this call. */
void hw_memory_closed(uintptr_t start, size_t size_bytes, const struct hw_call *call);

#endif
