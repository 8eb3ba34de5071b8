/* SPDX-License-Identifier: MIT */
#include "interpose/python_layout.h"

#include <string.h>

#include "interpose/python_peek.h"

/* How far into each structure is looked, and how many stacks have to be explained. */
enum {
	STATE_WORDS = 128,
	INNER_WORDS = 6,
	FRAME_WORDS = 20,
	CODE_WORDS = 48,
	SAMPLE_MAX = 8,
	SAMPLE_MIN = 3,
	STEPS_MAX = 64,
	FIRST_BYTES_MAX = 1024,
	CONFIRMATIONS = 4,
};

#define WORD_BYTES sizeof(uintptr_t)

/* What the interpreter says of the innermost frames of a thread. */
struct sample {
	uintptr_t state;
	uint32_t count;
	struct {
		uintptr_t code, file, name;
		int first_line, at_bytes;
	} all[SAMPLE_MAX];
	uintptr_t frames[SAMPLE_MAX]; /* where they are, as far as was found out */
};

/* An attribute that is a string; 0 when there is none. The code keeps it. */
static uintptr_t ask_text(const struct hw_python_api *api, uintptr_t code, const char *name)
{
	void *object = api->attribute((void *)code, name);

	if (object)
		api->release(object);
	return (uintptr_t)object;
}

static long ask_number(const struct hw_python_api *api, void *object, const char *name)
{
	void *number = api->attribute(object, name);
	long value = number ? api->number(number) : -1;

	if (number)
		api->release(number);
	return value;
}

static bool ask_frame(const struct hw_python_api *api, void *frame, struct sample *sample)
{
	void *code = api->frame_code(frame);
	uint32_t i = sample->count;

	if (!code)
		return false;
	/* The frame keeps it. */
	api->release(code);
	sample->all[i].code = (uintptr_t)code;
	sample->all[i].file = ask_text(api, (uintptr_t)code, "co_filename");
	sample->all[i].name = ask_text(api, (uintptr_t)code,
		api->frame_at ? "co_qualname" : "co_name");
	sample->all[i].first_line = (int)ask_number(api, code, "co_firstlineno");
	sample->all[i].at_bytes = api->frame_at ? api->frame_at(frame) :
						  (int)ask_number(api, frame, "f_lasti");
	sample->count++;
	return sample->all[i].file && sample->all[i].name;
}

static bool ask(const struct hw_python_api *api, void *state, struct sample *sample)
{
	bool collects, understood = true;
	void *frame;

	if (api->failed())
		return false;
	collects = api->gc_disable && api->gc_disable();
	frame = api->frame(state);
	sample->state = (uintptr_t)state;
	sample->count = 0;
	while (frame) {
		void *outer = api->frame_back(frame);

		if (understood && sample->count < SAMPLE_MAX)
			understood = ask_frame(api, frame, sample);
		api->release(frame);
		frame = outer;
	}
	if (api->failed())
		api->forgive();
	if (collects)
		api->gc_enable();
	return understood && sample->count >= SAMPLE_MIN;
}

/* Whether following `outer_word` from a frame meets the codes of the sample, in order. */
static bool follow(const struct hw_python_layout *layout, uintptr_t frame, struct sample *sample)
{
	uintptr_t words[FRAME_WORDS];
	uint32_t met = 0;

	for (int step = 0; frame && step < STEPS_MAX; step++) {
		if (!hw_python_peek(frame, words, sizeof(words)))
			return false;
		if (met < sample->count && (words[layout->code_word] & ~(uintptr_t)3) ==
						   sample->all[met].code)
			sample->frames[met++] = frame;
		else if (step == 0)
			return false;
		frame = words[layout->outer_word];
	}
	return met == sample->count;
}

/* Whether this may be the innermost frame, by any pair of words. */
static bool find_words(struct hw_python_layout *layout, uintptr_t frame, struct sample *sample)
{
	uintptr_t words[FRAME_WORDS];

	if (!hw_python_peek(frame, words, sizeof(words)))
		return false;
	for (int code = 0; code < FRAME_WORDS; code++) {
		if ((words[code] & ~(uintptr_t)3) != sample->all[0].code)
			continue;
		layout->code_word = code;
		for (int outer = 0; outer < FRAME_WORDS; outer++) {
			layout->outer_word = outer;
			if (outer != code && words[outer] && follow(layout, frame, sample))
				return true;
		}
	}
	return false;
}

