/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_EXPORT_H
#define HW_INTERPOSE_EXPORT_H

/*
 * The functions programs get instead of libc's and GLib's. Nothing else of the library is
 * visible, and holdwait.map lists them once more: a test compares.
 */

/* Redeclared with libc's attributes left out: no "nonnull" or "leaf" may be assumed in a hook. */
#define HW_EXPORT __attribute__((visibility("default")))

#if __has_attribute(copy)
#define HW_COPY_ATTRIBUTES(target) __attribute__((copy(target)))
#else
#define HW_COPY_ATTRIBUTES(target)
#endif

/* A second name of a hook, for the hidden names that old libraries call. */
#define HW_ALIAS(result, alias_name, parameters, target) \
	HW_EXPORT HW_COPY_ATTRIBUTES(target) result alias_name parameters \
		__attribute__((alias(#target)));

#endif
