/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/model.h"
#include "analyzer/runtime.h"
#include "analyzer/stack.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;

static void setup(void)
{
	scenario_init(&s);
}

static void teardown(void)
{
	hw_model_finish(&model);
	scenario_finish(&s);
}

static const char *function(uint32_t frame)
{
	return frame == HW_NONE ? "none" : model.frames[frame].function;
}

/* The sites of two stacks, by function and line. */
static void expect_sites(const char *first, const char *second, const char *site, const char *other,
	int64_t line, int64_t other_line)
{
	int64_t one = scenario_stack(&s, first), two = scenario_stack(&s, second);
	struct hw_error error;
	uint32_t a, b;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_stack_sites(
		&model, hw_model_find_stack(&model, one), hw_model_find_stack(&model, two), &a, &b);
	cr_assert_str_eq(function(a), site);
	cr_assert_str_eq(function(b), other);
	cr_assert_eq(model.frames[a].line, line);
	cr_assert_eq(model.frames[b].line, other_line);
}

TestSuite(stack, .init = setup, .fini = teardown);

Test(stack, sites_are_the_innermost_frames)
{
	expect_sites("f:1 < main:9", "g:2 < main:8", "f", "g", 1, 2);
}

Test(stack, sites_are_past_the_runtime_library)
{
	expect_sites(
		"std::mutex::lock:5 < std::lock_guard<std::mutex>::lock_guard:6 < f:1 < main:9",
		"__gthread_mutex_lock:7 < g:2 < main:9", "f", "g", 1, 2);
}

Test(stack, sites_are_past_wrappers_by_name)
{
	expect_sites("my_mutex_lock:5 < f:1 < main:9", "check_sem_wait:6 < g:2 < main:9", "f", "g",
		1, 2);
}

Test(stack, sites_are_where_the_ways_part)
{
	/* Whatever take() is, both locks come through the same line of it. */
	expect_sites("take:5 < left:1 < eat:3 < main:9", "take:5 < right:2 < eat:4 < main:9",
		"left", "right", 1, 2);
}

Test(stack, sites_in_one_function_differ_by_line)
{
	expect_sites("take:5 < eat:3 < main:9", "take:5 < eat:4 < main:9", "eat", "eat", 3, 4);
}

Test(stack, sites_in_a_loop_are_the_innermost_frames)
{
	expect_sites("take:5 < eat:3 < main:9", "take:5 < eat:3 < main:9", "take", "take", 5, 5);
}

Test(stack, sites_in_a_recursion_are_the_innermost_frames)
{
	expect_sites("lock_it:5 < walk:3 < main:9", "lock_it:5 < walk:3 < walk:4 < main:9",
		"lock_it", "lock_it", 5, 5);
}

Test(stack, wrappers_without_a_caller_are_sites)
{
	expect_sites("my_mutex_lock:5", "my_mutex_lock:6", "my_mutex_lock", "my_mutex_lock", 5, 6);
}

Test(stack, frames_of_holdwait_are_not_seen)
{
	int64_t stack = scenario_stack(&s, "run_pthread:5 < f:1 < main:9");
	struct hw_error error;
	uint32_t frames[4];

	scenario_sql(&s, "INSERT INTO module VALUES (2, '/usr/lib/libholdwait.so', NULL, NULL)");
	scenario_sql(&s, "UPDATE frame SET module = 2 WHERE function = 'run_pthread'");
	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0);
	cr_assert_eq(hw_stack_frames(&model, hw_model_find_stack(&model, stack), frames, 4), 2);
	cr_assert_str_eq(function(frames[0]), "f");
}

Test(runtime, knows_libraries_by_name)
{
	cr_assert(hw_runtime_is_module("/lib/x86_64-linux-gnu/libc.so.6"));
	cr_assert(hw_runtime_is_module("libc-2.31.so"));
	cr_assert(hw_runtime_is_module("/lib64/ld-linux-x86-64.so.2"));
	cr_assert(hw_runtime_is_module("/usr/lib/libstdc++.so.6"));
	cr_assert_not(hw_runtime_is_module("/usr/lib/libcrypto.so.3"));
	cr_assert_not(hw_runtime_is_module("/usr/lib/libcurl.so.4"));
	cr_assert(hw_runtime_is_holdwait("/usr/lib/holdwait/libholdwait.so"));
	cr_assert_not(hw_runtime_is_holdwait("/usr/bin/holdwait"));
}

Test(runtime, knows_functions_of_languages)
{
	cr_assert(hw_runtime_is_function("std::mutex::lock"));
	cr_assert(hw_runtime_is_function("<core::sync::Mutex<T>>::lock"));
	cr_assert(hw_runtime_is_function("_start"));
	cr_assert_not(hw_runtime_is_function("stdout_lock"));
	cr_assert_not(hw_runtime_is_function("main"));
}

Test(runtime, knows_wrappers_by_name)
{
	static const char *const wrappers[] = { "uv_mutex_lock", "take_semaphore", "take_mutex",
		"pthreadMutexEnter", "check_sem_wait", "SDL_LockMutex", "Mutex::lock",
		"MyMutex::Lock", "ScopedLock::ScopedLock", "LockGuard<Mutex>::LockGuard",
		"apr_thread_mutex_lock", "PyThread_acquire_lock_timed", "rwlock_wrlock",
		"acquire_lock" };
	static const char *const others[] = { "main", "transfer", "lock_both", "lock_accounts",
		"take_left_fork", "take_forks", "wait_for_mutexes", "Mutex::unlock_all", "unlock",
		"get_semaphore_name", "block" };

	for (size_t i = 0; i < sizeof(wrappers) / sizeof(*wrappers); i++)
		cr_assert(hw_runtime_is_wrapper(wrappers[i]), "%s", wrappers[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		cr_assert_not(hw_runtime_is_wrapper(others[i]), "%s", others[i]);
}
