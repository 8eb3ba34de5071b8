/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/origin.h"

#define FRAME(...) ((struct hw_origin_frame){ .module = "/opt/bank/bin/bank", __VA_ARGS__ })

static const struct hw_origin_frame worker_init = {
	.module = "/home/me/build/libpool.so.1.2",
	.build_id = "0badcafe",
	.offset = 0x1234,
	.function = "worker_init",
	.file = "/home/me/src/pool.c",
	.line = 42,
	.function_line = 39,
	.function_offset = 0x1c,
};

static void check(bool found, struct hw_origin *origin, const char *key, const char *name)
{
	cr_assert(found);
	cr_expect_str_eq(origin->key, key);
	cr_expect_str_eq(origin->name, name);
	hw_origin_finish(origin);
}

static void check_stack(
	const struct hw_origin_frame *frames, size_t count, const char *key, const char *name)
{
	struct hw_origin origin = { 0 };

	check(hw_origin_of_stack("mutex", true, frames, count, &origin), &origin, key, name);
}

Test(origin, static_objects)
{
	struct hw_origin origin = { 0 };

	check(hw_origin_of_static("mutex", "/usr/bin/bank", "0bad", 0x4040, "table.forks[]",
		      "table.forks[]", &origin),
		&origin, "mutex static bank table.forks[]", "table.forks[]");
	check(hw_origin_of_static("sem", "/lib/libpool.so.1.2", "0bad", 0x4040, "lock (pool.c)",
		      "lock", &origin),
		&origin, "sem static libpool.so lock (pool.c)", "lock");
	check(hw_origin_of_static("spin", "/lib/libpool.so.1", "0bad", 0x40, NULL, NULL, &origin),
		&origin, "spin static libpool.so 0bad+0x40", "libpool.so.1+0x40");
	check(hw_origin_of_static("spin", "/usr/bin/bank", NULL, 0x40, NULL, NULL, &origin),
		&origin, "spin static bank +0x40", "bank+0x40");
}

Test(origin, named_semaphores)
{
	static const int64_t pids[] = { 4711, 12345 };
	struct hw_origin origin = { 0 };

	check(hw_origin_of_name("sem", "/queue", pids, 2, &origin), &origin, "sem named /queue",
		"/queue");
	check(hw_origin_of_name("sem", "/q-4711-2", pids, 2, &origin), &origin,
		"sem named /q-<pid>-2", "/q-<pid>-2");
	/* Part of another number is not that number. */
	check(hw_origin_of_name("sem", "/47110x12345", pids, 2, &origin), &origin,
		"sem named /47110x<pid>", "/47110x<pid>");
	check(hw_origin_of_name("sem", "/q4711", pids, 0, &origin), &origin, "sem named /q4711",
		"/q4711");
}

Test(origin, main_thread)
{
	struct hw_origin origin = { 0 };

	check(hw_origin_of_main_thread("/usr/bin/bank", &origin), &origin, "thread main bank",
		"main thread of bank");
}

Test(origin, stack_with_all_names)
{
	struct hw_origin_frame frames[] = {
		worker_init,
		FRAME(.function = "main", .file = "bank.c", .line = 20, .function_line = 10),
	};

	check_stack(frames, 2, "mutex created libpool.so:worker_init+3<bank:main+10",
		"mutex created at worker_init (pool.c:42)");
}

Test(origin, first_use)
{
	struct hw_origin origin = { 0 };

	check(hw_origin_of_stack("rwlock", false, &worker_init, 1, &origin), &origin,
		"rwlock used libpool.so:worker_init+3",
		"reader-writer lock first used at worker_init (pool.c:42)");
}

Test(origin, less_than_all_names)
{
	struct hw_origin_frame frame = worker_init;

	frame.function_line = 0;
	check_stack(&frame, 1, "mutex created libpool.so:worker_init:42",
		"mutex created at worker_init (pool.c:42)");
	/* A line above its function: it comes from another file. */
	frame.function_line = 50;
	check_stack(&frame, 1, "mutex created libpool.so:worker_init:42",
		"mutex created at worker_init (pool.c:42)");
	frame.line = 0;
	frame.file = NULL;
	check_stack(&frame, 1, "mutex created libpool.so:worker_init@0x1c",
		"mutex created at worker_init (libpool.so.1.2)");
	frame.function = NULL;
	check_stack(&frame, 1, "mutex created libpool.so:0badcafe+0x1234",
		"mutex created at libpool.so.1.2+0x1234");
}

Test(origin, only_frames_of_the_program_count)
{
	struct hw_origin_frame frames[] = {
		{ .module = "/usr/lib/libholdwait.so", .function = "pthread_mutex_init" },
		FRAME(.function = "__gthread_mutex_lock", .line = 1),
		FRAME(.function = "std::lock_guard<std::mutex>::lock_guard", .line = 2),
		FRAME(.function = "<std::sync::Mutex<i32>>::lock", .line = 3),
		FRAME(.function = "bank::open", .line = 4, .file = "bank.cc"),
		{ .module = "/lib/x86_64-linux-gnu/libstdc++.so.6.0.30", .function = "f" },
		FRAME(.function = "bank::main", .line = 5),
		{ .module = NULL, .offset = 0x7f0000001234 },
		FRAME(.function = "main", .line = 6),
		{ .module = "/lib/libc-2.31.so", .function = "__libc_start_main" },
		FRAME(.function = "_start"),
	};

	check_stack(frames, sizeof(frames) / sizeof(*frames),
		"mutex created bank:bank::open:4<bank:bank::main:5<bank:main:6",
		"mutex created at bank::open (bank.cc:4)");
}

Test(origin, libraries_of_similar_names_are_the_programs)
{
	struct hw_origin_frame frames[] = {
		{ .module = "/lib/libcrypto.so.3", .function = "a" },
		{ .module = "/lib/librtmp.so.1", .function = "b" },
		FRAME(.function = "_start_worker"),
		FRAME(.function = "core::engine"),
	};

	check_stack(frames, 4,
		"mutex created libcrypto.so:a@0x0<librtmp.so:b@0x0<bank:_start_worker@0x0<"
		"bank:core::engine@0x0",
		"mutex created at a (libcrypto.so.3)");
}

Test(origin, four_frames_at_most)
{
	struct hw_origin_frame frames[6];

	for (int i = 0; i < 6; i++)
		frames[i] = FRAME(.function = "walk", .line = i + 1);
	check_stack(frames, 6, "mutex created bank:walk:1<bank:walk:2<bank:walk:3<bank:walk:4",
		"mutex created at walk (bank)");
}

Test(origin, what_only_the_run_time_library_does_counts_too)
{
	struct hw_origin_frame frames[] = {
		{ .module = "/usr/lib/libholdwait.so", .function = "pthread_mutex_lock" },
		{ .module = "/lib/libc.so.6", .function = "getaddrinfo", .line = 7 },
	};

	check_stack(frames, 2, "mutex created libc.so:getaddrinfo:7",
		"mutex created at getaddrinfo (libc.so.6)");
}

Test(origin, nothing_to_tell_by)
{
	struct hw_origin_frame frames[] = {
		{ .module = "/usr/lib/libholdwait.so", .function = "pthread_mutex_lock" },
		{ .module = NULL, .offset = 0x7f0000001234 },
	};
	struct hw_origin origin = { 0 };

	cr_expect_not(hw_origin_of_stack("mutex", true, frames, 2, &origin));
	cr_expect_not(hw_origin_of_stack("mutex", true, NULL, 0, &origin));
	cr_expect_null(origin.key);
}
