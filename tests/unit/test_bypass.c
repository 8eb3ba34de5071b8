/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "logs.h"

/* This program, as if it were recorded: its libraries call libc, and none calls holdwait. */

static size_t looks;

/* In place of libc's: each takes a system call. */
ssize_t process_vm_readv(pid_t pid, const struct iovec *here, unsigned long here_count,
	const struct iovec *there, unsigned long there_count, unsigned long flags)
{
	looks++;
	return syscall(SYS_process_vm_readv, pid, here, here_count, there, there_count, flags);
}

static bool is_found(const struct hw_bypass *bypass, const char *name)
{
	for (size_t i = 0; i < bypass->count; i++)
		if (strstr(bypass->modules[i]->path, name))
			return true;
	return false;
}

Test(bypass, a_library_takes_a_few_looks)
{
	static struct logs_world world;
	struct hw_module_definition told = { .start = 4096, .end = 8192, .bias = 4096 };
	struct hw_watched watched = { 0 };
	struct hw_collector *collector = &world.collector;

	/* That binds its calls of mutexes. */
	cr_assert_eq(sqlite3_initialize(), SQLITE_OK);
	logs_make_world(&world, 1);
	watched.process = world.process;
	watched.process->pid = getpid();
	hw_roster_map_module(&collector->roster, watched.process, 0, &told, "/told");
	collector->watched = &watched;
	collector->watched_count = 1;
	hw_bypass_look(collector);
	cr_expect(is_found(&collector->bypass, "libsqlite3"));
	cr_expect_not(is_found(&collector->bypass, "libm.so"));
	cr_assert_gt(watched.process->mapping_count, 5);
	cr_expect_leq(looks, 20 * watched.process->mapping_count, "%zu for %zu", looks,
		watched.process->mapping_count);
	hw_bypass_finish(&collector->bypass);
	sqlite3_close(logs_end_world(&world));
}
