/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/packed.h"
#include "trace/event_block.h"
#include "trace/memory.h"
#include "trace/name.h"
#include "trace/unpack.h"
#include "trace/varint.h"

static struct hw_packer packer;
static struct hw_unpacked block;
static uint8_t bytes[HW_PACK_BYTES_MAX];

static size_t pack(const struct hw_event *events, uint32_t count)
{
	hw_pack_reset(&packer);
	for (uint32_t i = 0; i < count; i++)
		hw_pack_add(&packer, &events[i]);
	return hw_pack_write(&packer, bytes);
}

static void expect_round_trip(const struct hw_event *events, uint32_t count)
{
	size_t size_bytes = pack(events, count);
	struct hw_event found;

	cr_assert_eq(hw_unpack(bytes, size_bytes, &block), 0);
	cr_assert_eq(block.count, count);
	for (uint32_t i = 0; i < count; i++) {
		hw_unpacked_event(&block, i, &found);
		packed_expect_same(&found, &events[i], i);
	}
}

static void expect_made_up(uint32_t count, uint32_t threads, uint32_t objects)
{
	struct hw_event *events = hw_xcalloc(count, sizeof(*events));

	for (uint32_t i = 0; i < count; i++)
		events[i] = packed_event(i, threads, objects);
	expect_round_trip(events, count);
	free(events);
}

/* Every width of every column: one entry, up to 16, up to 256, more. */
Test(pack, round_trip)
{
	expect_made_up(1, 1, 1);
	expect_made_up(HW_PACK_EVENTS, 1, 0);
	expect_made_up(HW_PACK_EVENTS, 16, 15);
	expect_made_up(HW_PACK_EVENTS - 1, 17, 16);
	expect_made_up(HW_PACK_EVENTS, 256, 255);
	expect_made_up(HW_PACK_EVENTS, 257, 256);
	expect_made_up(HW_PACK_EVENTS, 5000, 100000);
	expect_made_up(1000, 4, 10);
}

Test(pack, every_op)
{
	struct hw_event events[HW_OP_COUNT] = { { 0 } };
	uint32_t count = 0;

	for (int op = 0; op < HW_OP_COUNT; op++)
		if (hw_name_of_op(op))
			events[count++] = (struct hw_event){ .op = (uint8_t)op, .thread = 1 };
	cr_assert_eq(count, HW_OP_COUNT - HW_OP_INIT);
	expect_round_trip(events, count);
}

/* These numbers are in files: holdwait(5) lists them. */
Test(pack, ops_keep_their_numbers)
{
	static const char *const names[] = { "init", "destroy", "wait", "fail", "cancel", "lock",
		"unlock", "take", "post", "sleep", "wake", "signal", "broadcast", "arrive", "leave",
		"once_begin", "once_end", "start", "end", "create", "join", "detach", "fork",
		"exec" };

	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		cr_expect_str_eq(hw_name_of_op(6 + i), names[i]);
	cr_expect_eq(hw_name_to_how("try"), 2);
	cr_expect_eq(hw_name_to_how("timed"), 4);
	cr_expect_eq(hw_name_to_how("reacquire"), 8);
	cr_expect_eq(hw_name_to_how("freed"), 32);
	cr_expect_eq(hw_name_to_how("refused"), 64);
}

/* What is packed of `how` is what the word of a row says. */
Test(pack, plain_how_is_the_word_of_a_row)
{
	for (uint32_t how = 0; how < 256; how++)
		cr_expect_eq(hw_event_plain_how(how),
			hw_name_to_how(hw_name_of_how(how)) | (how & HW_HOW_SHARED), "%u", how);
}

