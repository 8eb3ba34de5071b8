/* SPDX-License-Identifier: MIT */
#include "interpose/object.h"

#include <string.h>

#include "interpose/mapping.h"
#include "interpose/memory.h"
#include "interpose/module.h"
#include "interpose/python.h"
#include "interpose/stack.h"
#include "interpose/sys.h"

enum {
	FIRST_INDEX_CELLS = 4096,
	CELLS_PER_BLOCK = 4096,
};

static struct hw_index empty_index = { .cells = { NULL } };
_Atomic(struct hw_index *) hw_object_index = &empty_index;

#define NATURE(kind) [kind] = (kind) << 16
uint32_t hw_object_natures[HW_KIND_COUNT] = { NATURE(HW_KIND_NONE), NATURE(HW_KIND_MUTEX),
	NATURE(HW_KIND_RWLOCK), NATURE(HW_KIND_SPIN), NATURE(HW_KIND_COND),
	NATURE(HW_KIND_BARRIER), NATURE(HW_KIND_SEM), NATURE(HW_KIND_ONCE),
	NATURE(HW_KIND_THREAD) };
#undef NATURE

static struct hw_sys_lock table_lock;
static uint64_t cell_count;
static uint32_t object_count;
static struct hw_cell *block;
static uint32_t block_used = CELLS_PER_BLOCK;

static void insert(struct hw_index *index, struct hw_cell *cell)
{
	uint64_t offset = hw_object_offset(index, cell->address);

	while (atomic_load_explicit(hw_object_place(index, offset), memory_order_relaxed))
		offset = hw_object_next_offset(index, offset);
	atomic_store_explicit(hw_object_place(index, offset), cell, memory_order_release);
}

/* The index with room for one more; NULL when out of memory. The old one stays for its readers. */
static struct hw_index *index_with_room(void)
{
	struct hw_index *old = atomic_load(&hw_object_index), *new;
	uint64_t cells = old->mask / sizeof(old->cells[0]) + 1;

	if (2 * (cell_count + 1) <= cells)
		return old;
	cells = old == &empty_index ? FIRST_INDEX_CELLS : 2 * cells;
	new = hw_sys_map(sizeof(*new) + cells * sizeof(new->cells[0]));
	if (!new)
		return NULL;
	new->mask = (cells - 1) * sizeof(new->cells[0]);
	for (uint64_t at = 0; at <= old->mask; at += sizeof(old->cells[0])) {
		struct hw_cell *cell = atomic_load_explicit(hw_object_place(old, at),
			memory_order_relaxed);

		if (cell)
			insert(new, cell);
	}
	atomic_store_explicit(&hw_object_index, new, memory_order_release);
	return new;
}

struct hw_cell *hw_object_cell_after(struct hw_index *index, uint64_t offset,
	const void *address)
{
	struct hw_cell *cell;

	do {
		offset = hw_object_next_offset(index, offset);
		cell = atomic_load_explicit(hw_object_place(index, offset), memory_order_acquire);
	} while (cell && cell->address != (uintptr_t)address);
	return cell;
}

static struct hw_cell *new_cell(uintptr_t address)
{
	struct hw_index *index = index_with_room();
	struct hw_cell *cell;

	if (!index)
		return NULL;
	if (block_used == CELLS_PER_BLOCK) {
		struct hw_cell *fresh = hw_sys_map(CELLS_PER_BLOCK * sizeof(*fresh));

		if (!fresh)
			return NULL;
		block = fresh;
		block_used = 0;
	}
	cell = &block[block_used++];
	cell->address = address;
	cell_count++;
	insert(index, cell);
	return cell;
}

static void describe(struct hw_object_definition *definition, uintptr_t address,
	const struct hw_object_facts *facts)
{
	*definition = (struct hw_object_definition){
		.address = address,
		.kind = facts->kind,
		.type = facts->type,
		.capacity = facts->kind == HW_KIND_THREAD ? facts->token : facts->capacity,
	};
	if (facts->event == HW_OP_INIT)
		definition->type |= HW_TYPE_INITIALISED;
	if (facts->type & HW_TYPE_SYSV)
		hw_sysv_identify(definition, facts->namespace, facts->set, facts->number);
	else if (facts->type & HW_TYPE_SHARED && !hw_mapping_of(address, definition))
		definition->type &= ~(uint32_t)HW_TYPE_SHARED;
	if (facts->name)
		strncpy(definition->name, facts->name, sizeof(definition->name) - 1);
}

