/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/image.h"
#include "analyzer/symbol.h"
#include "analyzer/variable.h"
#include "tests/unit/names/expected.h"
#include "trace/memory.h"

/* What is expected of the first build that has all debug information. */
struct sample {
	struct expected_list list;
	const char *module;
	unsigned char *bytes;
	size_t size_bytes;
};

static void read_bytes(struct sample *sample)
{
	FILE *file = fopen(sample->module, "r");
	struct stat status;

	cr_assert(file && fstat(fileno(file), &status) == 0);
	sample->size_bytes = (size_t)status.st_size;
	sample->bytes = hw_xmalloc(sample->size_bytes);
	cr_assert_eq(fread(sample->bytes, 1, sample->size_bytes, file), sample->size_bytes);
	fclose(file);
}

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){ 0 };
	expected_read(&sample->list);
	for (size_t i = 0; i < sample->list.count && !sample->module; i++)
		if (sample->list.items[i].depth == DEPTH_ALL)
			sample->module = sample->list.items[i].module;
	if (!sample->module)
		cr_skip("no compiler");
	read_bytes(sample);
}

static void sample_finish(struct sample *sample)
{
	expected_finish(&sample->list);
	free(sample->bytes);
}

Test(image, is_the_recorded_one_when_the_build_id_is)
{
	struct hw_image *image;
	struct sample sample;
	char *build_id;

	sample_init(&sample);
	build_id = expected_build_id(sample.module);
	cr_assert_gt(strlen(build_id), 0);
	/* The time does not matter then. */
	image = hw_image_open(sample.module, build_id, 1);
	cr_expect_not_null(image->module);
	cr_expect_not_null(hw_image_dwarf(image));
	cr_expect_not(image->is_changed);
	hw_image_close(image);

	build_id[0] = build_id[0] == '0' ? '1' : '0';
	image = hw_image_open(sample.module, build_id, 0);
	cr_expect_null(image->module);
	cr_expect_null(hw_image_dwarf(image));
	cr_expect(image->is_changed);
	hw_image_close(image);

	build_id[10] = '\0';
	image = hw_image_open(sample.module, build_id, 0);
	cr_expect(image->is_changed);
	hw_image_close(image);
	free(build_id);
	sample_finish(&sample);
}

Test(image, without_a_build_id_must_not_be_newer)
{
	struct hw_image *image;
	struct sample sample;
	struct stat status;

	sample_init(&sample);
	cr_assert_eq(stat(sample.module, &status), 0);
	image = hw_image_open(sample.module, NULL, status.st_mtime - 1);
	cr_expect_null(image->module);
	cr_expect(image->is_changed);
	hw_image_close(image);
	image = hw_image_open(sample.module, NULL, status.st_mtime);
	cr_expect_not_null(image->module);
	hw_image_close(image);
	image = hw_image_open(sample.module, NULL, 0);
	cr_expect_not_null(image->module);
	hw_image_close(image);
	sample_finish(&sample);
}

Test(image, does_not_wait_for_a_fifo)
{
	char directory[] = "/tmp/holdwait_image_XXXXXX";
	struct hw_image *image;
	char *path;

	cr_assert_not_null(mkdtemp(directory));
	path = hw_xasprintf("%s/fifo", directory);
	cr_assert_eq(mkfifo(path, 0600), 0);
	image = hw_image_open(path, "0011", 0);
	cr_expect_null(image->module);
	cr_expect_not(image->is_changed);
	hw_image_close(image);
	unlink(path);
	rmdir(directory);
	free(path);
}

/* Ask a damaged file everything that is known of the whole one; any answer will do. */
static void ask_all(const struct sample *sample, const unsigned char *bytes, size_t size_bytes)
{
	char path[] = "/tmp/holdwait_image_XXXXXX";
	struct hw_symbols *symbols = hw_symbol_create(0);
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, bytes, size_bytes), (ssize_t)size_bytes);
	close(fd);
	for (size_t i = 0; i < sample->list.count; i++) {
		const struct expected *item = &sample->list.items[i];
		struct hw_variable variable;
		struct hw_symbol_chain chain;

		if (strcmp(item->module, sample->module) != 0)
			continue;
		if (item->is_frame) {
			hw_symbol_find(symbols, path, NULL, item->address, &chain);
			hw_symbol_finish(&chain);
		} else if (hw_variable_find(
				   symbols, path, NULL, item->address, item->kind, &variable)) {
			cr_expect_gt(strlen(variable.name), 0);
			hw_variable_finish(&variable);
		}
	}
	hw_symbol_destroy(symbols);
	unlink(path);
}

Test(image, truncated_files, .timeout = 120)
{
	struct sample sample;

	sample_init(&sample);
	for (size_t i = 0; i < 100; i++)
		ask_all(&sample, sample.bytes, sample.size_bytes * i / 100);
	sample_finish(&sample);
}

Test(image, garbage)
{
	struct sample sample;
	unsigned char bytes[4096];
	uint32_t seed = 7;

	sample_init(&sample);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (unsigned char)(seed >> 16);
	}
	ask_all(&sample, bytes, sizeof(bytes));
	ask_all(&sample, bytes, 1);
	ask_all(&sample, bytes, 0);
	/* A header that promises what does not follow. */
	memcpy(bytes, sample.bytes, 64);
	ask_all(&sample, bytes, sizeof(bytes));
	sample_finish(&sample);
}

/* Bytes changed at random, most of them inside the debug information. */
Test(image, damaged_files, .timeout = 120)
{
	struct sample sample;
	uint32_t seed = 1;

	sample_init(&sample);
	for (int round = 0; round < 200; round++) {
		unsigned char *bytes = hw_xmalloc(sample.size_bytes);

		memcpy(bytes, sample.bytes, sample.size_bytes);
		for (int i = 0; i < 20; i++) {
			seed = seed * 1103515245 + 12345;
			bytes[(seed >> 4) % sample.size_bytes] = (unsigned char)(seed >> 24);
		}
		ask_all(&sample, bytes, sample.size_bytes);
		free(bytes);
	}
	sample_finish(&sample);
}
