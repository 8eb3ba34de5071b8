/* SPDX-License-Identifier: MIT */
#include "analyzer/image.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/memory.h"

/* A regular file, or -1: what else is mapped as code (a device, [vdso]) has no names for us. */
static int open_regular(const char *path, struct stat *ret_status)
{
	int fd;

	/* A name without a folder is not a file's, and one in this folder would be another's. */
	if (*path != '/')
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (fstat(fd, ret_status) < 0 || !S_ISREG(ret_status->st_mode)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool is_build_id(Dwfl_Module *module, const char *expected)
{
	const unsigned char *bits;
	GElf_Addr address;
	int length = dwfl_module_build_id(module, &bits, &address);

	if (length <= 0 || strlen(expected) != 2 * (size_t)length)
		return false;
	for (int i = 0; i < length; i++) {
		char byte[3];

		snprintf(byte, sizeof(byte), "%02x", bits[i]);
		if (memcmp(byte, expected + 2 * i, 2) != 0)
			return false;
	}
	return true;
}

/* Hand the file to libdwfl, which then owns `fd`; NULL when it is not ELF. */
static Dwfl_Module *report(Dwfl *dwfl, const char *path, int fd, GElf_Addr *ret_bias)
{
	Dwfl_Module *module = dwfl_report_elf(dwfl, path, path, fd, 0, true);

	if (!module)
		close(fd);
	if (dwfl_report_end(dwfl, NULL, NULL) != 0 || !module ||
		!dwfl_module_getelf(module, ret_bias))
		return NULL;
	return module;
}

static void open_module(struct hw_image *image, int fd)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl_Module *module;

	image->dwfl = dwfl_begin(&callbacks);
	if (!image->dwfl) {
		close(fd);
		return;
	}
	module = report(image->dwfl, image->path, fd, &image->bias);
	image->is_changed = image->build_id && (!module || !is_build_id(module, image->build_id));
	if (!image->is_changed)
		image->module = module;
}

struct hw_image *hw_image_open(const char *path, const char *build_id, int64_t recorded_at)
{
	struct hw_image *image = hw_xcalloc(1, sizeof(*image));
	struct stat status;
	int fd = open_regular(path, &status);

	image->path = hw_xstrdup(path);
	image->build_id = build_id ? hw_xstrdup(build_id) : NULL;
	if (fd < 0)
		return image;
	if (!build_id && recorded_at && status.st_mtime > recorded_at) {
		image->is_changed = true;
		close(fd);
		return image;
	}
	open_module(image, fd);
	return image;
}

void hw_image_close(struct hw_image *image)
{
	if (!image)
		return;
	hw_typeindex_finish(&image->types);
	hw_storage_finish(&image->storage);
	hw_code_finish(&image->code);
	hw_elfname_finish(&image->names);
	if (image->dwfl)
		dwfl_end(image->dwfl);
	free(image->build_id);
	free(image->path);
	free(image);
}

Dwarf *hw_image_dwarf(struct hw_image *image)
{
	Dwarf_Addr bias;

	if (!image->has_dwarf && image->module) {
		image->dwarf = dwfl_module_getdwarf(image->module, &bias);
		if (image->dwarf)
			image->dwarf_bias = image->bias - bias;
	}
	image->has_dwarf = true;
	return image->dwarf;
}

const struct hw_elfname_table *hw_image_names(struct hw_image *image)
{
	if (!image->has_names && image->module)
		hw_elfname_read(&image->names, image->module, image->bias);
	image->has_names = true;
	return &image->names;
}

struct hw_code *hw_image_code(struct hw_image *image)
{
	if (!image->has_code)
		hw_code_read(&image->code, hw_image_dwarf(image));
	image->has_code = true;
	return &image->code;
}

struct hw_storage *hw_image_storage(struct hw_image *image)
{
	if (!image->has_storage)
		hw_storage_read(&image->storage, hw_image_dwarf(image));
	image->has_storage = true;
	return &image->storage;
}

struct hw_typeindex *hw_image_types(struct hw_image *image)
{
	image->types.dwarf = hw_image_dwarf(image);
	return &image->types;
}
