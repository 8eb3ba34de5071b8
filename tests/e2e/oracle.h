/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_ORACLE_H
#define HW_TESTS_E2E_ORACLE_H

/*
 * An oracle: knows of a script in which ways it can hang, by trying all (script_hangs.h), and
 * compares that with what holdwait says after it has seen the script done in one order:
 *
 *   predicted   the witness can be done step by step, and ends with its threads waiting for
 *               each other for ever
 *   ruled out   nothing hangs in this ring, unless there is a finding about it from other places
 *   silence     whatever can hang is predicted or called possible; a finding about the same
 *               waits is enough, whichever threads it names
 */

#include "tests/e2e/script.h"

struct hw_oracle_count {
	unsigned scripts;
	unsigned predicted, possible, ruled_out; /* findings */
	unsigned hangs;			 /* ways to hang, by the oracle */
	unsigned foreseen;		 /* of these, those that were predicted */
};

enum { HW_ORACLE_WRONG_MAX = 256 };

/*
 * Record the script and compare; counts are added up. False, and in `ret_wrong` what it is,
 * when holdwait is wrong. The test fails when the script cannot be recorded.
 */
bool hw_oracle_agrees(const struct hw_script *script, struct hw_oracle_count *count,
	char ret_wrong[HW_ORACLE_WRONG_MAX]);

#endif
