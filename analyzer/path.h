/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PATH_H
#define HW_ANALYZER_PATH_H

/*
 * Names of files, as compilers write them down and as people read them.
 *
 * A compiler names a source file relative to the folder it ran in, often with
 * ".." in it. These functions work on the text; the only question they ask the
 * file system is whether leaving out ".." would lead to another file, as it
 * does behind a symbolic link.
 */

/* `file`, below `directory` (may be NULL) unless absolute, without "." and ".."; new memory. */
char *hw_path_join(const char *directory, const char *file);

/* The part of `path` below `directory` (may be NULL), or all of it; points into `path`. */
const char *hw_path_below(const char *path, const char *directory);

/* What follows the last slash; points into `path`. */
const char *hw_path_base(const char *path);

#endif
