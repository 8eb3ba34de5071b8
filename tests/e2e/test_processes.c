/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Programs of several processes. */

static int64_t process_of(const json_t *finding, size_t thread)
{
	return json_integer_value(json_object_get(
		json_array_get(json_object_get(finding, "threads"), thread), "process"));
}

Test(processes, a_cycle_whose_two_sides_are_two_processes)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;
	const json_t *finding;
	char folder[600];

	hw_recorded_init(&recorded);
	snprintf(folder, sizeof(folder), "%s/pictures", recorded.scratch.path);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", HW_BUILD_DIR "/demos/download_procs",
			"--inverted", "--count=8", "--parallel=4", "--out", folder));
	/* It may really hang, as --help says: then the finding is the deadlock itself. */
	report = hw_recorded_report(&recorded, false);
	finding = hw_recorded_finding(report, process.status == 124 ? "HW002" : "HW001");
	cr_assert_eq(json_array_size(json_object_get(finding, "objects")), 2,
		"an object is more than one node");
	cr_assert_neq(process_of(finding, 0), process_of(finding, 1));
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}
