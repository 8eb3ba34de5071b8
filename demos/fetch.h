/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_FETCH_H
#define DEMOS_FETCH_H

/*
 * One picture from a URL into a file, with libcurl. The picture is written to a
 * file with another name first and gets its own name only when it is complete,
 * so that what lies under the picture's name is a whole picture at all times.
 *
 * A handle serves one thread at a time and keeps its connection for the next
 * picture. curl_global_init must have been called, before there are threads.
 */

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct fetch_result {
	bool complete;
	uint64_t bytes;	  /* received, also when it was not complete */
	char reason[200]; /* when it was not complete; without a full stop */
};

/*
 * A handle for fetch_picture, freed by curl_easy_cleanup; dies without memory.
 * `share` (may be NULL) is what it shares with other handles, see curl_share_init(3).
 */
CURL *fetch_create(CURLSH *share);

/*
 * Fetch `url` into the file `stem` plus the ending for its type (.png, .jpg ...),
 * by way of the file `part`, which never remains. Replaces an older picture of the same name.
 */
void fetch_picture(CURL *curl, const char *url, const char *part, const char *stem,
	struct fetch_result *ret_result);

/* Fetch `url` in the same way, but throw the picture away as it arrives. */
void fetch_and_discard(CURL *curl, const char *url, struct fetch_result *ret_result);

#endif