/* Up to the last of it that says something. */
static uint32_t payload_bytes(const struct hw_object_definition *definition)
{
	if (definition->name[0])
		return sizeof(*definition);
	return definition->type & (HW_TYPE_SHARED | HW_TYPE_SYSV) ?
		offsetof(struct hw_object_definition, name) :
		offsetof(struct hw_object_definition, device);
}

/* A home-made lock may have turned out to be a rwlock, and never turns back. */
static bool lives(const struct hw_cell *cell, const struct hw_object_facts *facts)
{
	return hw_object_lives(cell, facts->kind) ||
		(facts->type & HW_TYPE_ANNOTATED && hw_object_lives(cell, HW_KIND_RWLOCK));
}

/*
 * Under the lock: the cell of an address, with nothing alive in it. NULL when what is there
 * is kept: it is the object that is looked for, or, for a thread that ended meanwhile,
 * a newer one that got its address. A number that was promised is to be used.
 */
static struct hw_cell *vacate(uintptr_t address, const struct hw_object_facts *facts, bool keep,
	struct hw_cell **ret_kept, uint32_t *ret_promised)
{
	struct hw_cell *cell = hw_object_cell((const void *)address);

	*ret_kept = NULL;
	*ret_promised = 0;
	if (!cell)
		return new_cell(address);
	if (lives(cell, facts) && keep && cell->token >= facts->token) {
		*ret_kept = cell->token == facts->token ? cell : NULL;
		return NULL;
	}
	if (hw_object_lives(cell, HW_KIND_NONE))
		*ret_promised = cell->object;
	atomic_store_explicit(&cell->tenant, 0, memory_order_release);
	return cell;
}

static void settle_in(struct hw_cell *cell, uint32_t object, enum hw_kind kind, uint8_t ignored)
{
	uint64_t nature = hw_object_natures[kind] | (uint32_t)ignored << 24;

	atomic_store_explicit(&cell->tenant, nature << 32 | object, memory_order_release);
}

static bool is_of_several_processes(const struct hw_object_definition *definition)
{
	return definition && definition->type & (HW_TYPE_SHARED | HW_TYPE_SYSV);
}

/*
 * The number is made known only when its definition is in the log, so that no reader
 * ever waits for one that does not come. Writing it may have to wait for the
 * collector; whoever wants to define something meanwhile waits for it too.
 */
static bool publish(struct hw_self *self, struct hw_cell *cell, uint32_t promised,
	const struct hw_object_facts *facts, const struct hw_object_definition *definition)
{
	uint32_t object = promised ? promised : ++object_count;

	cell->token = facts->token;
	atomic_store_explicit(&cell->released, is_of_several_processes(definition) ?
		HW_RELEASED_UNKNOWN : 0, memory_order_relaxed);
	atomic_store_explicit(&cell->taker, 0, memory_order_relaxed);
	if (definition && !hw_log_add_payload(self, HW_OP_OBJECT, object, facts->stack, definition,
				  payload_bytes(definition)))
		return false;
	settle_in(cell, object, facts->kind, !definition);
	return true;
}

static bool is_to_be_ignored(const void *address)
{
	const struct hw_cell *cell = hw_object_find(address, HW_KIND_NONE);

	return cell && cell->ignored == HW_OBJECT_TO_IGNORE;
}

static struct hw_cell *define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts, bool keep)
{
	bool recorded = !facts->hidden && !is_to_be_ignored(address) &&
		hw_log_session->kinds & 1u << facts->kind &&
		!hw_python_is_internal(address);
	struct hw_object_definition definition;
	struct hw_cell *cell, *kept;
	uint32_t promised;
	bool published;

	if (recorded) {
		describe(&definition, (uintptr_t)address, facts);
		if (!(facts->type & HW_TYPE_SYSV))
			hw_module_note(self, address);
	}
	hw_sys_lock(&table_lock);
	cell = vacate((uintptr_t)address, facts, keep, &kept, &promised);
	published = cell && publish(self, cell, promised, facts, recorded ? &definition : NULL);
	hw_sys_unlock(&table_lock);
	if (!published)
		return kept;
	if (facts->kind != HW_KIND_THREAD && !(facts->type & HW_TYPE_SYSV))
		hw_memory_mark((uintptr_t)address);
	if (recorded && facts->event != HW_OP_NONE)
		hw_log_add(self, hw_log_now(), facts->event, cell->object, facts->stack, 0);
	return cell;
}

struct hw_cell *hw_object_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts)
{
	return define(self, address, facts, false);
}

uint64_t hw_object_acquired_late(const struct hw_cell *cell)
{
	uint64_t released = atomic_load_explicit(&cell->released, memory_order_relaxed), now;

	/* The processor may have read the clock before it acquired the object. */
	if (released == HW_RELEASED_UNKNOWN)
		__builtin_ia32_lfence();
	now = hw_log_now();
	return now > released || released == HW_RELEASED_UNKNOWN ? now : released + 1;
}

