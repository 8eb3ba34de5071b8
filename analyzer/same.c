/* SPDX-License-Identifier: MIT */
#include "analyzer/same.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

struct identity {
	uint32_t class_;
	const char *name;
	uint32_t object;
};

static int compare_identities(const void *a, const void *b)
{
	const struct identity *left = a, *right = b;
	int order = (left->class_ > right->class_) - (left->class_ < right->class_);

	if (!order)
		order = strcmp(left->name, right->name);
	return order ? order : (left->object > right->object) - (left->object < right->object);
}

const char *hw_same_place(const struct hw_class *class_)
{
	const char *blank = strchr(class_->key, ' ');

	return blank ? blank + 1 : class_->key;
}

struct place {
	const char *text;
	uint32_t class_;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : (left->class_ > right->class_) - (left->class_ < right->class_);
}

/* The only class of a known kind among those of one place, or HW_NONE. */
static uint32_t known_class(const struct hw_model *m, const struct place *places, uint32_t count)
{
	uint32_t result = HW_NONE;

	for (uint32_t i = 0; i < count; i++) {
		if (m->classes[places[i].class_].kind == HW_KIND_NONE)
			continue;
		if (result != HW_NONE)
			return HW_NONE;
		result = places[i].class_;
	}
	return result;
}

/* By class: itself, or the one that it counts as. */
static uint32_t *settle_classes(const struct hw_model *m)
{
	uint32_t *result = hw_xcalloc(m->class_count, sizeof(*result)), end;
	struct place *places = hw_xcalloc(m->class_count, sizeof(*places));

	for (uint32_t i = 0; i < m->class_count; i++)
		places[i] = (struct place){ hw_same_place(&m->classes[i]), i };
	if (m->class_count)
		qsort(places, m->class_count, sizeof(*places), compare_places);
	for (uint32_t first = 0; first < m->class_count; first = end) {
		uint32_t known;

		for (end = first + 1; end < m->class_count; end++)
			if (strcmp(places[end].text, places[first].text) != 0)
				break;
		known = known_class(m, places + first, end - first);
		for (uint32_t i = first; i < end; i++)
			result[places[i].class_] =
				known != HW_NONE &&
						m->classes[places[i].class_].kind == HW_KIND_NONE ?
					known : places[i].class_;
	}
	free(places);
	return result;
}

uint32_t *hw_same_find(const struct hw_model *m)
{
	uint32_t *classes = settle_classes(m);
	struct identity *all = hw_xcalloc(m->object_count, sizeof(*all));
	uint32_t *same = hw_xcalloc(m->object_count, sizeof(*same));

	for (uint32_t i = 0; i < m->object_count; i++) {
		const char *name = m->objects[i].name;

		all[i] = (struct identity){ classes[m->objects[i].class_], name ? name : "", i };
	}
	if (m->object_count)
		qsort(all, m->object_count, sizeof(*all), compare_identities);
	for (uint32_t i = 0; i < m->object_count; i++) {
		bool is_first = i == 0 || all[i].class_ != all[i - 1].class_ ||
				strcmp(all[i].name, all[i - 1].name) != 0;

		same[all[i].object] = is_first ? all[i].object : same[all[i - 1].object];
	}
	free(all);
	free(classes);
	return same;
}
