/* SPDX-License-Identifier: MIT */
#include "analyzer/words.h"

#include "trace/name.h"

static const char *const descriptions[HW_KIND_COUNT] = {
	[HW_KIND_NONE] = "object of an unknown kind",
	[HW_KIND_MUTEX] = "mutex",
	[HW_KIND_RWLOCK] = "reader-writer lock",
	[HW_KIND_SPIN] = "spinlock",
	[HW_KIND_COND] = "condition variable",
	[HW_KIND_BARRIER] = "barrier",
	[HW_KIND_SEM] = "semaphore",
	[HW_KIND_ONCE] = "once",
	[HW_KIND_THREAD] = "thread",
};

const char *hw_words_of_kind(enum hw_kind kind)
{
	return kind == HW_KIND_NONE ? "unknown" : hw_name_of_kind(kind);
}

const char *hw_words_describe(enum hw_kind kind)
{
	return descriptions[kind];
}
