/* SPDX-License-Identifier: MIT */
#include "trace/pack.h"

#include <assert.h>
#include <string.h>

#include "trace/varint.h"

enum { NARROW_ONES = HW_PACK_DELTA_ESCAPED, WIDE_ONES = 0xffff };

_Static_assert((int)HW_PACK_EVENTS == (int)HW_DICTIONARY_KEYS, "a block has as many keys at most");

void hw_pack_reset(struct hw_packer *packer)
{
	hw_dictionary_clear(&packer->threads);
	hw_dictionary_clear(&packer->sites);
	hw_dictionary_clear(&packer->objects);
	packer->count = 0;
	packer->block++;
	packer->result_count = 0;
	packer->escape_count = 0;
	packer->escape_size_bytes[0] = packer->escape_size_bytes[1] = 0;
}

void hw_pack_begin(struct hw_packer *packer, int64_t time_ns)
{
	packer->begin_ns = packer->newest_ns = time_ns;
	packer->first_ns = packer->last_ns = time_ns;
}

void hw_pack_escape(struct hw_packer *packer, uint64_t delta)
{
	size_t size_bytes = hw_varint_size_bytes(hw_varint_zigzag((int64_t)delta));
	int64_t time_ns = (int64_t)((uint64_t)packer->newest_ns + delta);

	if (delta >= WIDE_ONES)
		packer->delta[packer->count] = WIDE_ONES;
	packer->escapes[packer->escape_count++] = delta;
	packer->escape_size_bytes[0] += size_bytes;
	packer->escape_size_bytes[1] += delta >= WIDE_ONES ? size_bytes : 0;
	/* While times do not go back the first is the least, and the newest the greatest. */
	if (time_ns < packer->first_ns)
		packer->first_ns = time_ns;
	if (packer->newest_ns > packer->last_ns)
		packer->last_ns = packer->newest_ns;
}

bool hw_pack_has_how(const struct hw_packer *packer)
{
	uint64_t how = 0;

	for (uint32_t i = 0; i < packer->sites.count; i++)
		how |= packer->sites.keys[i] & hw_pack_site_key(0, UINT8_MAX, 0);
	return how;
}

static uint8_t *put_signed(uint8_t *at, int64_t value)
{
	return hw_varint_put(at, hw_varint_zigzag(value));
}

static uint8_t *put_ids(uint8_t *at, const struct hw_dictionary *dictionary)
{
	int64_t before = 0;

	at = hw_varint_put(at, dictionary->count);
	for (uint32_t i = 0; i < dictionary->count; i++) {
		int64_t id = (int64_t)dictionary->keys[i];

		at = put_signed(at, id - before);
		before = id;
	}
	return at;
}

static uint8_t *put_sites(uint8_t *at, const struct hw_dictionary *sites)
{
	int64_t before = 0;

	at = hw_varint_put(at, sites->count);
	for (uint32_t i = 0; i < sites->count; i++) {
		uint64_t key = sites->keys[i];
		int64_t stack = (int64_t)(key >> 16);

		*at++ = (uint8_t)key;
		*at++ = (uint8_t)(key >> 8);
		at = put_signed(at, stack - before);
		before = stack;
	}
	return at;
}

static uint8_t *put_narrow(uint8_t *at, const uint16_t *numbers, uint32_t count, uint16_t most)
{
	for (uint32_t i = 0; i < count; i++)
		at[i] = (uint8_t)(numbers[i] < most ? numbers[i] : most);
	return at + count;
}

static uint8_t *put_wide(uint8_t *at, const uint16_t *numbers, uint32_t count)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as the low one comes first");
	memcpy(at, numbers, count * sizeof(*numbers));
	return at + count * sizeof(*numbers);
}

/* Two to a byte. */
static uint8_t *put_halves(uint8_t *at, const uint16_t *numbers, uint32_t count)
{
	for (uint32_t i = 0; i + 1 < count; i += 2)
		*at++ = (uint8_t)(numbers[i] | numbers[i + 1] << 4);
	if (count % 2)
		*at++ = (uint8_t)numbers[count - 1];
	return at;
}

static uint8_t *put_entries(uint8_t *at, const uint16_t *entries, uint32_t count, uint32_t distinct)
{
	if (distinct == 1)
		return at;
	if (distinct <= 16)
		return put_halves(at, entries, count);
	if (distinct <= 256)
		return put_narrow(at, entries, count, NARROW_ONES);
	return put_wide(at, entries, count);
}

static uint8_t *put_escapes(uint8_t *at, const struct hw_packer *packer, uint64_t all_ones)
{
	for (uint32_t i = 0; i < packer->escape_count; i++)
		if (packer->escapes[i] >= all_ones)
			at = put_signed(at, (int64_t)packer->escapes[i]);
	return at;
}

static uint8_t *put_results(uint8_t *at, const struct hw_packer *packer)
{
	uint32_t next = 0;

	at = hw_varint_put(at, packer->result_count);
	for (uint32_t i = 0; i < packer->result_count; i++) {
		at = hw_varint_put(at, packer->result_at[i] - next);
		at = put_signed(at, packer->results[i]);
		next = packer->result_at[i] + 1u;
	}
	return at;
}

size_t hw_pack_write(const struct hw_packer *packer, uint8_t *block)
{
	uint32_t count = packer->count;
	bool narrow = packer->escape_size_bytes[0] <= packer->escape_size_bytes[1] + count;
	uint8_t *at = block;

	assert(count > 0);
	at = hw_varint_put(at, count);
	at = put_signed(at, packer->begin_ns);
	at = put_ids(at, &packer->threads);
	at = put_sites(at, &packer->sites);
	at = put_ids(at, &packer->objects);
	*at++ = narrow ? 1 : 2;
	at = narrow ? put_narrow(at, packer->delta, count, NARROW_ONES) :
		      put_wide(at, packer->delta, count);
	at = put_entries(at, packer->thread, count, packer->threads.count);
	at = put_entries(at, packer->site, count, packer->sites.count);
	at = put_entries(at, packer->object, count, packer->objects.count);
	at = put_escapes(at, packer, narrow ? NARROW_ONES : WIDE_ONES);
	at = put_results(at, packer);
	assert(at - block <= HW_PACK_BYTES_MAX);
	return (size_t)(at - block);
}
