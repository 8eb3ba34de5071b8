/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDS_H
#define HW_ANALYZER_WORDS_H

/*
 * The words by which the recording, the reports and people call the kinds of
 * objects: "rwlock" in tables and JSON, "reader-writer lock" in sentences.
 */

#include "trace/record.h"

/* As in the recording; "unknown" for HW_KIND_NONE. */
const char *hw_words_of_kind(enum hw_kind kind);

/* For sentences: "mutex", "reader-writer lock". */
const char *hw_words_describe(enum hw_kind kind);

#endif
