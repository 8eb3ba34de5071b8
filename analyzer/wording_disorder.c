/* SPDX-License-Identifier: MIT */
#include "analyzer/wording_disorder.h"

#include <stdlib.h>

#include "analyzer/textbuf.h"
#include "analyzer/wording.h"

/* Declarations told of one by one in a title. */
enum { SHOWN_MAX = 4 };

/* Whether nobody has locked anything: what was declared makes no sense by itself. */
static bool is_contradiction(const struct hw_finding *finding)
{
	return finding->threads[0].act == HW_ACT_DECLARE;
}

/* "a before b before a" */
static const char *contradiction_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	const struct hw_object *first = &model->objects[finding->threads[0].object];
	struct hw_textbuf text;
	const char *result;
	char *bytes;

	if (finding->thread_count == 1)
		return hw_arena_printf(
			arena, "%s is declared to be locked before itself", first->label);
	hw_textbuf_init(&text);
	fprintf(text.out, "the declared order contradicts itself: %s", first->label);
	for (uint32_t i = 1; i < finding->thread_count && i < SHOWN_MAX; i++)
		fprintf(text.out, " before %s",
			model->objects[finding->threads[i].object].label);
	if (finding->thread_count > SHOWN_MAX)
		fprintf(text.out, " before %u more", finding->thread_count - SHOWN_MAX);
	fprintf(text.out, " before %s", first->short_label);
	bytes = hw_textbuf_finish(&text);
	result = hw_arena_string(arena, bytes);
	free(bytes);
	return result;
}

const char *hw_wording_disorder_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	const struct hw_finding_thread *t = &finding->threads[0];

	if (is_contradiction(finding))
		return contradiction_title(model, finding, arena);
	return hw_arena_printf(arena, "%s %s %s while it holds %s, against the declared order",
		hw_wording_thread(model, finding, 0),
		model->objects[t->object].kind == HW_KIND_SEM ? "takes" : "locks",
		model->objects[t->object].label,
		model->objects[t->holds[0].object].label);
}

const char *hw_wording_disorder_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	const struct hw_finding_thread *t = &finding->threads[0];
	const char *awaited, *held;

	if (is_contradiction(finding) && finding->thread_count == 1)
		return "one of the two was meant to be another lock";
	if (is_contradiction(finding))
		return "declare one order only: as long as there are two, nothing that is locked "
		       "can be against it";
	awaited = model->objects[t->object].short_label;
	held = model->objects[t->holds[0].object].short_label;
	return hw_arena_printf(arena,
		"lock %s before %s; where %s is held already, only try %s, and give %s back when "
		"that fails",
		awaited, held, held, awaited, held);
}

/* Whether some of the declarations are of other objects: what these are in another process. */
static bool is_copied(const struct hw_finding *finding)
{
	const struct hw_finding_thread *t = finding->threads;
	bool ring = is_contradiction(finding);
	uint32_t last = finding->thread_count - 1;
	uint32_t at = ring ? t[last].before : t[0].object;

	for (uint32_t i = ring ? 0 : 1; i <= last; at = t[i].before, i++)
		if (t[i].object != at)
			return true;
	return !ring && at != t[0].holds[0].object;
}

const char *hw_wording_disorder_note(
	const struct hw_model *model, const struct hw_finding *finding)
{
	if (!is_copied(finding))
		return NULL;
	for (uint32_t i = 1; i < finding->thread_count; i++)
		if (hw_model_run_of(model, finding->threads[i].thread) !=
			hw_model_run_of(model, finding->threads[0].thread))
			return "declared in another recording, of locks of the same class and name";
	return "declared before the process was forked, of the locks that it has copies of";
}
