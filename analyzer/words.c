/* SPDX-License-Identifier: MIT */
#include "analyzer/words.h"

#include <string.h>

static const struct {
	const char *word;
	const char *description;
} kinds[HW_KIND_COUNT] = {
	[HW_KIND_NONE] = { "unknown", "object of an unknown kind" },
	[HW_KIND_MUTEX] = { "mutex", "mutex" },
	[HW_KIND_RWLOCK] = { "rwlock", "reader-writer lock" },
	[HW_KIND_SPIN] = { "spin", "spinlock" },
	[HW_KIND_COND] = { "cond", "condition variable" },
	[HW_KIND_BARRIER] = { "barrier", "barrier" },
	[HW_KIND_SEM] = { "sem", "semaphore" },
	[HW_KIND_ONCE] = { "once", "once" },
	[HW_KIND_THREAD] = { "thread", "thread" },
};

enum hw_kind hw_words_kind(const char *word)
{
	for (int kind = HW_KIND_NONE + 1; word && kind < HW_KIND_COUNT; kind++)
		if (strcmp(word, kinds[kind].word) == 0)
			return (enum hw_kind)kind;
	return HW_KIND_NONE;
}

const char *hw_words_of_kind(enum hw_kind kind)
{
	return kinds[kind].word;
}

const char *hw_words_describe(enum hw_kind kind)
{
	return kinds[kind].description;
}
