/* SPDX-License-Identifier: MIT */
#include "interpose/python.h"

#include <dlfcn.h>
#include <string.h>

#include "interpose/log.h"
#include "interpose/module.h"
#include "interpose/python_layout.h"

enum {
	ATTEMPTS_MAX = 200, /* to learn, before it is given up */
	CODES_MAX = 1 << 14,
	PROBES_MAX = 64,
	TEXT_BYTES_MAX = 1000,
};

bool hw_python_is_seen;

static struct hw_python_api api;
static struct hw_module_range interpreter;
static struct hw_module_range state_of_all; /* _PyRuntime, where the GIL is */
static struct hw_python_layout layout;
static _Atomic bool is_learned;
static uint32_t attempts; /* with the GIL only */

/* Code objects by place, which is given to one for good; the lowest bit: it was logged. */
static _Atomic uint64_t codes[CODES_MAX];

static void *find(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

static bool find_functions(void)
{
	*(void **)&api.this_state = find("PyGILState_GetThisThreadState");
	if (!api.this_state)
		return false;
	*(void **)&api.is_finalizing = find("Py_IsFinalizing");
	if (!api.is_finalizing)
		*(void **)&api.is_finalizing = find("_Py_IsFinalizing");
	*(void **)&api.current_state = find("PyThreadState_GetUnchecked");
	if (!api.current_state)
		*(void **)&api.current_state = find("_PyThreadState_UncheckedGet");
	*(void **)&api.frame = find("PyThreadState_GetFrame");
	*(void **)&api.frame_back = find("PyFrame_GetBack");
	*(void **)&api.frame_code = find("PyFrame_GetCode");
	*(void **)&api.frame_at = find("PyFrame_GetLasti");
	*(void **)&api.line = find("PyCode_Addr2Line");
	*(void **)&api.attribute = find("PyObject_GetAttrString");
	*(void **)&api.number = find("PyLong_AsLong");
	*(void **)&api.string = find("PyUnicode_FromString");
	*(void **)&api.release = find("Py_DecRef");
	*(void **)&api.failed = find("PyErr_Occurred");
	*(void **)&api.forgive = find("PyErr_Clear");
	*(void **)&api.gc_enable = find("PyGC_Enable");
	*(void **)&api.gc_disable = find("PyGC_Disable");
	return api.is_finalizing && api.current_state && api.frame && api.frame_back &&
		api.frame_code && api.line && api.attribute && api.number && api.string &&
		api.release && api.failed && api.forgive;
}

static bool is_in(const struct hw_module_range *range, const void *address)
{
	return (uintptr_t)address - range->start < range->end - range->start;
}

static void find_state_of_all(void)
{
	const ElfW(Sym) *symbol = NULL;
	void *start = find("_PyRuntime");
	Dl_info info;

	if (start && dladdr1(start, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol)
		state_of_all = (struct hw_module_range){ (uintptr_t)start,
			(uintptr_t)start + symbol->st_size };
}

void hw_python_init(void)
{
	hw_python_is_seen = find_functions();
	if (!hw_python_is_seen)
		return;
	hw_module_range_of(*(void **)&api.this_state, &interpreter);
	find_state_of_all();
}

bool hw_python_is_internal(const void *address)
{
	return is_in(&state_of_all, address);
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
	hw_python_layout_learn(&api, state, &layout, &is_certain);
	hw_self_resume(self);
	atomic_store_explicit(&is_learned, is_certain, memory_order_release);
}

static uintptr_t word_at(uintptr_t address, int word)
{
	return ((const uintptr_t *)address)[word];
}

static uintptr_t innermost(void *state)
{
	uintptr_t frame = word_at((uintptr_t)state, layout.state_word);

	return frame && layout.inner_word >= 0 ? word_at(frame, layout.inner_word) : frame;
}

static uintptr_t place_in(uintptr_t frame)
{
	const char *at = (const char *)frame + layout.at_bytes;

	return layout.at_size == 8 ? *(const uintptr_t *)at : *(const uint32_t *)at;
}

void hw_python_walk(struct hw_self *self, const struct hw_call *call, uint32_t depth,
	struct hw_python_frames *ret_frames)
{
	void *state = api.is_finalizing() ? NULL : api.this_state();
	uintptr_t frame;

	ret_frames->count = 0;
	if (!state)
		return;
	if (__builtin_expect(!atomic_load_explicit(&is_learned, memory_order_acquire), 0)) {
		learn(self, call, state);
		return;
	}
	depth = depth < HW_PYTHON_FRAMES_MAX ? depth : HW_PYTHON_FRAMES_MAX;
	for (frame = innermost(state); frame && ret_frames->count < depth;
		frame = word_at(frame, layout.outer_word)) {
		ret_frames->all[ret_frames->count].code =
			word_at(frame, layout.code_word) & ~(uintptr_t)3;
		ret_frames->all[ret_frames->count++].at = place_in(frame);
	}
}

static bool is_code(uintptr_t code)
{
	return code && word_at(code, 1) == layout.code_type;
}

static uint32_t first_line_of(uintptr_t code)
{
	return *(const uint32_t *)(code + (uintptr_t)layout.line_bytes);
}

/* What a code object is known by. */
static uint64_t key_of(uintptr_t code)
{
	uint64_t key = code * 0x9e3779b97f4a7c15u;

	key = (key ^ key >> 29 ^ word_at(code, layout.file_word)) * 0x9e3779b97f4a7c15u;
	key = (key ^ key >> 29 ^ word_at(code, layout.name_word)) * 0x9e3779b97f4a7c15u;
	key = (key ^ key >> 29 ^ first_line_of(code)) * 0x9e3779b97f4a7c15u;
	return ((key ^ key >> 29) | 2) & ~1ull; /* 0 is an empty place */
}

static void log_code(struct hw_self *self, uint32_t number, uintptr_t code)
{
	struct {
		struct hw_code_definition definition;
		char text[2 * TEXT_BYTES_MAX];
	} code_object = { .definition.first_line = first_line_of(code) };
	struct hw_code_definition *definition = &code_object.definition;
	char *text = code_object.text;

	text += definition->file_bytes = hw_python_text_read(&layout.text,
		word_at(code, layout.file_word), text, TEXT_BYTES_MAX);
	text += definition->name_bytes = hw_python_text_read(&layout.text,
		word_at(code, layout.name_word), text, TEXT_BYTES_MAX);
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

static uint32_t line_of(uintptr_t code, uintptr_t at)
{
	long bytes = layout.at_size == 8 ? (long)(at - code) - layout.first_bytes :
					   (long)(int32_t)at * layout.at_unit;
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
	char file[16];
	uint32_t bytes;

	if (!is_code(code))
		return false;
	bytes = hw_python_text_read(&layout.text, word_at(code, layout.file_word), file,
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
				line_of(code, frames->all[i].at));
	}
	return count;
}