Test(pack, extreme_values)
{
	const struct hw_event events[] = {
		{ .op = HW_OP_LOCK, .time_ns = INT64_MIN, .thread = UINT32_MAX,
			.object = UINT32_MAX, .stack = UINT32_MAX },
		{ .op = HW_OP_FAIL, .time_ns = INT64_MAX, .thread = 0, .has_result = true,
			.result = INT64_MIN },
		{ .op = HW_OP_FAIL, .time_ns = INT64_MIN, .thread = 1, .has_result = true,
			.result = INT64_MAX },
		{ .op = HW_OP_FAIL, .time_ns = 0, .has_result = true },
		{ .op = HW_OP_FAIL, .time_ns = 254 },
		{ .op = HW_OP_FAIL, .time_ns = 254 + 255 },
		{ .op = HW_OP_FAIL, .time_ns = 254 + 255 + 65535, .object = 1 },
	};

	expect_round_trip(events, sizeof(events) / sizeof(events[0]));
}

Test(pack, times_take_two_bytes_where_that_is_shorter)
{
	struct hw_event events[100] = { { 0 } };

	for (int i = 0; i < 100; i++)
		events[i] = (struct hw_event){ .op = HW_OP_LOCK, .time_ns = i * 30000 };
	expect_round_trip(events, 100);
	cr_expect_lt(pack(events, 100), 250);
	for (int i = 0; i < 100; i++)
		events[i].time_ns = i * 50;
	expect_round_trip(events, 100);
	cr_expect_lt(pack(events, 100), 150);
}

/* A packer that was emptied forgets all it knew. */
Test(pack, reset)
{
	expect_made_up(HW_PACK_EVENTS, 5000, 100000);
	expect_made_up(1, 1, 1);
	cr_assert_eq(block.thread_count, 1);
	cr_assert_eq(block.object_count, 1);
	expect_made_up(HW_PACK_EVENTS, 5000, 100000);
}

/* The longest block there can be still has room. */
Test(pack, the_worst_fits)
{
	struct hw_event *events = hw_xcalloc(HW_PACK_EVENTS, sizeof(*events));

	for (uint32_t i = 0; i < HW_PACK_EVENTS; i++)
		events[i] = (struct hw_event){ .op = HW_OP_FAIL, .has_result = true,
			.result = INT64_MIN + i, .time_ns = i % 2 ? INT64_MIN / 3 : INT64_MAX / 3,
			.thread = i % 2 ? i : UINT32_MAX - i, .object = i % 2 ? UINT32_MAX - i : i,
			.stack = i % 2 ? i : UINT32_MAX - i };
	expect_round_trip(events, HW_PACK_EVENTS);
	free(events);
}

/* What was unpacked may be anything, but all that it refers to is there. */
static void expect_sound(void)
{
	struct hw_event event;

	cr_assert(block.count >= 1 && block.count <= HW_PACK_EVENTS);
	for (uint32_t i = 0; i < block.count; i++) {
		cr_assert_lt(block.thread[i], block.thread_count);
		cr_assert_lt(block.site[i], block.site_count);
		cr_assert_lt(block.object[i], block.object_count);
		hw_unpacked_event(&block, i, &event);
		cr_assert_not_null(hw_name_of_op(event.op));
	}
}

/* In a block of its own length, so that a sanitizer sees what reads behind its end. */
static int unpack_copy(const uint8_t *from, size_t size_bytes)
{
	uint8_t *copy = hw_xmalloc(size_bytes + !size_bytes);
	int code;

	memcpy(copy, from, size_bytes);
	code = hw_unpack(copy, size_bytes, &block);
	free(copy);
	cr_assert(code == 0 || code == -EBADMSG);
	if (!code)
		expect_sound();
	return code;
}

static size_t pack_made_up(uint32_t count, uint32_t threads, uint32_t objects)
{
	hw_pack_reset(&packer);
	for (uint32_t i = 0; i < count; i++) {
		struct hw_event event = packed_event(i, threads, objects);

		hw_pack_add(&packer, &event);
	}
	return hw_pack_write(&packer, bytes);
}

Test(pack, no_part_of_a_block_is_one)
{
	size_t size_bytes = pack_made_up(700, 300, 10);

	for (size_t cut = 0; cut < size_bytes; cut++)
		cr_assert_eq(unpack_copy(bytes, cut), -EBADMSG, "cut to %zu", cut);
	bytes[size_bytes] = 0;
	cr_assert_eq(unpack_copy(bytes, size_bytes + 1), -EBADMSG, "a byte too many");
}

