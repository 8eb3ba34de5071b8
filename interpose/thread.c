/* SPDX-License-Identifier: MIT */
#include "interpose/thread.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>

#include "interpose/log.h"
#include "interpose/object.h"
#include "interpose/process.h"
#include "interpose/stack.h"
#include "interpose/sys.h"

static pthread_key_t end_key;
static bool end_key_made;

static void tell_end(void *slot)
{
	struct hw_self *self = &hw_self;
	struct hw_memo *memo = self->memo;

	if (self->epoch != *hw_self_epoch + 1)
		return;
	if (++self->exit_round < PTHREAD_DESTRUCTOR_ITERATIONS) {
		pthread_setspecific(end_key, slot);
		return;
	}
	self->memo = NULL;
	if (memo)
		hw_stack_memo_give_back(memo);
	hw_log_add(self, hw_log_now(), HW_OP_EXIT, self->slot->object, 0, 0);
	atomic_store_explicit(&self->slot->state, HW_SLOT_ENDED, memory_order_release);
}

void hw_thread_init(void)
{
	end_key_made = !pthread_key_create(&end_key, tell_end);
}

uint64_t hw_thread_new_uid(void)
{
	return atomic_fetch_add(&hw_log_session->next_uid, 1) + 1;
}

static struct hw_thread_slot *take_slot(struct hw_session *session)
{
	int64_t number = hw_free_list_pop(&session->free_threads, &session->threads[0].next_free,
		sizeof(session->threads[0]));

	return number < 0 ? NULL : &session->threads[number];
}

static void give_slot_back(struct hw_session *session, struct hw_thread_slot *slot)
{
	hw_free_list_push(&session->free_threads, &session->threads[0].next_free,
		sizeof(session->threads[0]), (uint32_t)(slot - session->threads));
}

static bool fill_slot(struct hw_thread_slot *slot, uint64_t uid, uint64_t creator_uid)
{
	int64_t chunk = hw_log_take_chunk(slot);

	if (chunk < 0)
		return false;
	slot->process = hw_process_number();
	slot->tid = (int32_t)hw_sys0(SYS_gettid);
	slot->uid = uid ? uid : hw_thread_new_uid();
	slot->creator_uid = creator_uid;
	slot->first_chunk = (uint32_t)chunk;
	slot->object = 0;
	slot->start_ticks = hw_log_now();
	atomic_store_explicit(&slot->lost, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->wait, 0, memory_order_relaxed);
	return true;
}

static void log_start(struct hw_self *self)
{
	struct hw_object_facts facts = { .kind = HW_KIND_THREAD, .token = self->slot->uid };
	struct hw_cell *cell = hw_object_find_or_define(self, (void *)pthread_self(), &facts);

	self->slot->object = cell && !cell->ignored ? cell->object : HW_NO_OBJECT;
	hw_log_add(self, hw_log_now(), HW_OP_START, self->slot->object, 0, 0);
}

bool hw_thread_register(struct hw_self *self, uint64_t uid, uint64_t creator_uid)
{
	struct hw_session *session = hw_log_session;
	uint64_t signals = hw_sys_block_signals();
	struct hw_thread_slot *slot = take_slot(session);

	if (slot && !fill_slot(slot, uid, creator_uid)) {
		give_slot_back(session, slot);
		slot = NULL;
	}
	if (!slot) {
		self->unrecorded = 1;
		hw_process_count_unrecorded();
		hw_sys_restore_signals(signals);
		return false;
	}
	self->slot = slot;
	self->next = hw_log_chunk_begin(slot->first_chunk);
	self->memo = hw_stack_memo_take();
	self->wait_sp = 0;
	self->wait_mutex = NULL;
	self->exit_round = 0;
	self->epoch = *hw_self_epoch + 1;
	log_start(self);
	atomic_store_explicit(&slot->state, HW_SLOT_LIVE, memory_order_release);
	hw_sys_restore_signals(signals);
	if (end_key_made)
		pthread_setspecific(end_key, slot);
	return true;
}
