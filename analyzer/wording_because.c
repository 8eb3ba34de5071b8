/* SPDX-License-Identifier: MIT */
/* What rules a cycle out. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/textbuf.h"
#include "analyzer/wording.h"

const char *hw_wording_object(
	const struct hw_model *model, uint32_t object, struct hw_arena *arena)
{
	const struct hw_object *o = &model->objects[object];

	return hw_arena_printf(arena, "object %lld (%s)", (long long)o->id, o->label);
}

const char *hw_wording_because(
	const struct hw_model *model, const struct hw_ruled_out *ruled_out, struct hw_arena *arena)
{
	struct hw_textbuf text;
	const char *result;
	char *bytes;

	if (ruled_out->because_object != HW_NONE)
		return hw_wording_object(model, ruled_out->because_object, arena);
	hw_textbuf_init(&text);
	for (uint32_t i = 0; i < ruled_out->because_thread_count; i++) {
		const struct hw_thread *t = &model->threads[ruled_out->because_threads[i]];

		fprintf(text.out, "%sthread %lld", i ? ", " : "", (long long)t->id);
		if (t->name || t->number == 1)
			fprintf(text.out, " (%s)", t->short_name);
	}
	bytes = hw_textbuf_finish(&text);
	result = hw_arena_string(arena, bytes);
	free(bytes);
	return result;
}

const char *hw_wording_reason(const struct hw_finding *finding, struct hw_arena *arena)
{
	const char *format;

	switch (finding->reason) {
	case HW_REASON_ONE_THREAD:
		format = strchr(finding->because, ',')
				 ? "cannot happen: only %s do this, and it takes more at once"
				 : "cannot happen: only %s does this, and it takes two at once";
		break;
	case HW_REASON_TRY:
		format = "cannot happen: %s is only tried, nobody waits for it holding another";
		break;
	case HW_REASON_GATE:
		format = "cannot happen: both sides hold %s meanwhile, which only one can";
		break;
	case HW_REASON_CAPACITY:
		format = "cannot happen: it takes other numbers of units than %s has";
		break;
	case HW_REASON_ORDERED:
		format = "cannot happen: they never meet, as %s";
		break;
	default:
		format = "cannot happen: %s is wanted to read, and held to read";
		break;
	}
	return hw_arena_printf(arena, format, finding->because);
}
