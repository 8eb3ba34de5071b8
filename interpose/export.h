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

/*
 * On the declaration of a variable of the library's own: then it is reached directly. Other
 * declarations of variables are read through a table, as they might be somebody else's.
 */
#define HW_HIDDEN __attribute__((visibility("hidden")))

/* A second name of a hook, for what has two names in libc. */
#define HW_ALIAS(result, alias_name, parameters, target) \
	HW_EXPORT HW_COPY_ATTRIBUTES(target) result alias_name parameters \
		__attribute__((alias(#target)));

/* A hook in front of what libc keeps for old programs alone, name@version; dlsym finds neither. */
#define HW_OLD_NAME(result, name, parameters, target, version) \
	HW_ALIAS(result, hw_old_##name, parameters, target) \
	__asm__(".symver hw_old_" #name ", " #name "@" version);

/*
 * The same for a name that has no other version, and the one that all of libc began with. Then
 * a library linked without libc finds it, as its references have no version; glib.h says why
 * it finds @HOLDWAIT here.
 */
#define HW_FIRST_NAME(result, name, parameters, target) \
	HW_OLD_NAME(result, name, parameters, target, "GLIBC_2.2.5") \
	HW_ALIAS(result, hw_first_##name, parameters, target) \
	__asm__(".symver hw_first_" #name ", " #name "@HOLDWAIT");

#endif
