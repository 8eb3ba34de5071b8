/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_IMAGE_H
#define HW_ANALYZER_IMAGE_H

/*
 * One program or shared library of a recording, opened for names: its ELF
 * symbols and its debug information, in the file or apart from it (by build id
 * or .gnu_debuglink below /usr/lib/debug, in .gnu_debugdata, or from a server
 * when DEBUGINFOD_URLS is set; libdwfl looks for all of them, and without that
 * variable never waits for a network).
 *
 * A file is only believed when it is the one that was recorded: its build id
 * is the same, or, where there is none, it was not modified since. An image
 * that is gone, rebuilt, not readable or not ELF stays empty: it is still an
 * image, and whoever asks it for names gets none. Each index is built when it
 * is first asked for.
 */

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/code.h"
#include "analyzer/elfname.h"
#include "analyzer/storage.h"
#include "analyzer/typeindex.h"

struct hw_image {
	char *path;
	char *build_id;	 /* as recorded, or NULL */
	bool is_changed; /* there is a file, but not the recorded one */
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: an empty image */
	Dwarf *dwarf;	     /* NULL: no debug information */
	uint64_t bias;	     /* what libdwfl adds to link-time addresses */
	uint64_t dwarf_bias; /* what to add to a link-time address for the DWARF file */
	bool has_dwarf, has_names, has_code, has_storage; /* looked for */
	struct hw_elfname_table names;
	struct hw_code code;
	struct hw_storage storage;
	struct hw_typeindex types;
};

/*
 * Open what was recorded as `path` with `build_id` (lower-case hex, or NULL) at
 * `recorded_at` (Unix seconds, 0 when unknown). Never fails; free with hw_image_close.
 */
struct hw_image *hw_image_open(const char *path, const char *build_id, int64_t recorded_at);

/* Close and free; NULL is allowed. */
void hw_image_close(struct hw_image *image);

/* The debug information, or NULL; the image's. */
Dwarf *hw_image_dwarf(struct hw_image *image);

/* What is known by address and by name; the image's. */
const struct hw_elfname_table *hw_image_names(struct hw_image *image);
struct hw_code *hw_image_code(struct hw_image *image);
struct hw_storage *hw_image_storage(struct hw_image *image);
struct hw_typeindex *hw_image_types(struct hw_image *image);

#endif
