/* SPDX-License-Identifier: MIT */
#include "analyzer/locktype.h"

#include <dwarf.h>
#include <string.h>

#include "analyzer/die.h"

/* Types nest; deeper than this is a broken file. */
#define DEPTH_MAX 24

struct lock_name {
	const char *name, *kind;
};

static const struct lock_name c_names[] = {
	{ "pthread_mutex_t", "mutex" },
	{ "pthread_rwlock_t", "rwlock" },
	{ "pthread_spinlock_t", "spin" },
	{ "pthread_cond_t", "cond" },
	{ "pthread_barrier_t", "barrier" },
	{ "pthread_once_t", "once" },
	{ "sem_t", "sem" },
	{ "mtx_t", "mutex" },
	{ "cnd_t", "cond" },
	{ "once_flag", "once" },
	{ "GMutex", "mutex" },
	{ "GRecMutex", "mutex" },
	{ "GRWLock", "rwlock" },
	{ "GCond", "cond" },
};

static const struct lock_name std_names[] = {
	{ "mutex", "mutex" },
	{ "recursive_mutex", "mutex" },
	{ "timed_mutex", "mutex" },
	{ "recursive_timed_mutex", "mutex" },
	{ "shared_mutex", "rwlock" },
	{ "shared_timed_mutex", "rwlock" },
	{ "condition_variable", "cond" },
	{ "condition_variable_any", "cond" },
	{ "once_flag", "once" },
};

static const char *find(const struct lock_name *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].kind;
	return NULL;
}

bool hw_locktype_peel(Dwarf_Die *type)
{
	switch (dwarf_tag(type)) {
	case DW_TAG_typedef:
	case DW_TAG_const_type:
	case DW_TAG_volatile_type:
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		return hw_die_type(type, type);
	default:
		return false;
	}
}

const char *hw_locktype_kind(Dwarf_Die *type)
{
	int tag = dwarf_tag(type);
	const char *name, *kind;

	if (tag != DW_TAG_typedef && tag != DW_TAG_structure_type && tag != DW_TAG_class_type &&
		tag != DW_TAG_union_type)
		return NULL;
	name = dwarf_diename(type);
	if (!name)
		return NULL;
	kind = find(c_names, sizeof(c_names) / sizeof(*c_names), name);
	if (kind)
		return kind;
	kind = find(std_names, sizeof(std_names) / sizeof(*std_names), name);
	return kind && hw_die_is_std(type) ? kind : NULL;
}

static int count_locks(Dwarf_Die *type, int depth);

/* What one child of a structure or union adds: a member or a base class does, nothing else. */
static int count_in_member(Dwarf_Die *member, int depth)
{
	int tag = dwarf_tag(member);
	Dwarf_Die type;

	if ((tag != DW_TAG_member && tag != DW_TAG_inheritance) ||
		hw_die_flag(member, DW_AT_external) || !hw_die_type(member, &type))
		return 0;
	return count_locks(&type, depth + 1);
}

static int count_in_aggregate(Dwarf_Die *type, int depth)
{
	bool is_union = dwarf_tag(type) == DW_TAG_union_type;
	Dwarf_Die member;
	int total = 0;

	if (dwarf_child(type, &member) != 0)
		return 0;
	do {
		int count = count_in_member(&member, depth);

		if (!is_union)
			total += count;
		else if (count > total)
			total = count;
	} while (total < 2 && dwarf_siblingof(&member, &member) == 0);
	return total < 2 ? total : 2;
}

static int count_in_array(Dwarf_Die *type, int depth)
{
	Dwarf_Word whole, part;
	Dwarf_Die element;

	if (!hw_die_type(type, &element) || !count_locks(&element, depth + 1))
		return 0;
	if (dwarf_aggregate_size(type, &whole) == 0 && dwarf_aggregate_size(&element, &part) == 0 &&
		whole <= part)
		return count_locks(&element, depth + 1);
	return 2;
}

static int count_locks(Dwarf_Die *type, int depth)
{
	Dwarf_Die at = *type;

	if (depth > DEPTH_MAX)
		return 0;
	do {
		if (hw_locktype_kind(&at))
			return 1;
	} while (hw_locktype_peel(&at));
	switch (dwarf_tag(&at)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return count_in_aggregate(&at, depth);
	case DW_TAG_array_type:
		return count_in_array(&at, depth);
	default:
		return 0;
	}
}

int hw_locktype_count(Dwarf_Die *type)
{
	return count_locks(type, 0);
}
