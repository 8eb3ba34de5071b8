/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_SCRIPT_H
#define HW_TESTS_E2E_SCRIPT_H

/*
 * Scripts: what each of a few threads does with a few objects, without any choice, and the
 * order in which all of it is done when it is recorded (tests/fixtures/oracle/script.c does it).
 *
 * As text, a script is words with spaces in between: the objects, the threads, and the order.
 * Each object is a character:
 *
 *   m   mutex
 *   r   rwlock of the default kind
 *   w   rwlock that prefers writers
 *   1-3 semaphore with so many units, that come back from who took them
 *   s   semaphore without units, that carries messages
 *
 * Each step of a thread is a letter and the number of an object, or of a thread:
 *
 *   L   lock: alone, or one unit       R   lock together with other readers
 *   T   a try that gets the lock       F   a try that does not
 *   U   unlock                         C   create a thread       J   join it
 *   P   post a message                 S   wait for one
 *
 * The order names a thread for each step. Thread 0 is the main thread.
 *
 * What a thread holds, and whatever else a state consists of, follows from how many steps each
 * thread has done: so that is the state, and besides, who has begun to wait in order to write,
 * since this stops readers of rwlocks that prefer writers. Tries end as they did when recorded;
 * states from which they could not are states in which they are not done yet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HW_SCRIPT_THREADS_MAX = 6, HW_SCRIPT_OBJECTS_MAX = 8, HW_SCRIPT_STEPS_MAX = 31 };

struct hw_script_step {
	char what;
	uint8_t number; /* of an object or, of C and J, a thread */
};

struct hw_script_thread {
	struct hw_script_step steps[HW_SCRIPT_STEPS_MAX];
	unsigned count;
};

struct hw_script {
	char kinds[HW_SCRIPT_OBJECTS_MAX + 1];
	unsigned object_count;
	struct hw_script_thread threads[HW_SCRIPT_THREADS_MAX];
	unsigned thread_count;
	uint8_t order[HW_SCRIPT_THREADS_MAX * HW_SCRIPT_STEPS_MAX];
	unsigned order_count;
};

struct hw_script_state {
	uint8_t done[HW_SCRIPT_THREADS_MAX]; /* steps of each thread */
	uint8_t writers;		     /* bits: threads that have begun to wait to write */
};

enum { HW_SCRIPT_TEXT_MAX = 1024 };

/* The script as text. */
void hw_script_print(const struct hw_script *script, char text[HW_SCRIPT_TEXT_MAX]);

/* Read such a text; the test fails when it is none. */
void hw_script_parse(const char *text, struct hw_script *ret_script);

/* The next step of a thread; NULL when it has not been created, or has ended. */
const struct hw_script_step *hw_script_next(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread);

/* Whether a thread can do its next step now. */
bool hw_script_can(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread);

/* Whether a thread can begin to wait, which changes the state. */
bool hw_script_can_wait(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread);

/* Do its next step, which it can do. */
void hw_script_do(struct hw_script_state *state, unsigned thread);

/*
 * Whether these threads (bits) all wait, and for nobody but each other: then they wait for
 * ever. A thread that cannot do a try does not wait.
 */
bool hw_script_hangs(
	const struct hw_script *script, const struct hw_script_state *state, unsigned threads);

/* Whether a thread holds an object. */
bool hw_script_holds(const struct hw_script *script, const struct hw_script_state *state,
	unsigned thread, unsigned object);

#endif
