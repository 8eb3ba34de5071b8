/* SPDX-License-Identifier: MIT */
#include "interpose/cfi_entry.h"

#include <dlfcn.h>

/* How pointers are written (LSB Core, 10.5). */
enum {
	ENCODING_ABSOLUTE = 0x00,
	ENCODING_RELATIVE_4 = 0x1b, /* to where it stands */
	ENCODING_RELATIVE_8 = 0x1c,
	ENCODING_TABLE = 0x3b, /* to the header, 4 bytes */
	ENCODING_OMITTED = 0xff,
	ENCODING_FORMAT_MASK = 7,
	ENCODING_FORMAT_4 = 3,
};

enum { ENTRY_MAX_BYTES = 1 << 20, REGISTER_RETURN = 16 };

/* Begins .eh_frame_hdr; the functions are sorted by address. */
struct index {
	uint8_t version;
	uint8_t frame_encoding;
	uint8_t count_encoding;
	uint8_t table_encoding;
	int32_t frame;
	uint32_t count;
	struct place {
		int32_t function; /* both from the beginning of the index */
		int32_t entry;
	} table[];
};

enum { COUNT_ENCODING = 0x03 };

static int (*find_object)(void *, struct dl_find_object *);

void hw_cfi_entry_init(void)
{
	*(void **)&find_object = dlsym(RTLD_DEFAULT, "_dl_find_object");
}

uint64_t hw_cfi_read_pointer(struct hw_cfi_reader *reader, uint8_t encoding)
{
	uint64_t here = (uintptr_t)reader->at;

	switch (encoding) {
	case ENCODING_ABSOLUTE:
		return hw_cfi_read(reader, 8);
	case ENCODING_RELATIVE_4:
		return here + (uint64_t)(int64_t)(int32_t)hw_cfi_read(reader, 4);
	case ENCODING_RELATIVE_8:
		return here + hw_cfi_read(reader, 8);
	default:
		reader->overrun = true;
		return 0;
	}
}

/* What is in an entry, behind its length; empty when there is none that could be one. */
static struct hw_cfi_reader contents(const uint8_t *at, const struct dl_find_object *object)
{
	struct hw_cfi_reader reader = { at, object->dlfo_map_end, false };
	uint64_t bytes;

	if (at < (const uint8_t *)object->dlfo_map_start || at >= reader.end)
		reader.end = reader.at;
	bytes = hw_cfi_read(&reader, 4);
	if (bytes > ENTRY_MAX_BYTES || bytes > (uint64_t)(reader.end - reader.at))
		reader.overrun = true;
	else
		reader.end = reader.at + bytes;
	return reader;
}

static void skip_handler(struct hw_cfi_reader *reader)
{
	uint64_t encoding = hw_cfi_read(reader, 1);

	if (encoding != ENCODING_OMITTED)
		hw_cfi_skip(reader,
			(encoding & ENCODING_FORMAT_MASK) == ENCODING_FORMAT_4 ? 4 : 8);
}

/* What comes next, as many bytes as it says; the reader goes on behind it. */
static struct hw_cfi_reader augmentation(struct hw_cfi_reader *reader)
{
	uint64_t bytes = hw_cfi_read_unsigned(reader);
	struct hw_cfi_reader inner = *reader;

	hw_cfi_skip(reader, bytes);
	inner.end = reader->at;
	return inner;
}

/* Each letter tells of one thing, in the same order. */
static bool read_augmentation(struct hw_cfi_reader *reader, const char *letters,
	struct hw_cfi_entry *entry)
{
	struct hw_cfi_reader inner;

	entry->is_augmented = letters[0] == 'z';
	if (!entry->is_augmented)
		return letters[0] == '\0';
	inner = augmentation(reader);
	for (letters++; *letters; letters++) {
		if (*letters == 'L')
			hw_cfi_read(&inner, 1);
		else if (*letters == 'P')
			skip_handler(&inner);
		else if (*letters == 'R')
			entry->encoding = (uint8_t)hw_cfi_read(&inner, 1);
		else if (*letters == 'S')
			entry->is_signal = true;
		else
			return false;
	}
	return !inner.overrun;
}

/* The common information entry: what many functions have in common. */
static bool read_common(const uint8_t *at, const struct dl_find_object *object,
	struct hw_cfi_entry *entry)
{
	struct hw_cfi_reader reader = contents(at, object);
	uint64_t id = hw_cfi_read(&reader, 4), version = hw_cfi_read(&reader, 1), return_register;
	const char *letters = (const char *)reader.at;

	if (id || (version != 1 && version != 3) ||
		!memchr(letters, '\0', (size_t)(reader.end - reader.at)))
		return false;
	hw_cfi_skip(&reader, strlen(letters) + 1);
	entry->code_factor = hw_cfi_read_unsigned(&reader);
	entry->data_factor = hw_cfi_read_signed(&reader);
	return_register = version == 1 ? hw_cfi_read(&reader, 1) : hw_cfi_read_unsigned(&reader);
	if (return_register != REGISTER_RETURN || !read_augmentation(&reader, letters, entry))
		return false;
	entry->first = reader;
	return !reader.overrun;
}

/* The frame description entry: one function. */
static bool read_entry(const uint8_t *at, const struct dl_find_object *object,
	struct hw_cfi_entry *entry)
{
	struct hw_cfi_reader reader = contents(at, object);
	const uint8_t *back = reader.at;
	uint64_t distance = hw_cfi_read(&reader, 4);

	if (reader.overrun || !distance || !read_common(back - distance, object, entry))
		return false;
	entry->begin = hw_cfi_read_pointer(&reader, entry->encoding);
	/* Its size is written in the same format, but relative to nothing. */
	entry->end = entry->begin + hw_cfi_read(&reader, entry->encoding == ENCODING_RELATIVE_4 ?
								 4 : 8);
	if (entry->is_augmented)
		augmentation(&reader);
	entry->program = reader;
	return !reader.overrun;
}

/* The last function that does not begin after the address. */
static const struct place *find_place(const struct index *index, uintptr_t address)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if ((uintptr_t)index + (uintptr_t)(intptr_t)index->table[middle].function <=
			address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &index->table[low - 1] : NULL;
}

/*
 * The index of the file of an address, and what was mapped of the file with it. Where segments
 * do not touch, as in some programs, each of them is found by itself, and the index
 * is in another one than the code.
 */
static const struct index *find_index(uintptr_t address, struct dl_find_object *ret_object)
{
	const uint8_t *index;

	if (!find_object || find_object((void *)address, ret_object))
		return NULL;
	index = ret_object->dlfo_eh_frame;
	if (!index || (index >= (const uint8_t *)ret_object->dlfo_map_start &&
			      index < (const uint8_t *)ret_object->dlfo_map_end))
		return (const void *)index;
	return find_object((void *)index, ret_object) ? NULL : (const void *)index;
}

bool hw_cfi_find_entry(uintptr_t address, struct hw_cfi_entry *ret_entry)
{
	struct dl_find_object object;
	const struct index *index = find_index(address, &object);
	const struct place *place;

	*ret_entry = (struct hw_cfi_entry){ .encoding = ENCODING_ABSOLUTE };
	if (!index || index->version != 1 || index->count_encoding != COUNT_ENCODING ||
		index->table_encoding != ENCODING_TABLE)
		return false;
	place = find_place(index, address);
	return place && read_entry((const uint8_t *)index + place->entry, &object, ret_entry) &&
		address >= ret_entry->begin && address < ret_entry->end;
}
