/* SPDX-License-Identifier: MIT */
#include "tests/e2e/blocked.h"
#include "tests/e2e/picture_server.h"
#include "tests/e2e/process.h"
#include "tests/e2e/scratch.h"
#include "tests/png.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char threads[] = HW_BUILD_DIR "/demos/download_threads";
static const char procs[] = HW_BUILD_DIR "/demos/download_procs";

/* Each of these tests is one of both programs. */
#define TEST_BOTH(name)                        \
	static void name(const char *program); \
	Test(e2e, download_threads_##name)     \
	{                                      \
		name(threads);                 \
	}                                      \
	Test(e2e, download_procs_##name)       \
	{                                      \
		name(procs);                   \
	}                                      \
	static void name(const char *program)

static void expect_picture(
	const struct hw_scratch *out, unsigned number, unsigned char **ret_bytes, size_t *ret_size)
{
	const char *flaw;
	char name[32];

	snprintf(name, sizeof(name), "picture-%02u.png", number);
	*ret_bytes = hw_scratch_read(out, name, ret_size);
	cr_assert(*ret_bytes, "'%s' is missing", name);
	flaw = hw_png_flaw(*ret_bytes, *ret_size);
	cr_expect_null(flaw, "'%s': %s", name, flaw);
}

/* picture-01.png and so on up to `count`, which are whole pictures and all different. */
static void expect_pictures(const struct hw_scratch *out, unsigned count)
{
	unsigned char *pictures[100];
	size_t sizes[100];

	cr_assert(count < 100);
	cr_expect_eq(hw_scratch_count(out, ""), count);
	for (unsigned i = 0; i < count; i++) {
		expect_picture(out, i + 1, &pictures[i], &sizes[i]);
		for (unsigned j = 0; j < i; j++)
			cr_expect(sizes[i] != sizes[j] ||
					  memcmp(pictures[i], pictures[j], sizes[i]) != 0,
				"pictures %u and %u are the same", j + 1, i + 1);
	}
	for (unsigned i = 0; i < count; i++)
		free(pictures[i]);
}

static void expect_no_semaphore(const char *program, pid_t pid)
{
	char path[128];
	struct stat status;

	snprintf(path, sizeof(path), "/dev/shm/sem.%s.%d", strrchr(program, '/') + 1, (int)pid);
	cr_expect(stat(path, &status) == -1 && errno == ENOENT, "'%s' is left behind", path);
}

/* Start it with pictures that take so long that none arrives, and wait until two are on the way. */
static void start_and_get_stuck(
	struct hw_process *process, const char *program, const struct hw_scratch *out)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	hw_process_start(process,
		HW_ARGUMENTS(program, "--delay-ms=60000", "--parallel=2", "--out", out->path));
	for (unsigned left = HW_PROCESS_PATIENCE_S * 200; left > 0; left--) {
		if (hw_scratch_count(out, ".part") == 2)
			return;
		nanosleep(&pause, NULL);
	}
	cr_assert_fail("no pictures are on the way");
}

static unsigned count_in_errors(const struct hw_process *process, const char *part)
{
	char *errors = hw_process_errors(process);
	unsigned count = 0;

	for (const char *found = errors; (found = strstr(found, part)); found += strlen(part))
		count++;
	free(errors);
	return count;
}

/* The `index`th child of a process, 0 for none. */
static pid_t child_of(pid_t pid, unsigned index)
{
	char path[64];
	int child = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	file = fopen(path, "re");
	cr_assert(file, "cannot read '%s'", path);
	for (unsigned i = 0; i <= index; i++) {
		if (fscanf(file, "%d", &child) != 1)
			child = 0;
	}
	fclose(file);
	return child;
}

/* Without --url: a server comes and goes, and the pictures are there. */
TEST_BOTH(works_offline)
{
	struct hw_scratch out;
	struct hw_process process;
	pid_t pid;

	hw_scratch_init(&out);
	hw_process_adopt_orphans();
	hw_process_start(&process, HW_ARGUMENTS(program, "--out", out.path));
	pid = process.pid;
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect(hw_process_no_orphans(0), "something is left running");
	expect_no_semaphore(program, pid);

	cr_expect_eq(process.status, 0);
	hw_process_expect_errors(&process, ""); /* a progress bar in a file would be garbage */
	hw_process_expect_output(&process, "20 of 20 pictures (1.6 MB) saved in '");
	hw_process_expect_output(&process, " s with 4 at once, ");
	hw_process_expect_output(&process, " s one by one: ");
	expect_pictures(&out, 20);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* Both orders are taken, and almost always without the deadlock. */
TEST_BOTH(inverted)
{
	struct hw_scratch out;
	struct hw_process process;

	hw_scratch_init(&out);
	hw_process_run(&process, HW_ARGUMENTS(program, "--inverted", "--no-compare", "--out",
					 out.path, "--count=12", "--parallel=3"));
	cr_expect_eq(process.status, 0);
	hw_process_expect_errors(&process, "");
	expect_pictures(&out, 12);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* Pictures 5, 10, 15 and 20 fail, 7 and 14 are cut short: said one by one, and no file of them. */
TEST_BOTH(failures)
{
	static const char *const reasons[] = {
		[5] = "the server answered 500",
		[7] = "cut short after 38946 of 77893 bytes",
		[10] = "the server answered 500",
		[14] = "cut short after 38946 of 77893 bytes",
		[15] = "the server answered 500",
		[20] = "the server answered 500",
	};
	struct hw_scratch out;
	struct hw_process process, server;
	char address[64], url[128], expected[2048] = "";

	hw_scratch_init(&out);
	hw_picture_server_start(&server, "--fail-every=5", "--short-every=7", address);
	snprintf(url, sizeof(url), "%spicture/{}", address);
	hw_process_run(&process, HW_ARGUMENTS(program, "--url", url, "--out", out.path));
	hw_process_finish(&server);

	for (unsigned i = 1; i <= 20; i++) {
		unsigned char *bytes;
		size_t size;

		if (reasons[i]) {
			snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
				"%s: picture %u from '%spicture/%u': %s\n",
				strrchr(program, '/') + 1, i, address, i, reasons[i]);
		} else {
			expect_picture(&out, i, &bytes, &size);
			free(bytes);
		}
	}
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(&process, expected);
	hw_process_expect_output(&process, "14 of 20 pictures (1.1 MB) saved in '");
	cr_expect_eq(hw_scratch_count(&out, ""), 14);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

TEST_BOTH(nobody_answers)
{
	struct hw_scratch out;
	struct hw_process process, server;
	char address[64];

	hw_scratch_init(&out);
	hw_picture_server_start(&server, NULL, NULL, address);
	hw_process_finish(&server); /* so that nobody listens at its port */
	hw_process_run(
		&process, HW_ARGUMENTS(program, "--url", address, "--out", out.path, "--count=3"));
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(&process, ": picture 1 from 'http://127.0.0.1:");
	hw_process_expect_errors(&process, "Failed to connect to 127.0.0.1");
	hw_process_expect_output(&process, "0 of 3 pictures");
	cr_expect_eq(hw_scratch_count(&out, ""), 0);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* What is not a picture is not kept; and without {} the same URL is used each time. */
TEST_BOTH(not_a_picture)
{
	struct hw_scratch out;
	struct hw_process process, server;
	char address[64], expected[256];

	hw_scratch_init(&out);
	hw_picture_server_start(&server, NULL, NULL, address);
	hw_process_run(
		&process, HW_ARGUMENTS(program, "--url", address, "--out", out.path, "--count=2"));
	hw_process_finish(&server);
	snprintf(expected, sizeof(expected), ": picture 2 from '%s': not a picture but 'text/html'",
		address);
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(&process, expected);
	cr_expect_eq(hw_scratch_count(&out, ""), 0);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* A picture that cannot be written is reported like one that does not arrive. */
TEST_BOTH(disk_full)
{
	struct hw_scratch out;
	struct hw_process process;

	hw_scratch_init(&out);
	hw_process_run(&process, HW_ARGUMENTS("sh", "-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"",
					 "sh", program, "--out", out.path, "--count=4"));
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(&process, ": cannot write it: File too large\n");
	cr_expect_eq(hw_scratch_count(&out, ""), 0);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* Ended by a signal in the middle: dies of it, and takes files, workers and server with it. */
TEST_BOTH(interrupted)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	hw_process_adopt_orphans();
	for (unsigned i = 0; i < 3; i++) {
		struct hw_scratch out;
		struct hw_process process;

		hw_scratch_init(&out);
		start_and_get_stuck(&process, program, &out);
		kill(process.pid, signals[i]);
		cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
		cr_expect_eq(process.status, 128 + signals[i]);
		cr_expect(hw_process_no_orphans(HW_PROCESS_PATIENCE_S));
		cr_expect_eq(hw_scratch_count(&out, ""), 0);
		hw_process_finish(&process);
		hw_scratch_finish(&out);
	}
}

/* Killed: no file under a picture's name, and workers and server end all the same. */
TEST_BOTH(killed)
{
	struct hw_scratch out;
	struct hw_process process;
	pid_t pid;

	hw_scratch_init(&out);
	hw_process_adopt_orphans();
	start_and_get_stuck(&process, program, &out);
	pid = process.pid;
	kill(pid, SIGKILL);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect(hw_process_no_orphans(HW_PROCESS_PATIENCE_S));
	cr_expect_eq(hw_scratch_count(&out, ".png"), 0);
	expect_no_semaphore(program, pid);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* Of four workers two are on the network, so the two others wait for one semaphore. */
Test(e2e, download_threads_keeps_to_parallel)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	static struct hw_blocked blocked;
	struct hw_scratch out;
	struct hw_process process;
	unsigned left = HW_PROCESS_PATIENCE_S * 200;

	hw_scratch_init(&out);
	start_and_get_stuck(&process, threads, &out);
	do {
		nanosleep(&pause, NULL);
		cr_assert(hw_blocked_look(process.pid, &blocked));
	} while (hw_blocked_named(&blocked, "worker ") < 2 && --left > 0);
	cr_expect_eq(blocked.threads, 1 + 4);
	cr_expect_eq(hw_blocked_named(&blocked, "worker "), 2);
	cr_expect_eq(hw_blocked_distinct(&blocked, "worker "), 1);
	cr_expect_eq(hw_scratch_count(&out, ".part"), 2);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

/* A worker that is killed may have a slot or a lock: the others must not wait for it for ever. */
Test(e2e, download_procs_survives_its_worker)
{
	struct hw_scratch out;
	struct hw_process process;
	pid_t worker;

	hw_scratch_init(&out);
	hw_process_adopt_orphans();
	start_and_get_stuck(&process, procs, &out);
	worker = child_of(process.pid, 2); /* the first child is the server */
	cr_assert(worker > 0);
	kill(worker, SIGKILL);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(
		&process, "download_procs: worker 1 ended too early, with signal 9 (Killed)\n");
	cr_expect_eq(count_in_errors(&process, ": its worker ended too early\n"), 20);
	hw_process_expect_output(&process, "0 of 20 pictures");
	cr_expect(hw_process_no_orphans(0), "something is left running");
	cr_expect_eq(hw_scratch_count(&out, ""), 0);
	hw_process_finish(&process);
	hw_scratch_finish(&out);
}

TEST_BOTH(usage_errors)
{
	static const struct {
		const char *first, *second;
		const char *message;
		int status;
	} cases[] = {
		{ "--count=0", NULL, "--count takes a number from 1 to 9999, not '0'", 2 },
		{ "--parallel=65", NULL, "--parallel takes a number from 1 to 64, not '65'", 2 },
		{ "--inverted", "--count=1", "--inverted needs two pictures", 2 },
		{ "--url=", NULL, "--url is empty", 2 },
		{ "file", NULL, "too many arguments: 'file'", 2 },
		{ "--out=/proc/none", NULL, "cannot create directory '/proc/none': ", 1 },
		{ "--out=/dev/null", NULL, "cannot write to '/dev/null': Not a directory\n", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hw_process process;
		char expected[256];

		hw_process_run(&process, HW_ARGUMENTS(program, cases[i].first, cases[i].second));
		snprintf(expected, sizeof(expected), "%s: %s", strrchr(program, '/') + 1,
			cases[i].message);
		cr_expect_eq(process.status, cases[i].status);
		hw_process_expect_errors(&process, expected);
		hw_process_expect_output(&process, "");
		hw_process_finish(&process);
	}
}

TEST_BOTH(help)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(program, "--help"));
	cr_expect_eq(process.status, 0);
	hw_process_expect_output(&process, "--inverted");
	hw_process_expect_output(&process, "Exit status:");
	hw_process_finish(&process);
}
