/* SPDX-License-Identifier: MIT */
#include "trace/unpack.h"

#include <errno.h>
#include <string.h>

#include "trace/name.h"
#include "trace/varint.h"

/* Where reading has got to; `at` is NULL once something was wrong. */
struct input {
	const uint8_t *at, *end;
};

static uint64_t get(struct input *in)
{
	uint64_t value = 0;

	in->at = hw_varint_get(in->at, in->end, &value);
	return value;
}

static int64_t get_signed(struct input *in)
{
	return hw_varint_unzigzag(get(in));
}

/* The next so many bytes; NULL when there are not as many. */
static const uint8_t *take(struct input *in, size_t size_bytes)
{
	const uint8_t *bytes = in->at;

	if (!bytes || (size_t)(in->end - bytes) < size_bytes) {
		in->at = NULL;
		return NULL;
	}
	in->at = bytes + size_bytes;
	return bytes;
}

static uint32_t get_count(struct input *in, uint32_t least, uint32_t most)
{
	uint64_t count = get(in);

	if (count < least || count > most)
		in->at = NULL;
	return in->at ? (uint32_t)count : 0;
}

/* An id that is told as the difference from the one before. */
static uint32_t get_id(struct input *in, uint32_t before)
{
	uint64_t id = before + (uint64_t)get_signed(in);

	if (id > UINT32_MAX)
		in->at = NULL;
	return (uint32_t)id;
}

static uint32_t get_ids(struct input *in, uint32_t most, uint32_t *ids)
{
	uint32_t count = get_count(in, 1, most), before = 0;

	for (uint32_t i = 0; i < count && in->at; i++)
		ids[i] = before = get_id(in, before);
	return count;
}

static uint32_t get_sites(struct input *in, uint32_t most, struct hw_unpacked_site *sites)
{
	uint32_t count = get_count(in, 1, most), before = 0;

	for (uint32_t i = 0; i < count && in->at; i++) {
		const uint8_t *bytes = take(in, 2);

		if (!bytes || !hw_name_of_op(bytes[0]) ||
			hw_event_plain_how(bytes[1]) != bytes[1]) {
			in->at = NULL;
			return 0;
		}
		before = get_id(in, before);
		sites[i] = (struct hw_unpacked_site){ .stack = before, .op = bytes[0],
			.how = bytes[1] };
	}
	return count;
}

/* A column of entries, each below `distinct`. */
static void get_entries(struct input *in, uint32_t count, uint32_t distinct, uint16_t *entries)
{
	unsigned bits = distinct == 1 ? 0 : distinct <= 16 ? 4 : distinct <= 256 ? 8 : 16;
	const uint8_t *bytes = take(in, ((size_t)bits * count + 7) / 8);
	uint32_t greatest = 0;

	if (!bytes)
		return;
	if (bits == 0)
		memset(entries, 0, count * sizeof(*entries));
	else if (bits == 4)
		for (uint32_t i = 0; i < count; i++)
			entries[i] = bytes[i / 2] >> 4 * (i % 2) & 15;
	else if (bits == 8)
		for (uint32_t i = 0; i < count; i++)
			entries[i] = bytes[i];
	else
		for (uint32_t i = 0; i < count; i++)
			entries[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
	for (uint32_t i = 0; i < count; i++)
		greatest = entries[i] > greatest ? entries[i] : greatest;
	if (greatest >= distinct)
		in->at = NULL;
}

/*
 * A column of times of one byte; it lies before the entries and its escapes behind them. An
 * escape that is cut off makes the rest wrong, and the block refused.
 */
static void get_narrow_times(struct input *in, const uint8_t *column, uint64_t time_ns,
	struct hw_unpacked *block)
{
	for (uint32_t i = 0; i < block->count; i++) {
		time_ns += column[i] == 0xff ? (uint64_t)get_signed(in) : column[i];
		block->time_ns[i] = (int64_t)time_ns;
	}
}

/* Likewise of two bytes. */
static void get_wide_times(struct input *in, const uint8_t *column, uint64_t time_ns,
	struct hw_unpacked *block)
{
	for (uint32_t i = 0; i < block->count; i++) {
		uint32_t delta = column[2 * i] | (uint32_t)column[2 * i + 1] << 8;

		time_ns += delta == 0xffff ? (uint64_t)get_signed(in) : delta;
		block->time_ns[i] = (int64_t)time_ns;
	}
}

static void get_results(struct input *in, struct hw_unpacked *block)
{
	uint64_t next = 0;

	block->result_count = get_count(in, 0, block->count);
	memset(block->has_result, 0, sizeof(block->has_result));
	for (uint32_t i = 0; i < block->result_count && in->at; i++) {
		uint64_t gap = get(in);

		block->results[i] = get_signed(in);
		if (!in->at || gap >= block->count - next) {
			in->at = NULL;
			return;
		}
		next += gap;
		block->result_at[i] = (uint16_t)next;
		block->has_result[next / 64] |= (uint64_t)1 << next % 64;
		next++;
	}
}

static void get_columns(struct input *in, uint64_t begin_ns, struct hw_unpacked *block)
{
	const uint8_t *width = take(in, 1), *times;

	if (!width || (*width != 1 && *width != 2)) {
		in->at = NULL;
		return;
	}
	times = take(in, (size_t)*width * block->count);
	get_entries(in, block->count, block->thread_count, block->thread);
	get_entries(in, block->count, block->site_count, block->site);
	get_entries(in, block->count, block->object_count, block->object);
	if (!in->at)
		return;
	if (*width == 1)
		get_narrow_times(in, times, begin_ns, block);
	else
		get_wide_times(in, times, begin_ns, block);
	get_results(in, block);
}

int hw_unpack(const uint8_t *bytes, size_t size_bytes, struct hw_unpacked *ret_block)
{
	struct input in = { bytes, bytes + size_bytes };
	uint64_t begin_ns;

	ret_block->count = get_count(&in, 1, HW_PACK_EVENTS);
	begin_ns = (uint64_t)get_signed(&in);
	ret_block->thread_count = get_ids(&in, ret_block->count, ret_block->threads);
	ret_block->site_count = get_sites(&in, ret_block->count, ret_block->sites);
	ret_block->object_count = get_ids(&in, ret_block->count, ret_block->objects);
	get_columns(&in, begin_ns, ret_block);
	return in.at && in.at == in.end ? 0 : -EBADMSG;
}

int64_t hw_unpacked_result(const struct hw_unpacked *block, uint32_t at)
{
	uint32_t low = 0, high = block->result_count;

	while (low + 1 < high) {
		uint32_t middle = (low + high) / 2;

		if (block->result_at[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return block->results[low];
}
