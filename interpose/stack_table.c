/* SPDX-License-Identifier: MIT */
#include "interpose/stack_table.h"

#include <string.h>

#include "interpose/handler.h"
#include "interpose/module.h"
#include "interpose/sys.h"

enum {
	SETS = HW_STACK_ENTRIES / HW_STACK_WAYS,
	TABLES_PER_BLOCK_MAX = 8,
};

static struct hw_sys_lock table_lock;
static struct hw_stack_table *free_tables;
static char *block; /* tables that were never used; each block twice as many as the one before */
static uint32_t block_used, block_tables;

static size_t in_lines(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static size_t memo_bytes(void)
{
	return in_lines(hw_memo_bytes(hw_log_session->depth));
}

/* A table and its memos. The last one is memory that is not there until Python functions are. */
static size_t table_bytes(void)
{
	return sizeof(struct hw_stack_table) + memo_bytes() +
		in_lines(sizeof(struct hw_python_memo));
}

/* Under the lock. */
static struct hw_stack_table *fresh_table(void)
{
	struct hw_stack_table *table;

	if (block_used == block_tables) {
		uint32_t tables = !block_tables ? 1 :
			block_tables < TABLES_PER_BLOCK_MAX ? 2 * block_tables : block_tables;
		char *fresh = hw_sys_map(tables * table_bytes());

		if (!fresh)
			return NULL;
		block = fresh;
		block_tables = tables;
		block_used = 0;
	}
	table = (void *)(block + block_used++ * table_bytes());
	table->memo = (void *)(table + 1);
	table->python = (void *)((char *)table->memo + memo_bytes());
	return table;
}

struct hw_stack_table *hw_stack_table_take(void)
{
	struct hw_stack_table *table;

	hw_sys_lock(&table_lock);
	table = free_tables;
	if (table)
		free_tables = table->next_free;
	else
		table = fresh_table();
	hw_sys_unlock(&table_lock);
	if (table)
		hw_memo_prepare(table->memo, hw_log_session->depth);
	return table;
}

void hw_stack_table_give_back(struct hw_stack_table *table)
{
	memset(table->oldest, 0, sizeof(table->oldest));
	memset(table->hashes, 0, sizeof(table->hashes));
	hw_sys_lock(&table_lock);
	table->next_free = free_tables;
	free_tables = table;
	hw_sys_unlock(&table_lock);
}

/*
 * After a fork the lock may be held by a thread that is not here, which may have been
 * taking one from the block.
 */
void hw_stack_table_forked(void)
{
	atomic_store(&table_lock.word, 0);
	block_used = block_tables = 0;
}

/* Entry 0 is no stack. */
static uint32_t entry_of(uint32_t set, uint32_t way)
{
	return set * HW_STACK_WAYS + way + 1;
}

static uint32_t set_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) % SETS;
}

/* Runs with signals blocked; `blocked` are those that were before. */
static bool log_stack(struct hw_self *self, uint32_t entry, void *const *frames, uint32_t count,
	uint64_t blocked)
{
	uint64_t what = hw_record_what(count, entry, 0), open = hw_handler_open(blocked);
	struct hw_record record = { hw_record_when(0, HW_OP_STACK), what };
	struct hw_record *at = hw_log_reserve_group(self, 1 + hw_record_payload(&record));

	if (!at) {
		hw_log_uncount(self);
		return false;
	}
	memcpy(at + 1, &open, sizeof(open));
	memcpy((char *)(at + 1) + sizeof(open), frames, count * sizeof(frames[0]));
	hw_log_publish(at, hw_record_when(hw_log_now(), HW_OP_STACK), what);
	return true;
}

static void note_modules(struct hw_self *self, void *const *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!((uintptr_t)frames[i] >> HW_FRAME_CODE_BIT))
			hw_module_note(self, frames[i]);
}

uint32_t hw_stack_table_pass(struct hw_self *self, void *const *frames, uint32_t count)
{
	uint32_t entry = HW_STACK_TRANSIENT + self->transient++ % HW_STACK_TRANSIENT_COUNT;
	uint64_t signals;
	bool logged;

	note_modules(self, frames, count);
	signals = hw_sys_block_signals();
	logged = log_stack(self, entry, frames, count, signals);
	hw_sys_restore_signals();
	return logged ? entry : 0;
}

/* 0 when there is none. */
static uint32_t empty_entry(const struct hw_stack_table *table, uint32_t set)
{
	for (uint32_t way = 0; way < HW_STACK_WAYS; way++)
		if (!table->hashes[entry_of(set, way) - 1])
			return entry_of(set, way);
	return 0;
}

static uint32_t oldest_entry(const struct hw_self *self, uint32_t set)
{
	uint32_t way = self->stacks->oldest[set]++ % HW_STACK_WAYS;

	if (entry_of(set, way) == self->last_entry)
		way = (way + 1) % HW_STACK_WAYS;
	return entry_of(set, way);
}

/* With signals blocked: a handler cannot jump out of here. */
static uint32_t add(struct hw_self *self, uint32_t entry, uint64_t hash, void *const *frames,
	uint32_t count, uint64_t signals)
{
	uint64_t *in_table = &self->stacks->hashes[entry - 1];

	*in_table = 0;
	if (log_stack(self, entry, frames, count, signals))
		*in_table = hash;
	else
		entry = 0;
	self->last_entry = entry;
	return entry;
}

uint32_t hw_stack_table_add(struct hw_self *self, uint64_t hash, void *const *frames,
	uint32_t count, bool in_handler)
{
	uint32_t set = set_of(hash), entry, number = 0;
	uint64_t signals;

	note_modules(self, frames, count);
	signals = hw_sys_block_signals();
	entry = empty_entry(self->stacks, set);
	if (!entry && !in_handler)
		entry = oldest_entry(self, set);
	if (entry)
		number = add(self, entry, hash, frames, count, signals);
	hw_sys_restore_signals();
	return entry ? number : hw_stack_table_pass(self, frames, count);
}

uint32_t hw_stack_table_find(struct hw_self *self, uint64_t hash)
{
	uint32_t set = set_of(hash);

	for (uint32_t way = 0; way < HW_STACK_WAYS; way++) {
		uint32_t entry = entry_of(set, way);

		if (self->stacks->hashes[entry - 1] == hash &&
			hw_stack_table_use(self, entry, hash))
			return entry;
	}
	return 0;
}
