/* SPDX-License-Identifier: MIT */
#include "demos/fetch.h"

#include "demos/check.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 15, STALL_SECONDS = 60 };

struct sink {
	FILE *file; /* NULL: throw away */
	uint64_t bytes;
	int error; /* why writing failed */
};

static const struct {
	const char *type;
	const char *ending;
} types[] = {
	{ "image/png", ".png" },
	{ "image/jpeg", ".jpg" },
	{ "image/gif", ".gif" },
	{ "image/webp", ".webp" },
	{ "image/svg+xml", ".svg" },
	{ "image/bmp", ".bmp" },
};

static size_t receive(char *data, size_t size, size_t count, void *argument)
{
	struct sink *sink = argument;
	size_t length = size * count;

	sink->bytes += length;
	if (sink->file && fwrite(data, 1, length, sink->file) != length) {
		sink->error = errno;
		return CURL_WRITEFUNC_ERROR;
	}
	return length;
}

CURL *fetch_create(CURLSH *share)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		die("cannot make a libcurl handle");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* for programs with threads */
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "picture-download");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L); /* no error pages */
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	if (share)
		curl_easy_setopt(curl, CURLOPT_SHARE, share);
	return curl;
}

/* Note why the picture is not complete; false, for `return fail(...)`. */
static bool fail(struct fetch_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool fail(struct fetch_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result->reason, sizeof(result->reason), format, arguments);
	va_end(arguments);
	return false;
}

/* Let libcurl work and put what went wrong into words. */
static bool transfer(CURL *curl, const char *url, struct sink *sink, struct fetch_result *result)
{
	char details[CURL_ERROR_SIZE] = "";
	curl_off_t announced = -1;
	long status = 0;
	CURLcode code;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, details);
	code = curl_easy_perform(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL); /* it ends with this function */
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	result->bytes = sink->bytes;

	if (status && status != 200)
		return fail(result, "the server answered %ld", status);
	if (sink->error)
		return fail(result, "cannot write it: %s", strerror(sink->error));
	if (code != CURLE_OK && status && announced > (curl_off_t)sink->bytes)
		return fail(result, "cut short after %" PRIu64 " of %" PRIu64 " bytes", sink->bytes,
			(uint64_t)announced);
	if (code != CURLE_OK)
		return fail(result, "%.150s", details[0] ? details : curl_easy_strerror(code));
	if (sink->bytes == 0)
		return fail(result, "the answer is empty");
	return true;
}

/* The file ending for what arrived, NULL when that is not a picture. */
static const char *find_ending(CURL *curl, struct fetch_result *result)
{
	char *type = NULL;
	size_t length;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	if (!type) {
		fail(result, "not a picture: the server does not say what it is");
		return NULL;
	}
	length = strcspn(type, "; "); /* "image/png; charset=binary" */
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strlen(types[i].type) == length && !strncasecmp(types[i].type, type, length))
			return types[i].ending;
	}
	fail(result, "not a picture but '%.100s'", type);
	return NULL;
}

/*
 * Fetch what is at `url` into the file, or throw it away if that is NULL. Returns
 * the file ending it should get, NULL when it is not a complete picture.
 */
static const char *receive_picture(
	CURL *curl, const char *url, FILE *file, struct fetch_result *result)
{
	struct sink sink = { .file = file };

	return transfer(curl, url, &sink, result) ? find_ending(curl, result) : NULL;
}

static bool close_file(FILE *file, struct fetch_result *result)
{
	if (fclose(file) != 0)
		return fail(result, "cannot write it: %s", strerror(errno));
	return true;
}

static bool give_name(
	const char *part, const char *stem, const char *ending, struct fetch_result *result)
{
	char name[PATH_MAX];

	if ((size_t)snprintf(name, sizeof(name), "%s%s", stem, ending) >= sizeof(name))
		return fail(result, "cannot name it: %s", strerror(ENAMETOOLONG));
	if (rename(part, name) != 0)
		return fail(result, "cannot name it '%s': %s", name, strerror(errno));
	return true;
}

void fetch_picture(CURL *curl, const char *url, const char *part, const char *stem,
	struct fetch_result *ret_result)
{
	FILE *file = fopen(part, "we");
	const char *ending;
	bool closed;

	*ret_result = (struct fetch_result){ .complete = false };
	if (!file) {
		fail(ret_result, "cannot create '%s': %s", part, strerror(errno));
		return;
	}
	ending = receive_picture(curl, url, file, ret_result);
	closed = close_file(file, ret_result);
	if (ending && closed)
		ret_result->complete = give_name(part, stem, ending, ret_result);
	if (!ret_result->complete)
		unlink(part);
}

void fetch_and_discard(CURL *curl, const char *url, struct fetch_result *ret_result)
{
	*ret_result = (struct fetch_result){ .complete = false };
	ret_result->complete = receive_picture(curl, url, NULL, ret_result) != NULL;
}
