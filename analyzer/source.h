/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SOURCE_H
#define HW_ANALYZER_SOURCE_H

/*
 * Lines of source files, to show below a place in code. A line is only worth
 * showing when it is the one that was compiled, so a file that was edited
 * after the module was built has none.
 */

/*
 * Line `line` (from 1) of `file` without its end, CR included; tabs are kept.
 * NULL when there is no such line, the file is no regular readable file, or it
 * is newer than the file `module` (NULL: not asked; one that is gone proves
 * nothing and is not asked either). In new memory.
 */
char *hw_source_line(const char *file, int line, const char *module);

#endif
