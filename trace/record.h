/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_RECORD_H
#define HW_TRACE_RECORD_H

/*
 * The log record: 16 bytes, what one thread did to one object.
 *
 *   when: time in clock ticks since the session began << 8 | op
 *   what: object << 32 | stack << 16 | detail
 *
 * A record is published by the store of `when`, which comes last and is never
 * 0; a reader stops at the first `when` that is 0. So a signal handler may
 * write whole records between two stores of the code it interrupted, and what
 * was published stays readable after SIGKILL.
 *
 * `object` is a number its process gave to the object (HW_OP_OBJECT defines it); it is
 * never given twice. `stack` names an entry of the thread's own table of call
 * stacks: HW_OP_STACK puts a stack into an entry, later records of the same thread
 * refer to it until the entry is overwritten. 0 means no stack. So a log is
 * read in order, thread by thread, as HPACK is (RFC 7541), and the traced
 * program keeps no table that grows.
 *
 * Some records are followed by payload: `detail` full records' worth of raw
 * words that belong to them. A group never crosses the end of a chunk.
 */

#include <stdint.h>

struct hw_record {
	uint64_t when;
	uint64_t what;
};

/* The numbers of events also stand in packed recordings (pack.h): they stay, new ones go last. */
enum hw_op {
	HW_OP_NONE = 0, /* not written yet */
	HW_OP_END,      /* the rest of this chunk is unused */

	/* Definitions; each with payload. */
	HW_OP_STACK,       /* object: frame count; payload: struct hw_stack_definition */
	HW_OP_OBJECT,      /* payload: struct hw_object_definition */
	HW_OP_MODULE,      /* payload: struct hw_module_definition */
	HW_OP_THREAD_NAME, /* payload: 16 bytes */

	/* What every kind of object knows. */
	HW_OP_INIT,
	HW_OP_DESTROY,
	HW_OP_WAIT,   /* found it taken; blocks until the LOCK, TAKE, FAIL ... that follows */
	HW_OP_FAIL,   /* the call returned without it; detail: errno */
	HW_OP_CANCEL, /* the wait was abandoned: cancellation, or longjmp out of it */

	HW_OP_LOCK, /* mutex, rwlock, spin; detail: HW_HOW_ bits */
	HW_OP_UNLOCK,
	HW_OP_TAKE, /* a unit of a semaphore; detail: HW_HOW_ bits */
	HW_OP_POST,

	HW_OP_SLEEP, /* begins to wait on a condition; its mutex was released just before */
	HW_OP_WAKE,  /* returned from it; the mutex is locked again just after */
	HW_OP_SIGNAL,
	HW_OP_BROADCAST,

	HW_OP_ARRIVE, /* at a barrier */
	HW_OP_LEAVE,

	HW_OP_ONCE_BEGIN, /* runs the initialiser of a once */
	HW_OP_ONCE_END,

	HW_OP_START,  /* of this thread; object: its own thread object */
	HW_OP_EXIT,   /* of this thread */
	HW_OP_CREATE, /* payload: the new thread's uid */
	HW_OP_JOIN,   /* object: the thread object */
	HW_OP_DETACH,
	HW_OP_FORK, /* payload: the child's process uid, 0 when it failed */
	HW_OP_EXEC, /* about to replace the program */
	HW_OP_REAP, /* the end of a child process was waited for; payload: its pid */

	HW_OP_COUNT,

	/* More definitions, apart from the events. */
	HW_OP_CODE = 128, /* object: its number; payload: struct hw_code_definition */
	HW_OP_NAME, /* of an object, that may be defined only later; payload: text, zero-padded */
	HW_OP_IGNORE, /* an object, that may be defined only later: nothing about it follows */
	HW_OP_ORDER, /* of two, that may be defined only later: the first; payload: the second */
	HW_OP_UNITS, /* object: how many units the WAIT or TAKE that comes next is about */
	HW_OP_ALSO, /* an object that the next call waits for with others; detail: units */
	HW_OP_GAP,  /* records of this thread were dropped here */
};

/*
 * `detail` of WAIT, LOCK, TAKE and DESTROY: how it was done. Of the POST of a semaphore of System V
 * it is the number of units, and of its INIT by semctl twice the number of units, plus 1.
 */
