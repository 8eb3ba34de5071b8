/* SPDX-License-Identifier: MIT */
#include "analyzer/act.h"

/* Waiting is put into words by what is waited for, and whether it already happens. */
static const struct {
	const char *name, *verb, *heading;
} acts[HW_ACT_COUNT] = {
	[HW_ACT_WAITED] = { "waited", "waited for", "  waited in " },
	[HW_ACT_UNLOCK] = { "unlock", "unlocks", "  unlocked  " },
	[HW_ACT_END] = { "end", "ended", "  created   " },
	[HW_ACT_DESTROY] = { "destroy", "destroys", "  destroyed " },
	[HW_ACT_FREE] = { "free", "frees", "  freed     " },
	[HW_ACT_DECLARE] = { "declare", "declared", "  declared  " },
};

const char *hw_act_name(enum hw_act act)
{
	return acts[act].name;
}

const char *hw_act_verb(enum hw_act act)
{
	return acts[act].verb;
}

const char *hw_act_heading(enum hw_act act)
{
	return acts[act].heading;
}