struct hw_cell *hw_object_find_or_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts)
{
	struct hw_cell *cell = hw_object_cell(address);

	return cell && lives(cell, facts) && cell->token == facts->token ?
		cell :
		define(self, address, facts, true);
}

struct hw_cell *hw_object_recorded_or_defined(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts)
{
	struct hw_cell *cell = hw_object_find_or_define(self, address, facts);

	return cell && !cell->ignored ? cell : NULL;
}

/* Of what lives there, if it still does: a nature without an object would be taken for one. */
static void change_kind(struct hw_cell *cell, enum hw_kind kind)
{
	uint64_t tenant = atomic_load(&cell->tenant), changed;

	do {
		changed = (tenant & ~(0xffull << 48)) | (uint64_t)kind << 48;
	} while ((uint32_t)tenant &&
		!atomic_compare_exchange_weak(&cell->tenant, &tenant, changed));
}

void hw_object_correct(struct hw_self *self, struct hw_cell *cell,
	const struct hw_object_facts *facts)
{
	struct hw_object_definition definition;

	describe(&definition, cell->address, facts);
	hw_sys_lock(&table_lock);
	if (cell->kind != facts->kind &&
		hw_log_add_payload(self, HW_OP_OBJECT, cell->object, facts->stack, &definition,
			payload_bytes(&definition)))
		change_kind(cell, facts->kind);
	hw_sys_unlock(&table_lock);
}

/* It is ignored until it is defined, so that the end of its memory is not logged as its end. */
uint32_t hw_object_promise(const void *address)
{
	struct hw_cell *cell;
	uint32_t object = 0;

	hw_sys_lock(&table_lock);
	cell = hw_object_cell(address);
	if (!cell)
		cell = new_cell((uintptr_t)address);
	if (cell && (!cell->object || !hw_object_is_ours(cell))) {
		atomic_store_explicit(&cell->tenant, 0, memory_order_release);
		cell->token = 0;
		settle_in(cell, ++object_count, HW_KIND_NONE, 1);
	}
	if (cell && (!cell->ignored || cell->kind == HW_KIND_NONE))
		object = cell->object;
	hw_sys_unlock(&table_lock);
	if (object)
		hw_memory_mark((uintptr_t)address);
	return object;
}

uint32_t hw_object_ignore(const void *address)
{
	uint32_t object = hw_object_promise(address);
	struct hw_cell *cell = hw_object_cell(address);

	if (!object || !cell || cell->ignored == HW_OBJECT_TO_IGNORE)
		return 0;
	cell->ignored = cell->kind == HW_KIND_NONE ? HW_OBJECT_TO_IGNORE : 1;
	return object;
}

bool hw_object_is_ignored(const void *address, enum hw_kind kind)
{
	const struct hw_cell *cell = hw_object_find(address, kind);

	return cell && cell->ignored;
}

void hw_object_hide(struct hw_self *self, const void *address, enum hw_kind kind)
{
	struct hw_object_facts facts = { .kind = kind, .hidden = true };

	hw_object_define(self, address, &facts);
}

void hw_object_destroyed(struct hw_self *self, const void *address, enum hw_kind kind,
	const struct hw_call *call)
{
	struct hw_cell *cell = hw_object_find(address, kind);
	uint32_t object;

	/* It was never used: what it was to be called is forgotten. */
	if (!cell)
		cell = hw_object_find(address, HW_KIND_NONE);
	if (!cell)
		return;
	object = cell->object;
	if (!cell->ignored)
		hw_log_add(self, hw_log_now(), HW_OP_DESTROY, object,
			hw_stack_capture(self, call), 0);
	hw_object_forget(cell, object);
}

void hw_object_forget(struct hw_cell *cell, uint32_t object)
{
	uint64_t tenant = atomic_load(&cell->tenant);

	while ((uint32_t)tenant == object &&
		!atomic_compare_exchange_weak(&cell->tenant, &tenant, 0))
		;
}

/*
 * The lock may have been held by a thread that does not exist here. Whatever
 * it was doing, the index is a complete one: cells are filled before they are published by
 * one store. Which cells of the block were given away is not as certain.
 */
void hw_object_forked(void)
{
	atomic_store(&table_lock.word, 0);
	block_used = CELLS_PER_BLOCK;
	for (uint32_t kind = 0; kind < HW_KIND_COUNT; kind++)
		hw_object_natures[kind] = kind << 16 | (uint16_t)(hw_object_natures[kind] + 1);
	object_count = 0;
}
