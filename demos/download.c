/* SPDX-License-Identifier: MIT */
#include "demos/download.h"

#include "demos/check.h"
#include "demos/clock.h"
#include "demos/interrupt.h"
#include "demos/progress_bar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char number_mark[] = "{}";

static char *make_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *make_text(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		die("out of memory");
	va_end(arguments);
	return text;
}

static char *make_url(const struct download *download, unsigned number)
{
	const char *url = download->options.url;
	const char *mark;

	if (!url)
		return make_text("%spicture/%u", download->server.address, number);
	mark = strstr(url, number_mark);
	if (!mark)
		return make_text("%s", url);
	return make_text("%.*s%u%s", (int)(mark - url), url, number, mark + strlen(number_mark));
}

/* The process id makes the unfinished files of two downloads into one directory different. */
static void make_names(struct download *download)
{
	unsigned count = download->options.count;
	const char *directory = download->options.directory;
	int digits = snprintf(NULL, 0, "%u", count);

	download->urls = calloc(count, sizeof(char *));
	download->parts = calloc(count, sizeof(char *));
	download->stems = calloc(count, sizeof(char *));
	if (!download->urls || !download->parts || !download->stems)
		die("out of memory");
	for (unsigned i = 0; i < count; i++) {
		download->urls[i] = make_url(download, i + 1);
		download->stems[i] = make_text("%s/picture-%0*u", directory, digits, i + 1);
		download->parts[i] = make_text(
			"%s/.picture-%0*u.%d.part", directory, digits, i + 1, (int)getpid());
	}
}

static void free_names(struct download *download)
{
	for (unsigned i = 0; i < download->options.count; i++) {
		free(download->urls[i]);
		free(download->parts[i]);
		free(download->stems[i]);
	}
	free(download->urls);
	free(download->parts);
	free(download->stems);
}

static void make_directory(const char *path)
{
	struct stat status;

	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		die("cannot create directory '%s': %s", path, strerror(errno));
	if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
		die("cannot write to '%s': %s", path, strerror(ENOTDIR));
	if (access(path, W_OK | X_OK) != 0)
		die("cannot write to '%s': %s", path, strerror(errno));
}

void download_begin(struct download *download, int argc, char **argv, const char *worker)
{
	struct download_options *options = &download->options;

	*download = (struct download){ .workers = 0 };
	download_options_parse(argc, argv, worker, options);
	download->workers = 2 * options->parallel;
	if (download->workers > options->count)
		download->workers = options->count;

	make_directory(options->directory);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die("cannot initialise libcurl");
	if (!options->url)
		local_server_start(&download->server, options->delay_ms);
	make_names(download);
	interrupt_remove_files(download->parts, options->count);
}

void download_fetch(const struct download *download, CURL *curl, unsigned index,
	struct fetch_result *ret_result)
{
	fetch_picture(curl, download->urls[index], download->parts[index], download->stems[index],
		ret_result);
}

bool download_is_inverted(const struct download *download, unsigned number)
{
	return download->options.inverted && number % 2 == 1;
}

static unsigned report_pictures(const struct download *download, const struct fetch_result *results)
{
	unsigned complete = 0;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < download->options.count; i++) {
		if (results[i].complete) {
			complete++;
			bytes += results[i].bytes;
		} else {
			fprintf(stderr, "%s: picture %u from '%s': %s\n",
				program_invocation_short_name, i + 1, download->urls[i],
				results[i].reason);
		}
	}
	printf("%u of %u pictures (%.1f MB) saved in '%s'\n", complete, download->options.count,
		(double)bytes / 1e6, download->options.directory);
	return complete;
}

/* Everything once more with one worker, which keeps nothing; the seconds, or -1 on failure. */
static double fetch_one_by_one(const struct download *download)
{
	struct progress_bar bar;
	struct fetch_result result = { .complete = true };
	uint64_t bytes = 0;
	double start = clock_now_s();
	CURL *curl = fetch_create(NULL);
	unsigned i;

	progress_bar_start(&bar, "one by one ", download->options.count);
	for (i = 0; i < download->options.count && result.complete; i++) {
		fetch_and_discard(curl, download->urls[i], &result);
		bytes += result.bytes;
		progress_bar_draw(&bar, i + 1, !result.complete, bytes);
	}
	progress_bar_clear(&bar);
	curl_easy_cleanup(curl);
	if (!result.complete) {
		fprintf(stderr, "%s: not compared, as picture %u failed when fetched again: %s\n",
			program_invocation_short_name, i, result.reason);
		return -1;
	}
	return clock_now_s() - start;
}

/* `alone` is negative when there is nothing to compare with. */
static void report_time(const struct download *download, double together, double alone)
{
	printf("%.2f s with %u at once", together, download->options.parallel);
	if (alone >= 0)
		printf(", %.2f s one by one: %.1f times as fast", alone, alone / together);
	putchar('\n');
}

int download_end(struct download *download, const struct fetch_result *results, double seconds)
{
	bool all = report_pictures(download, results) == download->options.count;
	double alone = -1;

	fflush(stdout); /* what is known already, before something that takes its time */
	if (all && download->options.compare)
		alone = fetch_one_by_one(download);
	report_time(download, seconds, alone);

	local_server_stop(&download->server);
	interrupt_reset();
	curl_global_cleanup();
	free_names(download);
	return all ? 0 : 1;
}
