/* SPDX-License-Identifier: MIT */
#include "trace/reading.h"

#include <string.h>

#include "trace/inherit.h"
#include "trace/memory.h"

static uint64_t payload_word(const struct hw_reading *reading, size_t at)
{
	uint64_t word = 0;

	if ((at + 1) * sizeof(word) <= reading->payload_bytes)
		memcpy(&word, (const char *)reading->payload + at * sizeof(word), sizeof(word));
	return word;
}

void hw_reading_name_thread(const struct hw_reading *reading)
{
	const struct hw_object *object = reading->object;
	struct hw_thread *thread = object ? hw_roster_known_thread(reading->interpreter->roster,
						    object->thread_uid) :
					    NULL;

	if (!thread || reading->payload_bytes < sizeof(thread->name))
		return;
	memcpy(thread->name, reading->payload, sizeof(thread->name) - 1);
	thread->dirty = true;
}

void hw_reading_start_thread(const struct hw_reading *reading)
{
	struct hw_thread *thread = reading->thread;

	hw_roster_number_thread(thread);
	thread->object = reading->object;
	thread->start_ns = reading->time_ns;
	thread->dirty = true;
}

void hw_reading_end_thread(const struct hw_reading *reading)
{
	hw_misuse_end(&reading->interpreter->order->misuses, reading->interpreter->roster,
		reading->thread, false, reading->time_ns);
	reading->thread->end_ns = reading->time_ns;
	reading->thread->dirty = true;
}

/* Either side may come first: this record, or the thread's own slot. */
int64_t hw_reading_create_thread(const struct hw_reading *reading)
{
	struct hw_thread *created = hw_roster_thread(reading->interpreter->roster,
		reading->thread->process, payload_word(reading, 0));

	hw_roster_number_thread(created);
	created->creator = reading->thread;
	created->create_stack = reading->stack;
	created->dirty = true;
	return created->id;
}

int64_t hw_reading_expect_process(const struct hw_reading *reading)
{
	struct hw_interpreter *interpreter = reading->interpreter;
	struct hw_expected expected = { .uid = payload_word(reading, 0),
		.parent = reading->thread->process, .since_ns = reading->time_ns };
	struct hw_process *child;

	if (!expected.uid)
		expected.pid = (pid_t)payload_word(reading, 1);
	if (expected.uid ? !hw_roster_registered(interpreter->roster, expected.uid) :
			   !hw_roster_running(interpreter->roster, expected.pid)) {
		HW_GROW(interpreter->expected, interpreter->expected_count,
			interpreter->expected_capacity);
		interpreter->expected[interpreter->expected_count++] = expected;
	}
	if (!expected.uid)
		return 0;
	child = hw_roster_process(interpreter->roster, expected.uid);
	hw_inherit_fork(interpreter->roster, reading->thread, child);
	return child->id;
}

int64_t hw_reading_reap_process(const struct hw_reading *reading)
{
	const struct hw_roster *roster = reading->interpreter->roster;
	pid_t pid = (pid_t)payload_word(reading, 0);

	/* The newest: what this pid was given to before had ended before. */
	for (size_t i = roster->process_count; i-- > 0;) {
		struct hw_process *process = roster->processes[i];

		if (process->pid != pid)
			continue;
		process->reaped = true;
		return process->id;
	}
	return 0;
}
