/* SPDX-License-Identifier: MIT */
#include "trace/interpret.h"

#include <stdlib.h>
#include <string.h>

#include "trace/deed.h"
#include "trace/gap.h"
#include "trace/inherit.h"
#include "trace/memory.h"
#include "trace/script.h"

void hw_interpreter_finish(struct hw_interpreter *interpreter)
{
	free(interpreter->expected);
	free(interpreter->defined);
	free(interpreter->known);
}

static void define_stack(const struct hw_reading *reading, const struct hw_record *record)
{
	uint64_t words[1 + HW_DEPTH_MAX]; /* struct hw_stack_definition */
	size_t count = hw_what_object(record->what);
	uint32_t slot = hw_what_stack(record->what);

	if (count > HW_DEPTH_MAX || slot >= HW_STACK_SLOTS)
		return;
	memcpy(words, reading->payload, (1 + count) * sizeof(words[0]));
	reading->thread->stacks[slot] = hw_roster_stack(reading->interpreter->roster,
		reading->thread->process, hw_record_time(record), words[0], words + 1, count);
}

/* The preview made the object; where and when it was created is known only now, in order. */
static void complete_object(const struct hw_reading *reading)
{
	struct hw_object *object = reading->object;

	if (!object || object->create_ns >= 0)
		return;
	object->create_ns = reading->time_ns;
	object->create_stack = reading->stack;
	object->foreign |= object->kind == HW_KIND_SEM &&
		hw_script_makes_end(reading->interpreter->roster, reading->stack);
	object->dirty = true;
	hw_inherit_object(reading->interpreter->order, reading->thread->process, object,
		reading->time_ns);
}

/* Whether the kind of the event was asked for; objects of other kinds are not even logged. */
static bool has_row(const struct hw_reading *reading)
{
	if (reading->interpreter->kinds & 1u << HW_KIND_THREAD)
		return true;
	switch (reading->op) {
	case HW_OP_START:
	case HW_OP_EXIT:
	case HW_OP_CREATE:
	case HW_OP_FORK:
	case HW_OP_EXEC:
	case HW_OP_REAP:
		return false;
	default:
		return reading->object;
	}
}

/* What other threads did to it at that time may follow: it is dropped. */
static void ignore_object(const struct hw_reading *reading, uint32_t number)
{
	struct hw_interpreter *interpreter = reading->interpreter;
	struct hw_object *object = hw_roster_object(reading->thread->process, number);

	interpreter->ignored_count++;
	if (!object || object->ignored)
		return;
	hw_order_forget(interpreter->order, object, reading->time_ns);
	object->ignored = true;
}

static void declare_order(const struct hw_reading *reading, const struct hw_record *record)
{
	uint32_t number = hw_what_object(record->what);
	uint64_t ticks = hw_record_time(record);
	struct hw_interpreter *interpreter = reading->interpreter;
	struct hw_process *process = reading->thread->process;
	struct hw_order_definition definition;

	if (reading->payload_bytes < sizeof(definition))
		return;
	memcpy(&definition, reading->payload, sizeof(definition));
	if (number && definition.second)
		hw_declared_add(&interpreter->order->declarations, reading->thread,
			hw_roster_expect(interpreter->roster, process, ticks, number,
				definition.first_address),
			hw_roster_expect(interpreter->roster, process, ticks, definition.second,
				definition.second_address),
			reading->stack, reading->time_ns);
}

static void apply(const struct hw_reading *reading)
{
	int64_t result = 0;

	switch (reading->op) {
	case HW_OP_START:
		hw_reading_start_thread(reading);
		break;
	case HW_OP_EXIT:
		hw_reading_end_thread(reading);
		break;
	case HW_OP_CREATE:
		result = hw_reading_create_thread(reading);
		break;
	case HW_OP_FORK:
		result = hw_reading_expect_process(reading);
		break;
	case HW_OP_REAP:
		result = hw_reading_reap_process(reading);
		break;
	default:
		if (reading->object && reading->object->ignored)
			return;
		result = reading->object ? hw_deed(reading) : hw_deed_result(reading);
		break;
	}
	if (has_row(reading))
		hw_deed_store(reading, result);
}

/* The object of a record; false when its definition may still come. */
static bool find_object(struct hw_reading *reading, uint32_t number)
{
	struct hw_interpreter *interpreter = reading->interpreter;
	struct hw_process *process = reading->thread->process;

	if (!number)
		return true;
	reading->object = hw_roster_object(process, number);
	if (!reading->object && !process->gone) {
		if (!interpreter->missing_ticks)
			interpreter->missing_ticks = interpreter->now_ticks;
		if (interpreter->now_ticks - interpreter->missing_ticks <
			interpreter->patience_ticks)
			return false;
	}
	interpreter->missing_ticks = 0;
	if (!reading->object)
		reading->object = hw_roster_undefined(interpreter->roster, process, number);
	return true;
}

bool hw_interpret(void *context, struct hw_reader *reader, struct hw_record record,
	uint64_t ticks, const struct hw_record *payload)
{
	struct hw_interpreter *interpreter = context;
	struct hw_reading reading = { .interpreter = interpreter, .thread = reader->thread,
		.op = hw_record_op(&record), .detail = hw_what_detail(record.what),
		.time_ns = hw_clock_ns(interpreter->clock, ticks), .payload = payload,
		.payload_bytes = hw_record_payload(&record) * sizeof(record) };
	uint32_t slot = hw_what_stack(record.what);

	if (reading.op == HW_OP_STACK) {
		define_stack(&reading, &record);
		return true;
	}
	/* Behind a hole there may be definitions that nobody could see beforehand. */
	if (reading.op == HW_OP_MODULE || reading.op == HW_OP_OBJECT ||
		reading.op == HW_OP_CODE || reading.op == HW_OP_NAME)
		hw_interpret_define(interpreter,
			&(struct hw_defined){ .process = reader->thread->process,
				.record = record,
				.payload = payload });
	if (reading.op == HW_OP_MODULE || reading.op == HW_OP_CODE || reading.op == HW_OP_NAME)
		return true;
	if (reading.op == HW_OP_UNITS) {
		reader->thread->units = hw_what_object(record.what);
		return true;
	}
	if (reading.op == HW_OP_GAP) {
		hw_gap_forget(reader->thread);
		return true;
	}
	if (reading.op == HW_OP_IGNORE) {
		ignore_object(&reading, hw_what_object(record.what));
		return true;
	}
	reading.stack = slot < HW_STACK_SLOTS ? reader->thread->stacks[slot] : 0;
	if (reading.op == HW_OP_ORDER) {
		declare_order(&reading, &record);
		return true;
	}
	if (!find_object(&reading, hw_what_object(record.what)))
		return false;
	if (reading.op == HW_OP_OBJECT)
		complete_object(&reading);
	else if (reading.op == HW_OP_ALSO)
		hw_units_await(reading.thread, reading.object, reading.detail);
	else if (reading.op == HW_OP_THREAD_NAME)
		hw_reading_name_thread(&reading);
	else
		apply(&reading);
	return true;
}
