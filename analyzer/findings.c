/* SPDX-License-Identifier: MIT */
#include "analyzer/findings.h"

#include <stdlib.h>

#include "analyzer/wording.h"
#include "trace/memory.h"

void hw_findings_add(struct hw_findings *findings, const struct hw_model *model,
	const struct hw_finding *finding, struct hw_arena *arena)
{
	bool new;
	uint64_t *index = hw_table_put(&findings->by_fingerprint, finding->fingerprint, &new);

	if (!new) {
		findings->all[*index].instances += finding->instances;
		/* Its notes say how many there are. */
		hw_wording_fill(model, &findings->all[*index], arena);
		return;
	}
	*index = findings->count;
	HW_GROW(findings->all, findings->count, findings->capacity);
	findings->all[findings->count++] = *finding;
}

bool hw_findings_know(const struct hw_findings *findings, const struct hw_finding *finding)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct hw_finding *known = &findings->all[i];

		if (known->verdict != HW_VERDICT_DEADLOCK)
			continue;
		if (known->ring == finding->ring || hw_finding_same_objects(known, finding))
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return hw_finding_compare(a, b);
}

void hw_findings_finish(struct hw_findings *findings)
{
	if (findings->count)
		qsort(findings->all, findings->count, sizeof(*findings->all), compare);
	hw_table_finish(&findings->by_fingerprint);
}
