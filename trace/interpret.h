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

/* A definition of the round to come; its payload is still in the log. */
struct hw_defined {
	uint64_t ticks;
	size_t sequence;
	struct hw_process *process;
	struct hw_record record;
	const struct hw_record *payload;
};

struct hw_interpreter {
	struct hw_roster *roster;
	struct hw_order *order;
	struct hw_store *store;
	const struct hw_clock *clock;
	uint32_t kinds; /* 1 << enum hw_kind for each kind that gets event rows */
	struct hw_expected *expected;
	size_t expected_count, expected_capacity;
	struct hw_defined *defined;
	size_t defined_count, defined_capacity;
	struct hw_packer *packer;    /* the store's, for deed.h, as is `known` */
	struct hw_known_deed *known;
	uint64_t ignored_count;  /* objects that programs asked to leave out */
	uint64_t now_ticks;      /* when the round began */
	uint64_t missing_ticks;  /* since when a definition is waited for; 0 when none is */
	uint64_t patience_ticks; /* how long it is waited for */
};

void hw_interpreter_finish(struct hw_interpreter *interpreter);

/*
 * Definitions of objects and modules are taken in before the round that uses them, because
 * the clocks of two CPUs may differ by a little. First, for hw_readers_preview, they are
 * noted; then applied in the order of their times, so that a shared object is known
 * by its init call before another process uses it.
 */
bool hw_interpret_definition(void *interpreter, struct hw_reader *reader,
	struct hw_record record, uint64_t ticks, const struct hw_record *payload);

void hw_interpret_definitions(struct hw_interpreter *interpreter);

/* One definition, now; for those that nobody could see beforehand. */
void hw_interpret_define(struct hw_interpreter *interpreter, const struct hw_defined *defined);

/* For hw_readers_round; false when it names an object whose definition has not come yet. */
bool hw_interpret(void *interpreter, struct hw_reader *reader, struct hw_record record,
	uint64_t ticks, const struct hw_record *payload);

#endif