enum hw_how {
	HW_HOW_SHARED = 1,    /* read side of a rwlock */
	HW_HOW_TRY = 2,       /* would not have blocked */
	HW_HOW_TIMED = 4,     /* would not have blocked for ever */
	HW_HOW_REACQUIRE = 8, /* the mutex of a condition, after waking up */
	HW_HOW_OWNER_DEAD = 16, /* a robust mutex whose holder died */
	HW_HOW_FREED = 32,      /* of DESTROY: nobody said so, its memory was freed */
	HW_HOW_REFUSED = 64,    /* of DESTROY: it failed, as the object is in use */
	HW_HOW_MORE = 128,      /* of TAKE: got together with what the next TAKE is about */
	HW_HOW_UNDO = 256,      /* of TAKE: given back at the end of the process (SEM_UNDO) */
	HW_HOW_ZERO = 512,      /* of WAIT: for the end of all units; a LEAVE follows, no TAKE.
				   Of TAKE: got by ending that, and brings a unit itself */
};

enum hw_kind {
	HW_KIND_NONE = 0,
	HW_KIND_MUTEX,
	HW_KIND_RWLOCK,
	HW_KIND_SPIN,
	HW_KIND_COND,
	HW_KIND_BARRIER,
	HW_KIND_SEM,
	HW_KIND_ONCE,
	HW_KIND_THREAD,
	HW_KIND_COUNT
};

/* What is special about an object; `type` of its definition. */
enum hw_type {
	HW_TYPE_RECURSIVE = 1,
	HW_TYPE_ERRORCHECK = 2,
	HW_TYPE_ADAPTIVE = 4,
	HW_TYPE_ROBUST = 8,
	HW_TYPE_PRIO_INHERIT = 16,
	HW_TYPE_PRIO_PROTECT = 32,
	HW_TYPE_PREFER_WRITER = 64, /* rwlock, non-recursive: a waiting writer stops readers */
	HW_TYPE_SHARED = 128,       /* between processes; the key fields are filled */
	HW_TYPE_NAMED = 256,        /* by sem_open */
	HW_TYPE_INITIALISED = 512,  /* seen by an init call, not by its first use */
	HW_TYPE_PREFER_WRITER_RECURSIVE = 1024,
	HW_TYPE_GLIB = 2048, /* GMutex, GRecMutex, GRWLock, GCond */
	HW_TYPE_ANNOTATED = 4096, /* home-made, told of by holdwait(3); mutex until it is shared */
	HW_TYPE_SYSV = 8192, /* semaphore of System V, see hw_sysv_identify() */
};

/*
 * Payload of HW_OP_OBJECT. `what` carries its number and where it was created. It may end early:
 * what is missing is zeroes. Most objects are private, and have no name.
 */
struct hw_object_definition {
	uint64_t address;
	uint32_t kind;     /* enum hw_kind */
	uint32_t type;     /* enum hw_type bits */
	uint64_t capacity; /* semaphore: units at the start; barrier: threads; thread: its uid */
	uint64_t device;   /* of shared objects: what is mapped there, and where in it */
	uint64_t inode;
	uint64_t offset;
	char name[48]; /* of sem_open, zero-padded and possibly cut short */
};

/* Payload of HW_OP_ORDER: `what` carries the number of the object that comes first. */
struct hw_order_definition {
	uint64_t first_address;
	uint64_t second_address;
	uint32_t second; /* its number */
	uint32_t unused;
};

/*
 * Semaphores of System V are in no memory. Their sets are known by id in their IPC namespace, which
 * is an inode; `device` is none that there is.
 */
#define HW_SYSV_DEVICE UINT64_MAX

static inline void hw_sysv_identify(struct hw_object_definition *definition, uint32_t namespace,
	uint32_t set, uint32_t number)
{
	definition->device = HW_SYSV_DEVICE;
	definition->inode = (uint64_t)namespace << 32 | set;
	definition->offset = number;
}

/* Payload of HW_OP_STACK. */
struct hw_stack_definition {
	uint64_t signals;     /* with a handler that could interrupt there: 1 << (number - 1) */
	uint64_t addresses[]; /* return addresses, innermost first */
};

