/* SPDX-License-Identifier: MIT */
#include "analyzer/member.h"

#include <dwarf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/die.h"
#include "analyzer/locktype.h"
#include "analyzer/textbuf.h"
#include "analyzer/typesize.h"
#include "trace/memory.h"

/* Types nest; deeper than this is a broken file. */
#define DEPTH_MAX 24

/* Unions of unions are tried in every way, but a broken file must not take for ever. */
#define TRIES_MAX 4096

struct step {
	const char *member; /* NULL: an array's element */
	uint64_t index;
	Dwarf_Die owner; /* of a member: the structure it is written after */
};

/* How good a way's end is, worst first. */
enum end { END_NONE, END_DATA, END_INSIDE_LOCK, END_OTHER_KIND, END_KIND };

struct way {
	struct step steps[DEPTH_MAX];
	size_t step_count;
	uint64_t rest;
	enum end end;
};

struct search {
	struct hw_typeindex *types;
	const char *kind;
	unsigned int tries;
	struct way at, best;
};

static void descend(struct search *search, Dwarf_Die type, uint64_t offset, Dwarf_Die *owner);

static void arrive(struct search *search, enum end end, uint64_t rest)
{
	if (end <= search->best.end)
		return;
	search->best = search->at;
	search->best.end = end;
	search->best.rest = rest;
}

static void arrive_at_lock(struct search *search, const char *kind, uint64_t rest)
{
	if (rest)
		arrive(search, END_INSIDE_LOCK, rest);
	else
		arrive(search, strcmp(kind, search->kind) == 0 ? END_KIND : END_OTHER_KIND, 0);
}

static bool push(struct search *search, const struct step *step)
{
	if (search->at.step_count == DEPTH_MAX)
		return false;
	search->at.steps[search->at.step_count++] = *step;
	return true;
}

/* The elements of std::array and its like have a member's name that nobody writes. */
static bool is_hidden(const char *name)
{
	return !name || strcmp(name, "_M_elems") == 0 || strcmp(name, "__elems_") == 0;
}

/* Where the next member after `start` begins, or the aggregate ends. */
static uint64_t next_start(struct search *search, Dwarf_Die *aggregate, uint64_t start)
{
	uint64_t next = UINT64_MAX, other;
	Dwarf_Die member;

	hw_typesize_find(search->types, aggregate, &next);
	if (dwarf_child(aggregate, &member) != 0)
		return next;
	do {
		int tag = dwarf_tag(&member);

		if ((tag == DW_TAG_member || tag == DW_TAG_inheritance) &&
			hw_typesize_member(&member, &other) && other > start && other < next)
			next = other;
	} while (dwarf_siblingof(&member, &member) == 0);
	return next;
}

/* Go into one member or base class of `aggregate`, if `offset` is in it. */
static void enter_member(struct search *search, Dwarf_Die *aggregate, Dwarf_Die *member,
	uint64_t offset, Dwarf_Die *owner)
{
	const char *name = dwarf_tag(member) == DW_TAG_member ? dwarf_diename(member) : NULL;
	struct step step = { .member = name, .owner = *owner };
	uint64_t start, size_bytes;
	Dwarf_Die type;

	if (!hw_typesize_member(member, &start) || !hw_die_type(member, &type) || offset < start)
		return;
	/* clang only declares some classes of the C++ library, std::condition_variable for one. */
	if (!hw_typesize_find(search->types, &type, &size_bytes))
		size_bytes = next_start(search, aggregate, start) - start;
	if (offset - start >= size_bytes)
		return;
	if (is_hidden(name)) {
		descend(search, type, offset - start, owner);
	} else if (push(search, &step)) {
		descend(search, type, offset - start, NULL);
		search->at.step_count--;
	}
}

static void enter_aggregate(
	struct search *search, Dwarf_Die *type, uint64_t offset, Dwarf_Die *owner)
{
	const char *name = dwarf_diename(type);
	bool is_array = name && strncmp(name, "array<", 6) == 0;
	Dwarf_Die member;

