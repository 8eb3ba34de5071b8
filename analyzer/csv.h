/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CSV_H
#define HW_ANALYZER_CSV_H

/* Fields of comma-separated values (RFC 4180), whose lines end with "\r\n". */

#include <stdio.h>

/* Write a field, in quotes where it needs them. */
void hw_csv_print(FILE *out, const char *text);

#endif