/*
 * Where the kernel called a signal handler, the upper bits of the return address are the number
 * of the signal, which addresses of programs leave free; the address that comes next is
 * of the instruction that was interrupted. Where it may have been another signal with the same
 * handler, the lowest of them is named, and HW_SIGNAL_OR_OTHER added.
 */
enum {
	HW_FRAME_SIGNAL_SHIFT = 57,
	HW_SIGNAL_OR_OTHER = 64,
	HW_SIGNAL_UNKNOWN = 127,
};

/*
 * Where an interpreter runs a function of a program, the address is that function's number, which
 * HW_OP_CODE defines for its process (0: one too many), and the line, with a bit that
 * addresses of programs leave free.
 */
enum { HW_FRAME_CODE_BIT = 56, HW_FRAME_CODE_SHIFT = 28 };

static inline uint64_t hw_frame_of_code(uint32_t number, uint32_t line)
{
	return 1ull << HW_FRAME_CODE_BIT | (uint64_t)number << HW_FRAME_CODE_SHIFT |
	       (line & ((1u << HW_FRAME_CODE_SHIFT) - 1));
}

/* Payload of HW_OP_CODE: a function of a program that is interpreted. */
struct hw_code_definition {
	uint32_t first_line;
	uint32_t file_bytes; /* the file's path follows, and the function's name; not terminated */
	uint32_t name_bytes;
	uint32_t unused;
};

/* Payload of HW_OP_MODULE. An address minus `bias` is a link-time address. */
struct hw_module_definition {
	uint64_t start;
	uint64_t end;
	uint64_t bias;
	uint8_t build_id[24];
	uint32_t build_id_bytes;
	uint32_t path_bytes; /* the path follows, not terminated, padded to full records */
};

/* In the place of an object: nothing is there any more, and only the range is told. */
#define HW_MODULE_CLOSED 1u

/* Entries of a thread's table of stacks, and the ones past it that hold for one record only. */
enum {
	HW_STACK_ENTRIES = 512,
	HW_STACK_TRANSIENT = HW_STACK_ENTRIES + 1, /* + the nesting depth of signal handlers */
	HW_STACK_TRANSIENT_COUNT = 16,
	HW_STACK_SLOTS = HW_STACK_TRANSIENT + HW_STACK_TRANSIENT_COUNT,
	HW_DEPTH_MAX = 128,
};

/* An unused word, so that a waiting slot can say "none" and an object number is never 0. */
#define HW_NO_OBJECT 0u

static inline uint64_t hw_record_when(uint64_t time_ticks, enum hw_op op)
{
	return time_ticks << 8 | (uint64_t)op;
}

/* `stack` has 16 bits; of `detail` so many are taken. */
static inline uint64_t hw_record_what(uint32_t object, uint32_t stack, uint32_t detail)
{
	return (uint64_t)object << 32 | (uint64_t)stack << 16 | (detail & 0xffff);
}

static inline uint64_t hw_record_time(const struct hw_record *r)
{
	return r->when >> 8;
}

static inline enum hw_op hw_record_op(const struct hw_record *r)
{
	return (enum hw_op)(r->when & 0xff);
}

static inline uint32_t hw_what_object(uint64_t what)
{
	return (uint32_t)(what >> 32);
}

static inline uint32_t hw_what_stack(uint64_t what)
{
	return (uint32_t)(what >> 16) & 0xffff;
}

static inline uint32_t hw_what_detail(uint64_t what)
{
	return (uint32_t)what & 0xffff;
}

/* How many records of payload follow a record; 0 for most. Only STACK counts in frames. */
static inline uint32_t hw_record_payload(const struct hw_record *r)
{
	switch (hw_record_op(r)) {
	case HW_OP_STACK:
		return (hw_what_object(r->what) + 2) / 2;
	case HW_OP_OBJECT:
	case HW_OP_MODULE:
	case HW_OP_THREAD_NAME:
	case HW_OP_CREATE:
	case HW_OP_FORK:
	case HW_OP_REAP:
	case HW_OP_CODE:
	case HW_OP_NAME:
	case HW_OP_ORDER:
		return hw_what_detail(r->what);
	default:
		return 0;
	}
}

#endif
