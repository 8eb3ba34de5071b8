/* SPDX-License-Identifier: MIT */
#include "analyzer/script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A file of one line. */
static void write_line(char path[], const char *text)
{
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	cr_assert_not_null(file);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static char *variable(const char *text, const char *function)
{
	char path[] = "/tmp/holdwait-script-XXXXXX", *name;

	write_line(path, text);
	name = hw_script_variable(path, function, 1);
	unlink(path);
	return name;
}

static void is_called(const char *text, const char *function, const char *expected)
{
	char *name = variable(text, function);

	if (expected)
		cr_expect_str_eq(name ? name : "nothing", expected, "'%s'", text);
	else
		cr_expect_null(name, "'%s' is '%s'", text, name);
	free(name);
}

Test(script, variables)
{
	is_called("first = threading.Lock()", "<module>", "first");
	is_called("    first: Lock = Lock()", "main", "first");
	is_called("\tself.lock = threading.RLock()", "Account.__init__", "Account.lock");
	is_called("self.lock = threading.RLock()", "__init__", "self.lock");
	is_called("forks = [threading.Lock() for i in range(5)]", "<module>", "forks[]");
	is_called("forks = [Lock(), Lock()]", "<module>", "forks[]");
	is_called("locks[name] = threading.Lock()", "get", "locks[]");
	is_called("self.jobs = queue.Queue(10)", "Pool.__init__", "Pool.jobs");
	is_called("shared = manager.Lock()  # for all", "main", "shared");
}

Test(script, no_variable)
{
	is_called("first, second = Lock(), Lock()", "<module>", NULL);
	is_called("a = Lock(); b = Lock()", "<module>", NULL);
	is_called("serve(threading.Lock())", "<module>", NULL);
	is_called("with make_lock():", "<module>", NULL);
	is_called("same = first == Lock()", "<module>", "same");
	is_called("if first == Lock():", "<module>", NULL);
	is_called("x = Locksmith()", "<module>", NULL);
	is_called("", "<module>", NULL);
	cr_expect_null(hw_script_variable("/nonexistent/file.py", "main", 3));
	cr_expect_null(hw_script_variable("<frozen importlib._bootstrap>", "main", 3));
}

static bool tries(const char *text)
{
	char path[] = "/tmp/holdwait-script-XXXXXX";
	bool found;

	write_line(path, text);
	found = hw_script_only_tries(path, 1);
	unlink(path);
	return found;
}

Test(script, only_tries)
{
	cr_expect(tries("if lock.acquire(blocking=False):"));
	cr_expect(tries("lock.acquire(False)"));
	cr_expect(tries("lock.acquire(0)"));
	cr_expect(tries("lock.acquire(block=False, timeout=None)"));
	cr_expect(tries("lock.acquire(True, timeout=0)"));
	cr_expect_not(tries("lock.acquire()"));
	cr_expect_not(tries("lock.acquire(timeout=10)"));
	cr_expect_not(tries("lock.acquire(True)"));
	cr_expect_not(tries("with lock: x = False"));
}
