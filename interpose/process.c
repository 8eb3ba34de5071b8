/* SPDX-License-Identifier: MIT */
#include "interpose/process.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "interpose/attach.h"
#include "interpose/environment.h"
#include "interpose/glib.h"
#include "interpose/log.h"
#include "interpose/module.h"
#include "interpose/python.h"
#include "interpose/object.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/stack_table.h"
#include "interpose/sys.h"
#include "interpose/thread.h"
#include "interpose/unwinder.h"

enum { PAGE_BYTES = 4096 };

enum join_state { JOIN_NOT_TRIED, JOIN_UNDER_WAY, JOIN_DONE, JOIN_FAILED };

__thread struct hw_self hw_self __attribute__((tls_model("initial-exec"))) = {
	.epoch = HW_NO_EPOCH,
};

/* Until the process has joined. */
static uint64_t no_epoch;
uint64_t *hw_self_epoch = &no_epoch;

static _Atomic int join_state;
static _Atomic uint64_t last_epoch;
static struct hw_process_slot *own_slot;
static uint64_t own_pid_namespace;
static int32_t own_pid; /* to tell a fork from an end of recording */

pid_t hw_process_pid(void)
{
	return own_pid;
}

uint32_t hw_process_number(void)
{
	return (uint32_t)(own_slot - hw_log_session->processes);
}

void hw_process_count_unrecorded(void)
{
	atomic_fetch_add(&own_slot->unrecorded_threads, 1);
}

static void copy_command(char *command, size_t size_bytes)
{
	long length = hw_sys_read_file("/proc/self/cmdline", command, size_bytes - 1);

	for (long i = 0; i + 1 < length; i++)
		if (!command[i])
			command[i] = ' ';
}

static bool take_slot(enum hw_origin origin, uint64_t uid, uint64_t parent_uid)
{
	struct hw_session *session = hw_log_session;
	int64_t number = hw_free_list_pop(&session->free_processes,
		&session->processes[0].next_free, sizeof(session->processes[0]));
	struct hw_process_slot *slot;
	struct stat namespace;

	if (number < 0)
		return false;
	slot = &session->processes[number];
	memset(slot->exe, 0, sizeof(slot->exe));
	memset(slot->command, 0, sizeof(slot->command));
	slot->pid = own_pid;
	slot->parent_pid = (int32_t)hw_sys0(SYS_getppid);
	slot->uid = uid ? uid : hw_thread_new_uid();
	slot->parent_uid = parent_uid;
	slot->start_ticks = hw_log_now();
	slot->origin = origin;
	/* Without /proc, after a chroot, it is most likely the one this was forked in. */
	if (!hw_sys2(SYS_stat, "/proc/self/ns/pid", &namespace))
		own_pid_namespace = namespace.st_ino;
	slot->pid_namespace = own_pid_namespace;
	atomic_store(&slot->unrecorded_threads, 0);
	hw_sys3(SYS_readlink, "/proc/self/exe", slot->exe, sizeof(slot->exe) - 1);
	copy_command(slot->command, sizeof(slot->command));
	own_slot = slot;
	atomic_store_explicit(&slot->state, HW_SLOT_LIVE, memory_order_release);
	return true;
}

/* A page the kernel clears in a forked child; without it forks cannot be told safely. */
static uint64_t *map_epoch(void)
{
	uint64_t *page = hw_sys_map(PAGE_BYTES);

	if (page && hw_sys3(SYS_madvise, page, PAGE_BYTES, MADV_WIPEONFORK))
		return NULL;
	return page;
}

static void begin_epoch(void)
{
	*hw_self_epoch = atomic_fetch_add(&last_epoch, 1) + 1;
}

static bool was_recorded_before(void)
{
	const struct hw_session *session = hw_log_session;
	uint32_t used = atomic_load(&session->free_processes.fresh);

	for (uint32_t i = 0; i < used && i < HW_PROCESS_MAX; i++)
		if (atomic_load(&session->processes[i].state) == HW_SLOT_LIVE &&
			session->processes[i].pid == own_pid)
			return true;
	return false;
}

/* Whether an image that starts is the first one, or replaces or descends from what is recorded. */
static bool followed(void)
{
	uint32_t follow = hw_log_session->follow;

	if (!atomic_load(&hw_log_session->next_uid))
		return true;
	return follow & HW_FOLLOW_EXEC && (follow & HW_FOLLOW_FORK || was_recorded_before());
}

static void join(void)
{
	uint64_t *page;
	int not_tried = JOIN_NOT_TRIED;

	if (!atomic_compare_exchange_strong(&join_state, &not_tried, JOIN_UNDER_WAY))
		return;
	own_pid = (int32_t)hw_sys0(SYS_getpid);
	page = map_epoch();
	hw_log_session = page ? hw_attach_session() : NULL;
	if (hw_log_session)
		hw_log_use_clock(hw_log_session);
	if (!hw_log_session || !followed() || !take_slot(HW_ORIGIN_START, 0, 0)) {
		atomic_store(&join_state, JOIN_FAILED);
		return;
	}
	hw_self_epoch = page;
	begin_epoch();
	atomic_store(&join_state, JOIN_DONE);
}

