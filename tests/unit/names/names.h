/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_NAMES_NAMES_H
#define HW_TESTS_UNIT_NAMES_NAMES_H

/* The parts of the C program whose names are looked up. */

/* names_other.c */
void print_other_file(void);

/* names_library.c, in a shared library */
void library_outer(volatile int *rounds);

#endif
