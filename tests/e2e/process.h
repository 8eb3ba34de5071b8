/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_PROCESS_H
#define HW_TESTS_E2E_PROCESS_H

/*
 * Programs that a test runs. What they print goes into two files in memory, so
 * that nobody has to read along; what they leave behind is killed when the test
 * ends. A program that does not end in time is not waited for.
 */

#include <stdbool.h>
#include <sys/types.h>

/* Long enough for a loaded machine; only a program that hangs takes so long. */
enum { HW_PROCESS_PATIENCE_S = 60 };

struct hw_process {
	pid_t pid;  /* 0 once it has been waited for */
	int output; /* its stdout, a file in memory */
	int errors; /* its stderr */
	int status; /* once it has ended: its exit status, or 128 and the signal */
};

/* Arguments for the functions below: the program and what it gets. */
#define HW_ARGUMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Start arguments[0], a path or a name in PATH; the array ends with NULL. The test fails if not. */
void hw_process_start(struct hw_process *process, const char *const arguments[]);

/* Wait for its end; false when it has not ended after so many seconds. */
bool hw_process_wait(struct hw_process *process, unsigned seconds);

/* Start it and wait for its end; the test fails when that takes too long. */
void hw_process_run(struct hw_process *process, const char *const arguments[]);

/* Start it and wait: what it prints, for free(). The test fails unless it ends with `status`. */
char *hw_process_text(int status, const char *const arguments[]);

/* All it has printed so far, for free(). */
char *hw_process_output(const struct hw_process *process);
char *hw_process_errors(const struct hw_process *process);

/* The test fails unless what it has printed contains `part`; "" is for nothing at all. */
void hw_process_expect_output(const struct hw_process *process, const char *part);
void hw_process_expect_errors(const struct hw_process *process, const char *part);

/* Kill it if it still runs, and forget what it printed. */
void hw_process_finish(struct hw_process *process);

/*
 * From now on orphans below this process become its children, instead of
 * init's. Then hw_process_no_orphans tells whether there is no child left,
 * which it waits for so many seconds; those that are left it kills.
 */
void hw_process_adopt_orphans(void);
bool hw_process_no_orphans(unsigned seconds);

#endif
