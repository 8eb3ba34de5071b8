/* SPDX-License-Identifier: MIT */
#include "interpose/log.h"

#include <criterion/criterion.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How a thread's log goes on at the end of a chunk. */

/* The first claim is that of the code that they interrupt; after the last there is a next place. */
enum { CLAIMS = HW_CHUNK_HEAD_BYTES / sizeof(struct hw_record) - 1 };

static uint64_t epoch;
uint64_t *hw_self_epoch = &epoch;

static struct hw_self self;

/* A session with so many chunks, the first of which is the log's, and full. */
static void begin(uint32_t chunks)
{
	char *memory = mmap(NULL, sizeof(struct hw_session) + HW_CHUNK_BYTES,
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cr_assert_neq(memory, MAP_FAILED);
	memory += -(uintptr_t)memory % HW_CHUNK_BYTES;
	hw_log_session = (struct hw_session *)memory;
	atomic_store(&hw_log_session->state, HW_SESSION_ON);
	atomic_store(&hw_log_session->free_chunks.limit, chunks);
	self.slot = &hw_log_session->threads[0];
	self.next = hw_log_chunk_begin((uint32_t)hw_log_first_chunk(self.slot));
	for (uint32_t i = 0; i < HW_CHUNK_RECORDS; i++)
		hw_log_write(&self, i, HW_OP_LOCK, i);
}

static const struct hw_record *record_at(uint32_t chunk, uint32_t position)
{
	return &hw_log_session->chunks[chunk].records[position];
}

/* What follows `next`, `next_free` and `thread` is nobody's. */
static void expect_clean_head(uint32_t chunk)
{
	const char *head = (const char *)&hw_log_session->chunks[chunk];

	for (size_t i = 12; i < HW_CHUNK_HEAD_BYTES; i++)
		cr_assert_eq(head[i], 0, "byte %zu", i);
}

static void expect_records(uint32_t chunk, uint32_t position, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		cr_expect_eq(hw_record_op(record_at(chunk, position + i)), HW_OP_UNLOCK);
		cr_expect_eq(record_at(chunk, position + i)->what, i);
	}
}

/* Each handler interrupts the one before between its claim and what comes of it. */
Test(log_claim, past_the_end_by_nested_handlers)
{
	begin(3);
	for (uint32_t i = 0; i < CLAIMS; i++)
		cr_assert(hw_log_is_past(hw_log_claim(&self)), "%u", i);
	for (uint32_t i = 0; i < CLAIMS; i++)
		hw_log_write_past(&self, hw_record_when(i, HW_OP_UNLOCK), i);
	expect_records(1, 0, CLAIMS);
	cr_expect_eq(record_at(1, CLAIMS)->when, 0);
	cr_expect_eq(hw_log_session->chunks[0].next, 1 + 1);
	cr_expect_eq(hw_log_session->chunks[1].next, 0);
	expect_clean_head(1);
	expect_clean_head(2);
	cr_expect_eq(hw_log_extent(&self), 1ull << 32 | CLAIMS);
}

/* One jumped out: what it claimed is nothing, for a group as well. */
Test(log_claim, past_the_end_and_left)
{
	struct hw_record *group;

	begin(2);
	hw_log_claim(&self);
	cr_expect_eq(hw_log_extent(&self), HW_CHUNK_RECORDS);
	hw_log_claim(&self);
	group = hw_log_reserve_group(&self, 3);
	cr_expect_eq(group, record_at(1, 0));
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	expect_records(1, 3, 1);
}

/* However many are dropped, the place is still the end of the chunk. */
Test(log_claim, dropped_at_the_end)
{
	begin(1);
	hw_log_session->lossy = 1;
	for (uint32_t i = 0; i < 1000; i++)
		hw_log_write(&self, i, HW_OP_UNLOCK, i);
	cr_expect_eq(atomic_load(&self.slot->lost), 1000);
	cr_expect_eq(hw_log_extent(&self), HW_CHUNK_RECORDS);
	expect_clean_head(1);
	cr_expect_eq(record_at(1, 0)->when, 0);
	atomic_store(&hw_log_session->free_chunks.limit, 2);
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	cr_expect_eq(hw_record_op(record_at(1, 0)), HW_OP_GAP);
	expect_records(1, 1, 1);
}

/* In a process of its own, which is killed at the first call that is none of a few. */
static void drop_without_system_calls(uint32_t count)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(2);
	for (uint32_t i = 0; i < count; i++)
		hw_log_write(&self, i, HW_OP_UNLOCK, i);
	syscall(SYS_exit, 0);
}

/* Who would rather lose records than wait does not wait for the kernel either. */
Test(log_claim, dropped_without_system_calls)
{
	int status;
	pid_t child;

	begin(1);
	hw_log_session->lossy = 1;
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	child = fork();
	if (!child)
		drop_without_system_calls(1000);
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 2, "seccomp is not to be had");
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x", status);
}

/* What is dropped once there was a chunk again is another gap. */
Test(log_claim, dropped_again)
{
	begin(1);
	hw_log_session->lossy = 1;
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	cr_expect_eq(atomic_load(&self.slot->gap), 1);
	atomic_store(&hw_log_session->free_chunks.limit, 2);
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	cr_expect_eq(atomic_load(&self.slot->gap), 0);
	cr_expect_eq(hw_record_op(record_at(1, 0)), HW_OP_GAP);
	expect_records(1, 1, 1);
	for (uint32_t i = 2; i < HW_CHUNK_RECORDS; i++)
		hw_log_write(&self, i, HW_OP_LOCK, i);
	hw_log_write(&self, 0, HW_OP_UNLOCK, 0);
	cr_expect_eq(atomic_load(&self.slot->gap), 1);
	cr_expect_eq(atomic_load(&self.slot->lost), 2);
}