static bool find_list(struct hw_python_layout *layout, struct sample *sample)
{
	uintptr_t words[STATE_WORDS], inner[INNER_WORDS];

	/* The state may be smaller; what lies behind it is read as well, or not at all. */
	if (!hw_python_peek(sample->state, words, sizeof(words)) &&
		!hw_python_peek(sample->state, words, sizeof(words) / 4))
		return false;
	for (int at = 0; at < STATE_WORDS; at++) {
		layout->state_word = at;
		layout->inner_word = -1;
		if (find_words(layout, words[at], sample))
			return true;
		if (!hw_python_peek(words[at], inner, sizeof(inner)))
			continue;
		for (int in = 0; in < INNER_WORDS; in++) {
			layout->inner_word = in;
			if (find_words(layout, inner[in], sample))
				return true;
		}
	}
	return false;
}

static bool is_list(const struct hw_python_layout *layout, struct sample *sample)
{
	uintptr_t frame;

	if (!hw_python_peek(sample->state + (uintptr_t)layout->state_word * WORD_BYTES, &frame,
		    sizeof(frame)))
		return false;
	if (layout->inner_word >= 0 &&
		!hw_python_peek(frame + (uintptr_t)layout->inner_word * WORD_BYTES, &frame,
			sizeof(frame)))
		return false;
	return follow(layout, frame, sample);
}

/* Whether a word of each frame points as far into its code as it says. */
static bool is_pointer(const struct hw_python_layout *layout, const struct sample *sample)
{
	for (uint32_t i = 0; i < sample->count; i++) {
		uintptr_t at, from = sample->frames[i] + (uintptr_t)layout->at_bytes;

		if (!hw_python_peek(from, &at, sizeof(at)) ||
			(long)(at - sample->all[i].code) - sample->all[i].at_bytes !=
				layout->first_bytes)
			return false;
	}
	return layout->first_bytes > 0 && layout->first_bytes < FIRST_BYTES_MAX;
}

static bool is_number(const struct hw_python_layout *layout, const struct sample *sample)
{
	for (uint32_t i = 0; i < sample->count; i++) {
		uintptr_t start = sample->frames[i] + (uintptr_t)layout->at_bytes / 8 * 8;
		int32_t numbers[2];

		if (!hw_python_peek(start, numbers, sizeof(numbers)) ||
			numbers[layout->at_bytes / 4 % 2] * layout->at_unit !=
				sample->all[i].at_bytes)
			return false;
	}
	return true;
}

static bool is_at(const struct hw_python_layout *layout, const struct sample *sample)
{
	return layout->at_size == 8 ? is_pointer(layout, sample) : is_number(layout, sample);
}

static bool find_at(struct hw_python_layout *layout, const struct sample *sample)
{
	uintptr_t words[FRAME_WORDS];

	if (!hw_python_peek(sample->frames[0], words, sizeof(words)))
		return false;
	layout->at_size = 8;
	for (int word = 0; word < FRAME_WORDS; word++) {
		layout->at_bytes = word * (int)WORD_BYTES;
		layout->first_bytes =
			(long)(words[word] - sample->all[0].code) - sample->all[0].at_bytes;
		if (is_pointer(layout, sample))
			return true;
	}
	layout->at_size = 4;
	for (int at = 0; at < FRAME_WORDS * (int)WORD_BYTES; at += 4)
		for (layout->at_unit = 1; layout->at_unit <= 2; layout->at_unit++) {
			layout->at_bytes = at;
			if (is_number(layout, sample))
				return true;
		}
	return false;
}

