/* SPDX-License-Identifier: MIT */
#include "trace/misuse.h"

#include <criterion/criterion.h>

/* A thread that was ended by force at 200, and another that wants what it holds. */
struct scene {
	struct hw_process process;
	struct hw_thread holder, waiter;
	struct hw_object lock;
	struct hw_misuses misuses;
};

static struct scene make_scene(void)
{
	return (struct scene){
		.process = { .id = 1, .end_ns = -1 },
		.holder = { .id = 1, .end_ns = 200 },
		.waiter = { .id = 2, .end_ns = -1 },
		.lock = { .id = 1, .kind = HW_KIND_MUTEX },
	};
}

static size_t misuses_of_wait_at(int64_t time_ns)
{
	struct scene scene = make_scene();
	size_t count;

	scene.holder.process = scene.waiter.process = &scene.process;
	scene.lock.holder = &scene.holder;
	hw_misuse_wait(&scene.misuses, &scene.waiter, &scene.lock, 1, time_ns);
	count = scene.misuses.count;
	hw_misuses_finish(&scene.misuses);
	return count;
}

Test(misuse, holder_that_ended)
{
	cr_assert_eq(misuses_of_wait_at(300), 1);
}

/* It was seen to be gone before what happened until then was read. */
Test(misuse, holder_that_ended_later)
{
	cr_assert_eq(misuses_of_wait_at(100), 0);
}