/* In the only thread of a forked child, before it logs anything. */
static void become_child(struct hw_self *self)
{
	uint64_t creator_uid = self->slot ? self->slot->uid : 0;
	uint64_t parent_uid = own_slot->uid, uid = self->fork_uid;

	own_pid = (int32_t)hw_sys0(SYS_getpid);
	hw_object_forked();
	hw_module_forked();
	hw_python_forked();
	hw_stack_table_forked();
	hw_unwinder_forked();
	self->slot = NULL;
	self->epoch = HW_NO_EPOCH;
	self->fork_uid = 0;
	self->unrecorded = 0;
	if (!(hw_log_session->follow & HW_FOLLOW_FORK) ||
		!take_slot(HW_ORIGIN_FORK, uid, parent_uid)) {
		atomic_store(&join_state, JOIN_FAILED);
		return;
	}
	begin_epoch();
	hw_thread_register(self, 0, creator_uid);
}

static bool recording(void)
{
	return atomic_load(&join_state) == JOIN_DONE &&
		atomic_load_explicit(&hw_log_session->state, memory_order_relaxed) ==
		HW_SESSION_ON;
}

struct hw_self *hw_self_enter_slow(const struct hw_call *call)
{
	struct hw_self *self = &hw_self;

	if (hw_unwinder_works(self))
		return (call && hw_unwinder_owns(call->from)) || !recording() ? NULL : self;
	if (self->paused)
		return NULL;
	/* A program's .preinit_array runs before libc knows the environment. */
	if (atomic_load(&join_state) == JOIN_NOT_TRIED && environ && hw_real_resolve_once())
		join();
	if (!recording())
		return NULL;
	if (!*hw_self_epoch) {
		if (own_pid == (int32_t)hw_sys0(SYS_getpid))
			return NULL; /* recording was ended */
		become_child(self);
	}
	if (self->unrecorded)
		return NULL;
	if (!recording())
		return NULL;
	if (self->slot)
		self->epoch = *hw_self_epoch;
	else
		hw_thread_register(self, 0, 0);
	return self->epoch == *hw_self_epoch ? self : NULL;
}

static void before_fork(void)
{
	struct hw_self *self = HW_ENTER();

	if (!self)
		return;
	self->fork_uid = hw_thread_new_uid();
	hw_log_add_payload(self, HW_OP_FORK, HW_NO_OBJECT, HW_STACK(self), &self->fork_uid,
		sizeof(self->fork_uid));
}

static void after_fork_in_parent(void)
{
	hw_self.fork_uid = 0;
}

static void after_fork_in_child(void)
{
	hw_self_enter(NULL);
}

/* Called by our vfork, in assembly: the child runs on this thread's memory until it execs. */
void *hw_process_vfork_begins(int name);
void hw_process_vfork_ends(long child, const struct hw_call *call);

/* Where our vfork returns to, while another library's runs. */
__thread uintptr_t hw_process_vfork_return;

/* `name`: by which it is called. Returns the vfork to call, or NULL for the system call. */
void *hw_process_vfork_begins(int name)
{
	hw_real_resolve_once();
	hw_self_pause(&hw_self);
	return hw_real_other_vforks[name];
}

/* `child`: its pid, or a negative errno. */
void hw_process_vfork_ends(long child, const struct hw_call *call)
{
	hw_self_resume(&hw_self);
	if (child > 0)
		hw_process_spawned((pid_t)child, call);
}

void hw_process_spawned(pid_t child, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint64_t payload[2] = { 0, (uint64_t)child };

	if (self)
		hw_log_add_payload(self, HW_OP_FORK, HW_NO_OBJECT, hw_stack_capture(self, call),
			payload, sizeof(payload));
}

/* What libc and the dynamic linker do for us here is not the program's: its malloc may lock. */
__attribute__((constructor)) static void start(void)
{
	struct hw_self *self;

	hw_real_resolve_once();
	hw_module_init();
	if (atomic_load(&join_state) == JOIN_NOT_TRIED)
		join();
	hw_self_pause(&hw_self);
	hw_environment_init(atomic_load(&join_state) == JOIN_DONE ? hw_log_session : NULL,
		hw_attach_session_path());
	if (atomic_load(&join_state) != JOIN_DONE)
		return;
	hw_stack_init();
	hw_glib_init();
	hw_thread_init();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
	hw_self_resume(&hw_self);
	self = hw_self_enter(NULL);
	if (self)
		hw_module_note_all(self);
}