/* A word in which all code objects of the sample have what they should; -1 for none. */
static int find_in_code(const struct sample *sample, size_t first, size_t member, size_t size_bytes)
{
	char code[CODE_WORDS * WORD_BYTES];

	for (size_t at = first; at + size_bytes <= sizeof(code); at += size_bytes) {
		uint32_t same = 0;

		for (uint32_t i = 0; i < sample->count; i++)
			same += hw_python_peek(sample->all[i].code, code, sizeof(code)) &&
				!memcmp(code + at, (const char *)&sample->all[i] + member,
					size_bytes);
		if (same == sample->count)
			return (int)at;
	}
	return -1;
}

#define MEMBER(name) \
	(offsetof(struct sample, all[0].name) - offsetof(struct sample, all[0]))

static bool find_members(struct hw_python_layout *layout, const struct sample *sample)
{
	int file = find_in_code(sample, 0, MEMBER(file), WORD_BYTES);
	int name = find_in_code(sample, 0, MEMBER(name), WORD_BYTES);
	int line = find_in_code(sample, 2 * WORD_BYTES, MEMBER(first_line), sizeof(int));

	layout->file_word = file / (int)WORD_BYTES;
	layout->name_word = name / (int)WORD_BYTES;
	layout->line_bytes = line;
	return file >= 0 && name >= 0 && line >= 0;
}

static bool is_in_code(const struct sample *sample, int at, size_t member, size_t size_bytes)
{
	return find_in_code(sample, (size_t)at, member, size_bytes) == at;
}

static bool are_members(const struct hw_python_layout *layout, const struct sample *sample)
{
	return is_in_code(sample, layout->file_word * (int)WORD_BYTES, MEMBER(file),
		       WORD_BYTES) &&
	       is_in_code(sample, layout->name_word * (int)WORD_BYTES, MEMBER(name),
		       WORD_BYTES) &&
	       is_in_code(sample, layout->line_bytes, MEMBER(first_line), sizeof(int));
}

/* The interpreter makes a string of each kind, and frees it. */
static bool find_text(const struct hw_python_api *api, struct hw_python_layout *layout)
{
	uintptr_t strings[4];
	bool found;

	for (int i = 0; i < 4; i++)
		strings[i] = (uintptr_t)api->string(hw_python_text_samples[i]);
	found = hw_python_text_learn(strings, &layout->text);
	for (int i = 0; i < 4; i++)
		if (strings[i])
			api->release((void *)strings[i]);
	return found;
}

static bool find_code_type(struct hw_python_layout *layout, const struct sample *sample)
{
	uintptr_t words[2];

	if (!hw_python_peek(sample->all[0].code, words, sizeof(words)))
		return false;
	layout->code_type = words[1];
	return true;
}

static bool explains(const struct hw_python_layout *layout, struct sample *sample)
{
	return is_list(layout, sample) && is_at(layout, sample) && are_members(layout, sample);
}

static uint64_t hash_of(const struct sample *sample)
{
	uint64_t hash = sample->count;

	for (uint32_t i = 0; i < sample->count; i++)
		hash = (hash ^ sample->all[i].code ^ (uint64_t)sample->all[i].at_bytes << 48) *
			0x9e3779b97f4a7c15u;
	return hash;
}

bool hw_python_layout_learn(const struct hw_python_api *api, void *state,
	struct hw_python_layout *layout, bool *ret_is_certain)
{
	/* Whoever has the GIL is alone here. */
	static uint64_t explained[CONFIRMATIONS];
	static uint32_t explained_count;
	struct sample sample;
	uint64_t hash;

	*ret_is_certain = false;
	if (!ask(api, state, &sample))
		return false;
	hash = hash_of(&sample);
	for (uint32_t i = 0; i < explained_count; i++)
		if (explained[i] == hash)
			return true;
	if (!explained_count || !explains(layout, &sample)) {
		explained_count = 0;
		if (!find_list(layout, &sample) || !find_at(layout, &sample) ||
			!find_members(layout, &sample) || !find_code_type(layout, &sample) ||
			!find_text(api, layout))
			return false;
	}
	explained[explained_count++] = hash;
	*ret_is_certain = explained_count == CONFIRMATIONS;
	if (*ret_is_certain)
		explained_count = 0;
	return true;
}
