/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_LAYOUT_H
#define HW_INTERPOSE_PYTHON_LAYOUT_H

/*
 * Where CPython keeps what we read, learned from the running interpreter.
 *
 * Its functions for debuggers (PyThreadState_GetFrame and so on, since 3.9) tell which frames a
 * thread has and what their code is called, but they make objects, and may be called with the
 * interpreter's lock only. So they are asked a few times, early on; then the
 * structures are searched for pointers that say the same: of all places, those are right by which
 * following the whole list of frames gives the same code objects to its end, and by which all of
 * these have the same names. Once one layout has explained several different stacks, it is
 * taken for right, and nothing of the interpreter is called but PyCode_Addr2Line, which only
 * reads. While it is searched, memory is read by the kernel, so that a wrong guess does no harm.
 */

#include "interpose/export.h"
#include "interpose/python_text.h"
#include "interpose/self.h"

/* Offsets in words, of what begins at a multiple of a word, or in bytes. */
struct hw_python_layout {
	int state_word;	 /* of a thread's state, to the innermost frame ... */
	int inner_word;	 /* ... or to what has it there; -1 for none */
	int code_word;	 /* of a frame: its code object; the two lowest bits are tags */
	int outer_word;	 /* the frame outside of it; 0 at the end */
	int at_bytes;	 /* where it is: a pointer into its code, or a number */
	int at_size;	 /* 8 for a pointer, 4 for a number */
	int at_unit;	 /* of a number: bytes */
	long first_bytes; /* of a code object: where its code begins, if that is pointed into */
	int file_word;	 /* names, which are string objects */
	int name_word;
	int line_bytes; /* the line at which it begins */
	uintptr_t code_type;
	struct hw_python_text_layout text;
};

/* What was learned; all zeroes until then. */
extern HW_HIDDEN struct hw_python_layout hw_python_layout;

static inline uintptr_t hw_python_word(uintptr_t address, int word)
{
	return ((const uintptr_t *)address)[word];
}

/* The code object of a frame. */
static inline uintptr_t hw_python_code(const struct hw_python_layout *layout, uintptr_t frame)
{
	return hw_python_word(frame, layout->code_word) & ~(uintptr_t)3;
}

/* Where in its code a frame is, as it is stored. */
static inline uintptr_t hw_python_place(const struct hw_python_layout *layout, uintptr_t frame)
{
	const char *at = (const char *)frame + layout->at_bytes;

	return layout->at_size == 8 ? *(const uintptr_t *)at : *(const uint32_t *)at;
}

/* The frame outside of a frame; 0 at the end. */
static inline uintptr_t hw_python_outer(const struct hw_python_layout *layout, uintptr_t frame)
{
	return hw_python_word(frame, layout->outer_word);
}

/* Functions of the interpreter; those that older versions lack are NULL. */
struct hw_python_api {
	int (*is_finalizing)(void); /* states of threads may be freed from then on */
	void *(*this_state)(void);
	void *(*current_state)(void); /* of whoever has the GIL */
	void *(*frame)(void *state);
	void *(*frame_back)(void *frame);
	void *(*frame_code)(void *frame);
	int (*frame_at)(void *frame); /* since 3.11 */
	int (*line)(void *code, int at_bytes);
	void *(*attribute)(void *object, const char *name);
	long (*number)(void *object);
	void *(*string)(const char *utf8);
	void (*release)(void *object);
	void *(*failed)(void); /* whether an exception is pending */
	void (*forgive)(void);
	int (*gc_enable)(void); /* since 3.10 */
	int (*gc_disable)(void);
};

/*
 * Learn from the stack of the calling thread, which has the GIL. True when `layout` now explains
 * it, and `*ret_is_certain` when it did so before for other stacks.
 */
bool hw_python_layout_learn(const struct hw_python_api *api, void *state,
	struct hw_python_layout *layout, bool *ret_is_certain);

#endif
