/* SPDX-License-Identifier: MIT */
#include "interpose/object.h"

#include <string.h>

#include "interpose/mapping.h"
#include "interpose/module.h"
#include "interpose/sys.h"

enum {
	FIRST_INDEX_CELLS = 4096,
	CELLS_PER_BLOCK = 4096,
};

_Atomic(struct hw_index *) hw_object_index;
uint16_t hw_object_fork_round;

static struct hw_sys_lock table_lock;
static uint64_t cell_count;
static uint32_t object_count;
static struct hw_cell *block;
static uint32_t block_used = CELLS_PER_BLOCK;

static void insert(struct hw_index *index, struct hw_cell *cell)
{
	uint64_t at = hw_object_hash(cell->address);

	while (atomic_load_explicit(&index->cells[at & index->mask], memory_order_relaxed))
		at++;
	atomic_store_explicit(&index->cells[at & index->mask], cell, memory_order_release);
}

/* The index with room for one more; NULL when out of memory. The old one stays for its readers. */
static struct hw_index *index_with_room(void)
{
	struct hw_index *old = atomic_load(&hw_object_index), *new;
	uint64_t cells = old ? old->mask + 1 : 0;

	if (old && 2 * (cell_count + 1) <= cells)
		return old;
	cells = old ? 2 * cells : FIRST_INDEX_CELLS;
	new = hw_sys_map(sizeof(*new) + cells * sizeof(new->cells[0]));
	if (!new)
		return NULL;
	new->mask = cells - 1;
	for (uint64_t i = 0; old && i <= old->mask; i++) {
		struct hw_cell *cell = atomic_load_explicit(&old->cells[i], memory_order_relaxed);

		if (cell)
			insert(new, cell);
	}
	atomic_store_explicit(&hw_object_index, new, memory_order_release);
	return new;
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

static void log_definition(struct hw_self *self, const struct hw_cell *cell, uint32_t object,
	const struct hw_object_facts *facts)
{
	struct hw_object_definition definition = {
		.address = cell->address,
		.kind = facts->kind,
		.type = facts->type,
		.capacity = facts->kind == HW_KIND_THREAD ? facts->token : facts->capacity,
	};

	if (facts->event == HW_OP_INIT)
		definition.type |= HW_TYPE_INITIALISED;
	if (facts->type & HW_TYPE_SHARED && !hw_mapping_of(cell->address, &definition))
		definition.type &= ~(uint32_t)HW_TYPE_SHARED;
	if (facts->name)
		strncpy(definition.name, facts->name, sizeof(definition.name) - 1);
	hw_module_note(self, (const void *)cell->address);
	hw_log_add_payload(self, HW_OP_OBJECT, object, facts->stack, &definition,
		sizeof(definition));
	if (facts->event != HW_OP_NONE)
		hw_log_add(self, hw_log_now(), facts->event, object, facts->stack, 0);
}

static bool lives(const struct hw_cell *cell, const struct hw_object_facts *facts)
{
	return cell && cell->kind == facts->kind && cell->fork_round == hw_object_fork_round &&
		cell->object && cell->token == facts->token;
}

static struct hw_cell *define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts, bool keep)
{
	struct hw_cell *cell;
	uint32_t object;

	hw_sys_lock(&table_lock);
	cell = hw_object_cell(address);
	if (!cell)
		cell = new_cell((uintptr_t)address);
	if (!cell || (keep && lives(cell, facts))) {
		hw_sys_unlock(&table_lock);
		return cell;
	}
	object = ++object_count;
	cell->kind = (uint8_t)facts->kind;
	cell->token = facts->token;
	cell->fork_round = hw_object_fork_round;
	cell->ignored = !(hw_log_session->kinds & 1u << facts->kind);
	atomic_store_explicit(&cell->released, 0, memory_order_relaxed);
	atomic_store_explicit(&cell->object, object, memory_order_release);
	hw_sys_unlock(&table_lock);
	/*
	 * Others may use the number before its definition is in our log; the
	 * collector waits for it. The log may make us wait, so not under the lock.
	 */
	if (!cell->ignored)
		log_definition(self, cell, object, facts);
	return cell;
}

struct hw_cell *hw_object_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts)
{
	return define(self, address, facts, false);
}

struct hw_cell *hw_object_find_or_define(struct hw_self *self, const void *address,
	const struct hw_object_facts *facts)
{
	struct hw_cell *cell = hw_object_cell(address);

	return lives(cell, facts) ? cell : define(self, address, facts, true);
}

void hw_object_destroyed(struct hw_self *self, const void *address, enum hw_kind kind)
{
	struct hw_cell *cell = hw_object_find(address, kind);

	if (!cell)
		return;
	if (!cell->ignored)
		hw_log_add(self, hw_log_now(), HW_OP_DESTROY, cell->object, 0, 0);
	hw_object_forget(cell);
}

void hw_object_forget(struct hw_cell *cell)
{
	atomic_store_explicit(&cell->object, 0, memory_order_relaxed);
}

/*
 * The lock may have been held by a thread that does not exist here. Whatever
 * it was doing, each state it passed through is a complete table: cells are filled
 * before they are published by one store.
 */
void hw_object_forked(void)
{
	atomic_store(&table_lock.word, 0);
	hw_object_fork_round++;
	object_count = 0;
}
