/* SPDX-License-Identifier: MIT */
#include "interpose/python.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "interpose/log.h"
#include "interpose/memo.h"
#include "interpose/python_layout.h"
#include "interpose/symbol.h"

enum {
	ATTEMPTS_MAX = 200, /* to learn, before it is given up */
	CODES_MAX = 1 << 14,
	PROBES_MAX = 64,
	TEXT_BYTES_MAX = 1000,
};

_Atomic bool hw_python_is_seen;
struct hw_python_layout hw_python_layout;

static struct hw_python_api api;
static struct hw_module_range interpreter;
static const char *interpreter_path;
static _Atomic bool is_met, is_kept;

/* _PyRuntime, where the GIL is. */
static _Atomic uintptr_t state_of_all;
static _Atomic size_t state_bytes;
static _Atomic bool is_learned;
static uint32_t attempts; /* with the GIL only */

/* Code objects by place, which is given to one for good; the lowest bit: it was logged. */
static _Atomic uint64_t codes[CODES_MAX];

static bool find_functions(const struct hw_module_headers *module,
	struct hw_python_api *ret_api)
{
	struct hw_python_api it;
	const struct {
		void *place;
		const char *name, *older_name;
	} functions[] = {
		{ &it.this_state, "PyGILState_GetThisThreadState", NULL },
		{ &it.is_finalizing, "Py_IsFinalizing", "_Py_IsFinalizing" },
		{ &it.current_state, "PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet" },
		{ &it.frame, "PyThreadState_GetFrame", NULL },
		{ &it.frame_back, "PyFrame_GetBack", NULL },
		{ &it.frame_code, "PyFrame_GetCode", NULL },
		{ &it.frame_at, "PyFrame_GetLasti", NULL },
		{ &it.line, "PyCode_Addr2Line", NULL },
		{ &it.attribute, "PyObject_GetAttrString", NULL },
		{ &it.number, "PyLong_AsLong", NULL },
		{ &it.string, "PyUnicode_FromString", NULL },
		{ &it.release, "Py_DecRef", NULL },
		{ &it.failed, "PyErr_Occurred", NULL },
		{ &it.forgive, "PyErr_Clear", NULL },
		{ &it.gc_enable, "PyGC_Enable", NULL },
		{ &it.gc_disable, "PyGC_Disable", NULL },
	};
	size_t bytes;

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *found = hw_symbol_find(module, functions[i].name, &bytes);

		if (!found && functions[i].older_name)
			found = hw_symbol_find(module, functions[i].older_name, &bytes);
		*(void **)functions[i].place = found;
	}
	*ret_api = it;
	return it.this_state && it.is_finalizing && it.current_state && it.frame &&
		it.frame_back && it.frame_code && it.line && it.attribute && it.number &&
		it.string && it.release && it.failed && it.forgive;
}

static bool is_in(const struct hw_module_range *range, const void *address)
{
	return (uintptr_t)address - range->start < range->end - range->start;
}

void hw_python_meet(const struct hw_module_headers *module)
{
	struct hw_python_api found;
	size_t bytes;
	void *state;

	/* Older ones have the first of the functions, and not all. */
	if (!hw_log_session->python || atomic_load(&is_met) ||
		!hw_symbol_find(module, "PyGILState_GetThisThreadState", &bytes) ||
		!find_functions(module, &found) || atomic_exchange(&is_met, true))
		return;
	api = found;
	hw_module_range_of(*(void **)&api.this_state, &interpreter);
	interpreter_path = module->path;
	state = hw_symbol_find(module, "_PyRuntime", &bytes);
	if (state) {
		/* In this order: whoever sees one without the other takes nothing for a part. */
		atomic_store(&state_of_all, (uintptr_t)state);
		atomic_store(&state_bytes, bytes);
	}
	atomic_store(&hw_python_is_seen, true);
	/* Stacks that were remembered say nothing of the functions that it runs. */
	hw_memo_forget();
}

/* The lock of the dynamic linker that this takes is taken by the call that closes, too. */
void hw_python_keep(void)
{
	int saved_errno = errno;

	if (!atomic_load(&hw_python_is_seen) || hw_module_stays(*(void **)&api.this_state) ||
		atomic_exchange(&is_kept, true))
		return;
	hw_self_pause(&hw_self);
	if (!dlopen(interpreter_path, RTLD_LAZY | RTLD_NOLOAD))
		atomic_store(&hw_python_is_seen, false);
	hw_self_resume(&hw_self);
	errno = saved_errno;
}

bool hw_python_is_internal(const void *address)
{
	return (uintptr_t)address - atomic_load_explicit(&state_of_all, memory_order_relaxed) <
	       atomic_load_explicit(&state_bytes, memory_order_relaxed);
}

void hw_python_forked(void)
{
	for (int i = 0; i < CODES_MAX; i++)
		atomic_store_explicit(&codes[i], 0, memory_order_relaxed);
}

/*
 * Only where the interpreter itself calls, with the GIL: there it could as well run Python code, so
 * it can be asked.
 */
static void learn(struct hw_self *self, const struct hw_call *call, void *state)
{
	bool is_certain = false;

	if (!is_in(&interpreter, call->from) || api.current_state() != state)
		return;
	if (attempts++ > ATTEMPTS_MAX) {
		hw_python_is_seen = false;
		return;
	}
	hw_self_pause(self);
	hw_python_layout_learn(&api, state, &hw_python_layout, &is_certain);
	hw_self_resume(self);
	atomic_store_explicit(&is_learned, is_certain, memory_order_release);
}

