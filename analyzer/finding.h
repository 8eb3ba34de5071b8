/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_FINDING_H
#define HW_ANALYZER_FINDING_H

/*
 * A finding: one thing wrong with the program's locking, ready to be told. What
 * a report says is all here, so every format says the same; what is only a
 * number here (threads, objects, stacks) is an index into the model.
 *
 * The threads of a deadlock, be it a possible one, are a ring: each waits for what the
 * next one holds, which is the first of that one's holds. After `ring_length` of them
 * come others that take part (keepers of units of a semaphore). Other findings have no ring:
 * first comes the thread that did something wrong, then who suffers from it, or who has declared
 * what it goes against.
 */

#include "analyzer/act.h"
#include "analyzer/cycle.h"
#include "analyzer/deadlock.h"
#include "analyzer/disorder.h"
#include "analyzer/inside.h"
#include "analyzer/interruption.h"
#include "analyzer/ruled_out.h"
#include "analyzer/stall.h"

enum hw_rule {
	HW_RULE_LOCK_ORDER = 1,	   /* HW001 */
	HW_RULE_DEADLOCK = 2,	   /* HW002 */
	HW_RULE_SELF_DEADLOCK = 3, /* HW003 */
	HW_RULE_STALL = 4,	   /* HW004 */
	HW_RULE_UNLOCK = 5,	   /* HW005 */
	HW_RULE_END_HOLDING = 6,   /* HW006 */
	HW_RULE_DESTROY_IN_USE = 7, /* HW007 */
	HW_RULE_WAIT_HOLDING = 8,  /* HW008 */
	HW_RULE_JOIN_HOLDING = 9,  /* HW009 */
	HW_RULE_INTERRUPTION = 10, /* HW010 */
	HW_RULE_INHERITED = 11,	   /* HW011 */
	HW_RULE_UNIT_LOST = 12,	   /* HW012 */
	HW_RULE_DECLARED = 13,	   /* HW013 */
};

/* From bad to harmless. Only what may become a deadlock needs a verdict; the rest just happened. */
enum hw_verdict {
	HW_VERDICT_DEADLOCK,
	HW_VERDICT_PREDICTED,
	HW_VERDICT_NONE,
	HW_VERDICT_POSSIBLE,
	HW_VERDICT_RULED_OUT,
};

/* A step of a schedule that ends in the deadlock. */
struct hw_witness_step {
	uint32_t thread;
	uint8_t op; /* enum hw_op */
	uint32_t object; /* HW_NONE for none */
	uint32_t stack;
	bool waits; /* one of the last ones: this wait does not end */
};

struct hw_finding_thread {
	uint32_t thread;
	struct hw_hold *holds; /* the one that matters first, then in the order of acquisition */
	uint32_t hold_count;
	bool held_before; /* it does not hold them any more */
	enum hw_act act;
	uint32_t object; /* what it waits for, or does something to; HW_NONE for nothing */
	uint32_t before; /* of HW_ACT_DECLARE: what `object` is declared to come before */
	uint32_t stack;	 /* where; of HW_ACT_END where the thread was created */
	bool shared;	 /* waits to read */
	bool bounded;	 /* waits for a limited time only */
	bool disorderly; /* goes against the declared order by that, which another finding tells */
};

struct hw_finding {
	enum hw_rule rule;
	enum hw_verdict verdict;
	enum hw_reason reason; /* of HW_VERDICT_RULED_OUT */
	const char *because;   /* likewise; else NULL */
	char id[12];
	uint64_t fingerprint;
	uint64_t ring; /* the fingerprint without the rule */
	const char *title;
	const char *help;
	const char **notes;
	uint32_t note_count;
	bool bounded;
	uint32_t instances;
	uint32_t *objects; /* what is waited for, and held, in the order of the ring */
	uint32_t object_count;
	struct hw_finding_thread *threads;
	uint32_t thread_count;
	uint32_t ring_length;
	uint32_t behind_count; /* threads that wait behind a deadlock */
	int64_t blocked_ns;    /* of HW004 */
	uint32_t wake_stack; /* of HW008: where the second thread would end the first one's wait */
	struct hw_witness_step *witness; /* of HW_VERDICT_PREDICTED: the whole schedule */
	uint32_t witness_count;
};

/* "HW001". */
const char *hw_finding_rule_name(enum hw_rule rule);

/* "predicted deadlock", "misuse": what kind of thing it is, in a word or two. */
const char *hw_finding_headline(const struct hw_finding *finding);

/* "deadlock", "predicted", "possible", "ruled-out"; NULL of HW_VERDICT_NONE. */
const char *hw_finding_verdict_name(enum hw_verdict verdict);

/* Tell of what was found; everything lives in `arena`. */
struct hw_finding hw_finding_of_cycle(const struct hw_model *model, const struct hw_steps *steps,
	const struct hw_cycle *cycle, struct hw_arena *arena);
/* A cycle that the recorded run leads to, by these threads; and one that it rules out. */
struct hw_finding hw_finding_of_prediction(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_cycle *cycle,
	const struct hw_step_taker *ring, struct hw_arena *arena);
struct hw_finding hw_finding_of_outlook(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_cycle *cycle, enum hw_reason reason,
	const char *because, struct hw_arena *arena);
struct hw_finding hw_finding_of_ruled_out(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_ruled_out *ruled_out, struct hw_arena *arena);
struct hw_finding hw_finding_of_deadlock(
	const struct hw_model *model, const struct hw_deadlock *deadlock, struct hw_arena *arena);
struct hw_finding hw_finding_of_stall(
	const struct hw_model *model, const struct hw_stall *stall, struct hw_arena *arena);
struct hw_finding hw_finding_of_inside(const struct hw_model *model,
	const struct hw_history *history, const struct hw_inside *inside, struct hw_arena *arena);
struct hw_finding hw_finding_of_misuse(
	const struct hw_model *model, const struct hw_misuse *misuse, struct hw_arena *arena);
struct hw_finding hw_finding_of_disorder(
	const struct hw_model *model, const struct hw_disorder *disorder, struct hw_arena *arena);
struct hw_finding hw_finding_of_interruption(const struct hw_model *model,
	const struct hw_interruption *interruption, struct hw_arena *arena);

/* A thread that waits by a dependency, for those who make findings. */
struct hw_finding_thread hw_finding_thread_of_dependency(
	const struct hw_model *model, const struct hw_step_taker *taker, struct hw_arena *arena);

/* The fingerprint of what is done to an object at one place, by whomever. */
uint64_t hw_finding_fingerprint_at(const struct hw_model *model, const char *rule, uint32_t object,
	uint32_t stack, struct hw_arena *arena);

/* Whether two findings are about the same objects, in whatever order. */
bool hw_finding_same_objects(const struct hw_finding *a, const struct hw_finding *b);

/* Order for sorting: worst first, then shortest (stalls: longest), then by id. */
int hw_finding_compare(const struct hw_finding *a, const struct hw_finding *b);

#endif
