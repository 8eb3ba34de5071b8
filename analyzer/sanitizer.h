/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SANITIZER_H
#define HW_ANALYZER_SANITIZER_H

/*
 * Programs that gcc built with -fsanitize=address have the sanitizer in a library, and end at
 * once when that is not the first to be loaded, unless its option verify_asan_link_order says
 * that it need not be. Those of clang have it in themselves.
 *
 * Only the program that is started is looked at, and what it executes inherits the option, also
 * with an environment of its own (interpose/environment.h): what a script or a test runner starts
 * has to be given it by whoever runs it.
 */

/* For the environment of a program: ASAN_OPTIONS with what the user has there, or NULL. */
char *hw_sanitizer_options(const char *path);

#endif
