/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_EXPORT_H
#define HW_INTERPOSE_EXPORT_H

/*
 * The functions programs get instead of libc's. Nothing else of the library is
 * visible, and holdwait.map lists them once more: a test compares.
 */

/* Redeclared with libc's attributes left out: no "nonnull" or "leaf" may be assumed in a hook. */
#define HW_EXPORT __attribute__((visibility("default")))

/* A second name of a hook, for the hidden names that old libraries call. */
#define HW_ALIAS(result, alias_name, parameters, target) \
	HW_EXPORT result alias_name parameters __attribute__((alias(#target), copy(target)));

#endif
