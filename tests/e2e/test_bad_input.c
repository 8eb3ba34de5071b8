/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whatever is wrong: one line, a hint, the documented exit status, and nothing is overwritten. */

static void expect_refusal(const char *const arguments[], int status, const char *message)
{
	struct hw_process process;
	char *errors, *hint;

	hw_process_run(&process, arguments);
	errors = hw_process_errors(&process);
	hint = strstr(errors, "\nhint: ");
	cr_expect_eq(process.status, status, "status %d of: %s", process.status, errors);
	cr_expect_not_null(strstr(errors, message), "no '%s' in: %s", message, errors);
	cr_expect_eq(strncmp(errors, "holdwait: ", 10), 0, "%s", errors);
	cr_expect(hint && strchr(hint + 1, '\n') == errors + strlen(errors) - 1,
		"not one line and one hint: %s", errors);
	free(errors);
	hw_process_finish(&process);
}

static void write_file(const struct hw_recorded *recorded, const char *text, size_t bytes)
{
	FILE *file = fopen(recorded->file, "w");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(text, 1, bytes, file), bytes);
	cr_assert_eq(fclose(file), 0);
}

Test(bad_input, unknown_verb)
{
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "reprot"), 2, "'reprot'");
}

Test(bad_input, more_words_than_a_verb_takes)
{
	static const struct {
		const char *verb, *message;
	} cases[] = { { "explain", "one topic at a time" }, { "help", "one verb at a time" },
		{ "graph", "two recordings, 'HW001' and 'HW002'" },
		{ "info", "two recordings, 'HW001' and 'HW002'" },
		{ "log", "two recordings, 'HW001' and 'HW002'" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hw_process process;

		hw_process_run(&process,
			HW_ARGUMENTS(HW_HOLDWAIT, cases[i].verb, "HW001", "HW002"));
		cr_expect_eq(process.status, 2, "%s: %d", cases[i].verb, process.status);
		hw_process_expect_errors(&process, cases[i].message);
		hw_process_finish(&process);
	}
}

Test(bad_input, missing_program)
{
	struct hw_recorded recorded;

	hw_recorded_init(&recorded);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", recorded.file, "no-such-program"),
		127, "'no-such-program'");
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", recorded.file, "./no/such/program"),
		127, "'./no/such/program'");
	cr_assert_eq(hw_scratch_count(&recorded.scratch, ""), 0);
	hw_recorded_finish(&recorded);
}

Test(bad_input, not_executable)
{
	struct hw_recorded recorded;
	char other[600];

	hw_recorded_init(&recorded);
	write_file(&recorded, "text\n", 5);
	snprintf(other, sizeof(other), "%s/other.db", recorded.scratch.path);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", other, recorded.file), 126,
		recorded.file);
	/* Executable by its bits, but neither a program nor a script. */
	cr_assert_eq(chmod(recorded.file, 0755), 0);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", other, recorded.file), 126,
		recorded.file);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", other, recorded.scratch.path), 126,
		recorded.scratch.path);
	hw_recorded_finish(&recorded);
}

Test(bad_input, static_program)
{
	struct hw_recorded recorded;

	hw_recorded_init(&recorded);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", recorded.file, 
			HW_BUILD_DIR "/tests/fixtures/static_program"),
		125, "statically linked");
	cr_assert_eq(hw_scratch_count(&recorded.scratch, ""), 0);
	hw_recorded_finish(&recorded);
}

Test(bad_input, file_that_is_no_recording)
{
	static const char text[] = "my thesis, the only copy of it, and longer than any header "
				   "of a database would ever be, to be on the safe side\n";
	struct hw_recorded recorded;
	unsigned char *kept;
	size_t bytes;

	hw_recorded_init(&recorded);
	write_file(&recorded, text, strlen(text));
	for (size_t i = 0; i < 4; i++) {
		static const char *const verbs[] = { "report", "graph", "log", "info" };

		expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, verbs[i], recorded.file), 2,
			recorded.file);
	}
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", recorded.file, "true"), 125,
		recorded.file);
	kept = hw_scratch_read(&recorded.scratch, "test.db", &bytes);
	cr_assert_eq(bytes, strlen(text));
	cr_assert_eq(memcmp(kept, text, bytes), 0, "the file was changed");
	free(kept);
	cr_assert_eq(hw_scratch_count(&recorded.scratch, ""), 1);
	hw_recorded_finish(&recorded);
}

Test(bad_input, missing_recording)
{
	struct hw_recorded recorded;

	hw_recorded_init(&recorded);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "report", recorded.file), 2, recorded.file);
	hw_recorded_finish(&recorded);
}

Test(bad_input, recording_of_a_newer_version)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS("true"));
	hw_process_finish(&process);
	hw_process_run(&process,
		HW_ARGUMENTS("sqlite3", recorded.file, "PRAGMA user_version = 1000"));
	hw_process_finish(&process);
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "report", recorded.file), 2, "newer");
	hw_recorded_finish(&recorded);
}

Test(bad_input, folder_that_cannot_be_written)
{
	struct hw_process process;

	/* Not even root can create a file there. */
	expect_refusal(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-o", "/proc/holdwait.db", "true"), 125,
		"/proc/holdwait.db");
	/* Without the launcher the program must not notice. */
	setenv("HOLDWAIT_FILE", "/proc/holdwait.db", 1);
	setenv("LD_PRELOAD", HW_LIBRARY, 1);
	hw_process_start(&process, HW_ARGUMENTS("sh", "-c", "echo unharmed; exit 3"));
	unsetenv("LD_PRELOAD");
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 3);
	cr_assert_str_eq(hw_process_output(&process), "unharmed\n");
	hw_process_expect_errors(&process, "/proc/holdwait.db");
	hw_process_finish(&process);
}

Test(bad_input, options_that_make_no_sense)
{
	static const char *const options[] = { "--depth=0", "--depth=many", "--events=mutes",
		"--follow=me", "-o%y" };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct hw_process process;

		hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "run", options[i], "true"));
		cr_expect_eq(process.status, 125, "%s: %d", options[i], process.status);
		hw_process_expect_errors(&process, "holdwait: ");
		hw_process_finish(&process);
	}
}