Test(pack, damaged_blocks_are_refused_or_sound)
{
	size_t size_bytes = pack_made_up(400, 260, 300);
	unsigned sound = 0;

	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t at = (size_t)rand() % size_bytes;
		uint8_t kept = bytes[at];

		bytes[at] ^= (uint8_t)(1 + rand() % 255);
		sound += unpack_copy(bytes, size_bytes) == 0;
		bytes[at] = kept;
	}
	/* Most bytes are in columns, where other values often mean something, too. */
	cr_assert(sound > 0 && sound < 20000, "%u", sound);
	cr_assert_eq(unpack_copy(bytes, size_bytes), 0);
}

Test(pack, random_bytes_are_refused_or_sound)
{
	uint8_t noise[256];

	srand(2);
	for (int round = 0; round < 100000; round++) {
		size_t size_bytes = (size_t)rand() % sizeof(noise);

		for (size_t i = 0; i < size_bytes; i++)
			noise[i] = (uint8_t)(rand() % (round % 2 ? 256 : 8));
		unpack_copy(noise, size_bytes);
	}
}

Test(pack, compressed)
{
	struct hw_event_compressor *compressor = hw_event_compressor_create();
	static uint8_t compressed[HW_PACK_BYTES_MAX], again[HW_PACK_BYTES_MAX];
	size_t size_bytes = pack_made_up(HW_PACK_EVENTS, 4, 10), small, large = 0;

	if (!hw_event_block_can_compress())
		cr_skip_test("built without zstd");
	cr_assert_not_null(compressor);
	small = hw_event_compress(compressor, bytes, size_bytes, compressed);
	cr_assert(small > 0 && small < size_bytes);
	cr_assert_eq(hw_event_decompress(compressed, small, again, &large), 0);
	cr_assert_eq(large, size_bytes);
	cr_assert_eq(memcmp(bytes, again, large), 0);
	cr_assert_eq(hw_event_decompress(compressed, small - 1, again, &large), -EBADMSG);
	cr_assert_eq(hw_event_decompress(bytes, size_bytes, again, &large), -EBADMSG);
	hw_event_compressor_destroy(compressor);
}

Test(pack, varints)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX,
		(uint64_t)1 << 63, UINT64_MAX };
	uint8_t text[HW_VARINT_BYTES_MAX];
	uint64_t value;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t size_bytes = (size_t)(hw_varint_put(text, values[i]) - text);

		cr_expect_eq(size_bytes, hw_varint_size_bytes(values[i]));
		cr_assert_eq(hw_varint_get(text, text + size_bytes, &value), text + size_bytes);
		cr_expect_eq(value, values[i]);
		cr_expect_null(hw_varint_get(text, text + size_bytes - 1, &value));
		cr_expect_eq(hw_varint_unzigzag(hw_varint_zigzag((int64_t)values[i])),
			(int64_t)values[i]);
	}
	memset(text, 0xff, sizeof(text));
	cr_expect_null(hw_varint_get(text, text + sizeof(text), &value), "more than 64 bits");
}

/* A summary never misses an id, and few ids leave most others out. */
Test(pack, summaries)
{
	uint8_t summary[HW_EVENT_SUMMARY_BYTES_MAX];
	unsigned others = 0;
	size_t size_bytes;

	pack_made_up(1000, 7, 40);
	size_bytes = hw_event_block_summarise(&packer.objects, summary);
	for (uint32_t i = 0; i < packer.objects.count; i++) {
		uint32_t id = (uint32_t)packer.objects.keys[i];

		cr_assert(hw_event_block_may_have(summary, size_bytes, &id, 1));
	}
	for (uint32_t id = 41; id < 1041; id++)
		others += hw_event_block_may_have(summary, size_bytes, &id, 1);
	cr_assert_lt(others, 250);
	cr_assert(hw_event_block_may_have(summary, 0, &(uint32_t){ 9999 }, 1));
}
