/* SPDX-License-Identifier: MIT */
#include "interpose/thread.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "interpose/frames.h"
#include "interpose/log.h"
#include "interpose/memory.h"
#include "interpose/object.h"
#include "interpose/process.h"
#include "interpose/stack_table.h"
#include "interpose/sys.h"
#include "interpose/unwinder.h"

enum {
	MAIN_STACK_BYTES_MAX = 1 << 30,
	THREADS_A_RING = 64,
};

static pthread_key_t end_key;
static bool end_key_made;
static size_t default_stack_bytes;

/* Whoever joins it does so later. */
static uint64_t time_of_end(void)
{
	struct hw_cell *cell = hw_object_find((void *)pthread_self(), HW_KIND_THREAD);

	return cell ? hw_object_releasing(cell) : hw_log_now();
}

static void tell_end(void *slot)
{
	struct hw_self *self = HW_ENTER();
	struct hw_stack_table *stacks;

	if (!self || self->slot != slot)
		return;
	if (++self->exit_round < PTHREAD_DESTRUCTOR_ITERATIONS) {
		pthread_setspecific(end_key, slot);
		return;
	}
	hw_sys_block_signals();
	stacks = self->stacks;
	self->stacks = NULL;
	self->memo = NULL;
	if (stacks)
		hw_stack_table_give_back(stacks);
	/* The main thread's stack stays when it alone ends. */
	if (self->tid != hw_process_pid())
		hw_memory_gone(self->stack_low, self->stack_high - self->stack_low);
	hw_log_add(self, time_of_end(), HW_OP_EXIT, self->slot->object, 0, 0);
	atomic_store_explicit(&self->slot->log_end, hw_log_extent(self), memory_order_relaxed);
	atomic_store_explicit(&self->slot->state, HW_SLOT_ENDED, memory_order_release);
	hw_sys_restore_signals();
}

static size_t find_default_stack_bytes(void)
{
	pthread_attr_t attributes;
	size_t size_bytes = 0;

	if (pthread_getattr_default_np(&attributes))
		return 0;
	pthread_attr_getstacksize(&attributes, &size_bytes);
	pthread_attr_destroy(&attributes);
	return size_bytes;
}

size_t hw_thread_default_stack_bytes(void)
{
	return default_stack_bytes;
}

/* The descriptor lies at the upper end of the stack. */
void hw_thread_set_stack(struct hw_self *self, uintptr_t outermost, size_t size_bytes)
{
	if (size_bytes <= HW_UNWINDER_ROOM_BYTES)
		return;
	self->stack_high = outermost;
	self->stack_top = (uintptr_t)pthread_self();
	self->stack_low = (uintptr_t)pthread_self() - size_bytes + HW_UNWINDER_ROOM_BYTES;
	if (self->stack_low > self->stack_high)
		self->stack_low = self->stack_high;
}

/* Of the main thread: it grows up to a limit. */
static void find_main_stack(struct hw_self *self)
{
	void *const *end = dlsym(RTLD_DEFAULT, "__libc_stack_end");
	struct rlimit limit = { .rlim_cur = 0 };

	if (!end || hw_sys4(SYS_prlimit64, 0, RLIMIT_STACK, NULL, &limit))
		return;
	if (limit.rlim_cur > MAIN_STACK_BYTES_MAX)
		limit.rlim_cur = MAIN_STACK_BYTES_MAX;
	if (limit.rlim_cur <= HW_UNWINDER_ROOM_BYTES)
		return;
	self->stack_high = (uintptr_t)*end;
	self->stack_top = self->stack_high;
	self->stack_low = self->stack_high - limit.rlim_cur + HW_UNWINDER_ROOM_BYTES;
}

void hw_thread_init(void)
{
	end_key_made = !pthread_key_create(&end_key, tell_end);
	default_stack_bytes = find_default_stack_bytes();
	find_main_stack(&hw_self);
	if (hw_self.slot)
		hw_frames_own(&hw_self);
	if (end_key_made && hw_self.slot)
		pthread_setspecific(end_key, hw_self.slot);
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
	int64_t chunk = hw_log_first_chunk(slot);

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
	atomic_store_explicit(&slot->log_end, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->gap, 0, memory_order_relaxed);
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

/*
 * With signals blocked: a handler may have come first. Then the thread is registered; but not as
 * the one that its creator knows, if it has one, and ends to begin anew.
 */
static bool was_registered(struct hw_self *self, bool is_created)
{
	struct hw_cell *cell;

	if (!self->slot || self->epoch != *hw_self_epoch)
		return false;
	if (!is_created)
		return true;
	hw_log_add(self, hw_log_now(), HW_OP_EXIT, self->slot->object, 0, 0);
	cell = hw_object_find((void *)pthread_self(), HW_KIND_THREAD);
	if (cell)
		hw_object_forget(cell, self->slot->object);
	atomic_store_explicit(&self->slot->state, HW_SLOT_ENDED, memory_order_release);
	if (self->stacks)
		hw_stack_table_give_back(self->stacks);
	return false;
}

bool hw_thread_register(struct hw_self *self, uint64_t uid, uint64_t creator_uid)
{
	struct hw_session *session = hw_log_session;
	struct hw_thread_slot *slot;

	hw_sys_block_signals();
	if (was_registered(self, uid)) {
		hw_sys_restore_signals();
		return true;
	}
	slot = take_slot(session);
	if (slot && !fill_slot(slot, uid, creator_uid)) {
		give_slot_back(session, slot);
		slot = NULL;
	}
	if (!slot) {
		self->unrecorded = 1;
		hw_process_count_unrecorded();
		hw_sys_restore_signals();
		return false;
	}
	self->slot = slot;
	self->tid = slot->tid;
	self->next = hw_log_chunk_begin(slot->first_chunk);
	self->stacks = hw_stack_table_take();
	self->memo = self->stacks ? self->stacks->memo : NULL;
	self->wait_sp = 0;
	self->exit_round = 0;
	hw_frames_own(self);
	self->epoch = *hw_self_epoch;
	log_start(self);
	atomic_store_explicit(&slot->state, HW_SLOT_LIVE, memory_order_release);
	hw_sys_restore_signals();
	if (end_key_made)
		pthread_setspecific(end_key, slot);
	/* Of many short threads none fills a chunk; what they leave is to be used again soon. */
	if (slot->uid % THREADS_A_RING == 0)
		hw_log_ring();
	return true;
}