uintptr_t hw_python_innermost(struct hw_self *self, const struct hw_call *call)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	void *state = api.is_finalizing() ? NULL : api.this_state();
	uintptr_t frame;

	if (!state)
		return 0;
	if (__builtin_expect(!atomic_load_explicit(&is_learned, memory_order_acquire), 0)) {
		learn(self, call, state);
		return 0;
	}
	frame = hw_python_word((uintptr_t)state, layout->state_word);
	return frame && layout->inner_word >= 0 ? hw_python_word(frame, layout->inner_word) :
						  frame;
}

void hw_python_walk(uintptr_t innermost, uint32_t depth, struct hw_python_frames *ret_frames)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	uintptr_t frame = innermost;
	uint32_t count = 0;

	depth = depth < HW_PYTHON_FRAMES_MAX ? depth : HW_PYTHON_FRAMES_MAX;
	for (; frame && count < depth; frame = hw_python_outer(layout, frame))
		ret_frames->all[count++] = (struct hw_python_frame){ .address = frame,
			.code = hw_python_code(layout, frame),
			.place = hw_python_place(layout, frame) };
	ret_frames->count = count;
	ret_frames->outer = frame;
}

static bool is_code(uintptr_t code)
{
	return code && hw_python_word(code, 1) == hw_python_layout.code_type;
}

static uint32_t first_line_of(uintptr_t code)
{
	return *(const uint32_t *)(code + (uintptr_t)hw_python_layout.line_bytes);
}

/* What a code object is known by. */
static uint64_t key_of(uintptr_t code)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	uint64_t key = code * 0x9e3779b97f4a7c15u;

	key = (key ^ key >> 29 ^ hw_python_word(code, layout->file_word)) * 0x9e3779b97f4a7c15u;
	key = (key ^ key >> 29 ^ hw_python_word(code, layout->name_word)) * 0x9e3779b97f4a7c15u;
	key = (key ^ key >> 29 ^ first_line_of(code)) * 0x9e3779b97f4a7c15u;
	return ((key ^ key >> 29) | 2) & ~1ull; /* 0 is an empty place */
}

static void log_code(struct hw_self *self, uint32_t number, uintptr_t code)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	struct {
		struct hw_code_definition definition;
		char text[2 * TEXT_BYTES_MAX];
	} code_object = { .definition.first_line = first_line_of(code) };
	struct hw_code_definition *definition = &code_object.definition;
	char *text = code_object.text;

	text += definition->file_bytes = hw_python_text_read(&layout->text,
		hw_python_word(code, layout->file_word), text, TEXT_BYTES_MAX);
	text += definition->name_bytes = hw_python_text_read(&layout->text,
		hw_python_word(code, layout->name_word), text, TEXT_BYTES_MAX);
	hw_log_add_payload(self, HW_OP_CODE, number, 0, &code_object,
		(uint32_t)(text - (char *)&code_object));
}

/* The number of a code object, which is logged unless it was; 0 when there are too many. */
static uint32_t number_of(struct hw_self *self, uintptr_t code)
{
	uint64_t key = key_of(code);

	for (uint32_t probe = 0; probe < PROBES_MAX; probe++) {
		uint32_t at = (uint32_t)((key >> 32) + probe) % CODES_MAX;
		uint64_t seen = atomic_load_explicit(&codes[at], memory_order_relaxed);

		if (!seen && atomic_compare_exchange_strong(&codes[at], &seen, key))
			seen = key;
		if ((seen & ~1ull) != key)
			continue;
		/* Whoever else logs it just now may come too late for this stack. */
		if (!(seen & 1))
			log_code(self, at + 1, code);
		atomic_store_explicit(&codes[at], key | 1, memory_order_relaxed);
		return at + 1;
	}
	return 0;
}

static uint32_t line_of(uintptr_t code, uintptr_t place)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	long bytes = layout->at_size == 8 ? (long)(place - code) - layout->first_bytes :
					    (long)(int32_t)place * layout->at_unit;
	int line = api.line((void *)code, (int)bytes);

	return line > 0 ? (uint32_t)line : first_line_of(code) + !first_line_of(code);
}

/*
 * What is on the list for the interpreter's own ends has no code, or code that is called after no
 * file: "<shim>", and since 3.13 "__init__" round the __init__ of a class.
 */
static bool is_programs(uintptr_t code)
{
	static const char *const files[] = { "<shim>", "__init__" };
	const struct hw_python_layout *layout = &hw_python_layout;
	char file[16];
	uint32_t bytes;

	if (!is_code(code))
		return false;
	bytes = hw_python_text_read(&layout->text, hw_python_word(code, layout->file_word), file,
		sizeof(file));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (bytes == strlen(files[i]) && !memcmp(file, files[i], bytes))
			return false;
	return true;
}

uint32_t hw_python_log(struct hw_self *self, const struct hw_python_frames *frames,
	void **ret_addresses)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < frames->count; i++) {
		uintptr_t code = frames->all[i].code;

		if (is_programs(code))
			ret_addresses[count++] = (void *)hw_frame_of_code(number_of(self, code),
				line_of(code, frames->all[i].place));
	}
	return count;
}
