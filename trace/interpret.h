/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_INTERPRET_H
#define HW_TRACE_INTERPRET_H

/*
 * What a record means: turns the records of one thread, in order, into changes of
 * the roster, of the order, and into event rows.
 */

#include "trace/clock.h"
#include "trace/order.h"
#include "trace/reader.h"
#include "trace/store.h"

/* A child that was announced by a fork or spawn, and has not registered yet. */
struct hw_expected {
	uint64_t uid; /* 0: known only by pid */
	pid_t pid;
	struct hw_process *parent;
	int64_t since_ns;
};

struct hw_interpreter {
	struct hw_roster *roster;
	struct hw_order *order;
	struct hw_store *store;
	const struct hw_clock *clock;
	struct hw_expected *expected;
	size_t expected_count, expected_capacity;
};

void hw_interpreter_finish(struct hw_interpreter *interpreter);

/* For hw_readers_preview: takes definitions of objects and modules in. */
bool hw_interpret_definition(void *interpreter, struct hw_reader *reader,
	const struct hw_record *record, uint64_t ticks, const struct hw_record *payload);

/* For hw_readers_round; false when the record names an object whose definition has not come yet. */
bool hw_interpret(void *interpreter, struct hw_reader *reader, const struct hw_record *record,
	uint64_t ticks, const struct hw_record *payload);

#endif
