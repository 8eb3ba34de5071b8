/* SPDX-License-Identifier: MIT */
#include "analyzer/elsewhere.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/path.h"
#include "trace/memory.h"

enum {
	AT_LEAST_PERCENT = 1,
	AT_LEAST_NS = 200000000, /* less is a few looks, which say little */
	SHARES_TOLD = 3,
};

double hw_elsewhere_percent(const struct hw_meta *meta)
{
	if (meta->blocked_ns == HW_UNKNOWN || meta->blocked_ns < 0 ||
		meta->blocked_elsewhere_ns < 0 || meta->blocked_elsewhere_ns > meta->blocked_ns)
		return -1;
	if (!meta->blocked_ns)
		return 0;
	return 100.0 * (double)meta->blocked_elsewhere_ns / (double)meta->blocked_ns;
}

bool hw_elsewhere_matters(const struct hw_meta *meta)
{
	return hw_elsewhere_percent(meta) >= AT_LEAST_PERCENT &&
		meta->blocked_elsewhere_ns >= AT_LEAST_NS;
}

/* "libgomp.so.1 (90 %)", of what was elsewhere. NULL for what makes no sense. */
static const char *tell_share(const struct hw_meta *meta, const char *share,
	struct hw_arena *arena)
{
	char *path;
	double blocked_ns = strtod(share, &path);

	if (*path != ' ' || meta->blocked_elsewhere_ns <= 0)
		return NULL;
	path++;
	return hw_arena_printf(arena, "%s (%.0f %%)",
		strcmp(path, "?") == 0 ? "unknown code" : hw_path_base(path),
		100 * blocked_ns / (double)meta->blocked_elsewhere_ns);
}

static const char *tell_shares(const struct hw_meta *meta, struct hw_arena *arena)
{
	const char *told = "";

	for (uint32_t i = 0; i < meta->blocked_share_count && i < SHARES_TOLD; i++) {
		const char *share = tell_share(meta, meta->blocked_shares[i], arena);

		if (share)
			told = hw_arena_printf(arena, "%s%s%s", told, *told ? ", " : ": in ",
				share);
	}
	return told;
}

const char *hw_elsewhere_tell(const struct hw_meta *meta, struct hw_arena *arena)
{
	double percent = hw_elsewhere_percent(meta);

	if (percent < 0)
		return hw_arena_printf(arena, "not known%s%s", meta->blocked_unknown ? ": " : "",
			meta->blocked_unknown ? meta->blocked_unknown : "");
	return hw_arena_printf(arena,
		"%.1f %% of the time that threads were blocked in futexes was in locks that are "
		"not seen%s%s%s", percent, tell_shares(meta, arena),
		meta->blocked_unknown ? "; of some threads it is not known: " : "",
		meta->blocked_unknown ? meta->blocked_unknown : "");
}
