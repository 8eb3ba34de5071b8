/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_DOWNLOAD_H
#define DEMOS_DOWNLOAD_H

/*
 * What download_threads and download_procs have in common, which is all but the
 * workers: which pictures to fetch, from where, into which files, and what to
 * tell the user in the end.
 *
 *   download_begin   reads the command line and gets everything ready
 *   download_fetch   fetches one picture, in whichever worker
 *   download_end     reports, compares, cleans up
 */

#include "demos/download_options.h"
#include "demos/fetch.h"
#include "demos/local_server.h"

struct download {
	struct download_options options;
	unsigned workers;	    /* who share the pictures: worker W takes W, W + workers ... */
	struct local_server server; /* pid 0 when --url was given */
	char **urls;		    /* these three have options.count elements */
	char **parts;		    /* names of unfinished files */
	char **stems;		    /* names of finished files without the ending */
};

/* Dies when it cannot be done. Call it from the main thread while it is the only one. */
void download_begin(struct download *download, int argc, char **argv, const char *worker);

/* Fetch picture `index`, counted from 0. Any thread, any process. */
void download_fetch(const struct download *download, CURL *curl, unsigned index,
	struct fetch_result *ret_result);

/* Worker `number` takes the locks in the wrong order. */
bool download_is_inverted(const struct download *download, unsigned number);

/*
 * Tell what became of the pictures, which the workers fetched in so many
 * seconds, fetch them one by one to compare, and release everything. Returns the exit status.
 */
int download_end(struct download *download, const struct fetch_result *results, double seconds);

#endif