	/* What the C++ library keeps inside its classes is not the program's business. */
	if (!is_array && name && hw_die_is_std(type)) {
		arrive(search, END_DATA, offset);
		return;
	}
	if (dwarf_child(type, &member) == 0) {
		do {
			int tag = dwarf_tag(&member);

			if (tag == DW_TAG_member || tag == DW_TAG_inheritance)
				enter_member(search, type, &member, offset, owner ? owner : type);
		} while (dwarf_siblingof(&member, &member) == 0);
	}
	arrive(search, END_DATA, offset);
}

static void enter_array(struct search *search, Dwarf_Die *type, uint64_t offset)
{
	uint64_t dimensions[HW_TYPESIZE_DIMENSIONS_MAX], size_bytes, index;
	size_t count = hw_typesize_dimensions(type, dimensions), start = search->at.step_count;
	Dwarf_Die element;

	if (!count || start + count > DEPTH_MAX || !hw_die_type(type, &element) ||
		!hw_typesize_find(search->types, &element, &size_bytes) || !size_bytes ||
		hw_typesize_is_scalar(&element)) {
		arrive(search, END_DATA, offset);
		return;
	}
	index = offset / size_bytes;
	search->at.step_count += count;
	for (size_t i = count; i-- > 0;) {
		uint64_t extent = i > 0 && dimensions[i] ? dimensions[i] : UINT64_MAX;

		search->at.steps[start + i] = (struct step){ .index = index % extent };
		index /= extent;
	}
	descend(search, element, offset % size_bytes, NULL);
	search->at.step_count = start;
}

/* `owner`: the structure that the next member is written after, when `type` itself has no name. */
static void descend(struct search *search, Dwarf_Die type, uint64_t offset, Dwarf_Die *owner)
{
	if (++search->tries > TRIES_MAX)
		return;
	do {
		const char *kind = hw_locktype_kind(&type);

		if (kind) {
			arrive_at_lock(search, kind, offset);
			return;
		}
	} while (hw_locktype_peel(&type));
	hw_typeindex_complete(search->types, &type);
	switch (dwarf_tag(&type)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		enter_aggregate(search, &type, offset, owner);
		break;
	case DW_TAG_array_type:
		enter_array(search, &type, offset);
		break;
	default:
		arrive(search, END_DATA, offset);
	}
}

/* Leave out the members at the end that say no more than the object's kind does. */
static void shorten(struct way *way)
{
	bool is_union = true;

	if (way->end != END_KIND && way->end != END_OTHER_KIND)
		return;
	while (is_union && way->step_count) {
		struct step *last = &way->steps[way->step_count - 1];

		if (!last->member || hw_locktype_count(&last->owner) != 1)
			return;
		is_union = dwarf_tag(&last->owner) == DW_TAG_union_type;
		way->step_count--;
	}
}

static char *write_way(const struct way *way, bool is_class)
{
	struct hw_textbuf text;

	hw_textbuf_init(&text);
	for (size_t i = 0; i < way->step_count; i++) {
		if (way->steps[i].member)
			fprintf(text.out, ".%s", way->steps[i].member);
		else if (is_class)
			fputs("[]", text.out);
		else
			fprintf(text.out, "[%" PRIu64 "]", way->steps[i].index);
	}
	if (way->rest)
		fprintf(text.out, "+0x%" PRIx64, way->rest);
	return hw_textbuf_finish(&text);
}

bool hw_member_find(struct hw_typeindex *types, Dwarf_Die *type, uint64_t offset, const char *kind,
	char **ret_text, char **ret_class_text)
{
	struct search *search;
	uint64_t size_bytes;
	bool found;

	/* Of a variable of unknown size only the beginning is certain. */
	if (!hw_typesize_find(types, type, &size_bytes))
		size_bytes = 1;
	if (offset >= size_bytes)
		return false;
	search = hw_xcalloc(1, sizeof(*search));
	search->types = types;
	search->kind = kind;
	descend(search, *type, offset, NULL);
	found = search->best.end != END_NONE;
	if (found) {
		shorten(&search->best);
		*ret_text = write_way(&search->best, false);
		*ret_class_text = write_way(&search->best, true);
	}
	free(search);
	return found;
}
