/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "trace/memory.h"
#include "trace/store_private.h"

/*
 * How much room a recording takes, where it may take only so much. What counts is the file and,
 * beside it, its write-ahead log: all that is written is in the log first, and once it is in
 * the file as well it stays in the log for a while.
 */

enum {
	RESERVE_BYTES = 384 << 10, /* the last block, and what is written when it is closed */
	ROW_BYTES = 160,           /* of an object or dependency; most rows take less */
	EVENT_ROW_BYTES = 48,
	LOG_SHARE = 8,             /* of the limit, that the log may take before it is emptied */
	LOG_PAGES_MIN = 16,
	/*
	 * Each page goes to the log, back, and into the file. That takes less time in few large
	 * pages, and when the log is small enough for the processor's caches. But each table has
	 * pages of its own, and what changed in one is written as a whole: where room is short
	 * pages are small.
	 */
	LOG_BYTES_MAX = 16 << 20,
	PAGE_BYTES = 16384,
	SMALL_PAGE_BYTES = 4096,
	PLENTY_BYTES = 1 << 30,    /* more than what all chunks of a session can become */
};

/* Where nobody says how much, there is plenty. */
static uint64_t free_bytes(const struct hw_store *store)
{
	struct statvfs disk;

	if (fstatvfs(store->lock_fd, &disk) || !disk.f_blocks)
		return UINT64_MAX;
	return (uint64_t)disk.f_bavail * disk.f_frsize;
}

static int set(struct hw_store *store, const char *what, int value)
{
	char *setting = hw_xasprintf("PRAGMA %s=%d", what, value);
	int code = sqlite3_exec(store->db, setting, NULL, NULL, NULL);

	free(setting);
	return code;
}

int hw_store_size_choose(struct hw_store *store)
{
	bool is_short = (store->max_bytes && store->max_bytes < PLENTY_BYTES) ||
		free_bytes(store) < PLENTY_BYTES;

	store->page_bytes = is_short ? SMALL_PAGE_BYTES : PAGE_BYTES;
	return set(store, "page_size", (int)store->page_bytes);
}

static int limit_log(struct hw_store *store)
{
	uint64_t pages = LOG_BYTES_MAX / store->page_bytes;
	int code;

	if (store->max_bytes && store->max_bytes / LOG_SHARE < LOG_BYTES_MAX)
		pages = store->max_bytes / LOG_SHARE / store->page_bytes;
	if (pages < LOG_PAGES_MIN)
		pages = LOG_PAGES_MIN;
	code = set(store, "wal_autocheckpoint", (int)pages);
	if (code == SQLITE_OK && store->max_bytes)
		code = set(store, "journal_size_limit", (int)(pages * store->page_bytes));
	return code;
}

int hw_store_size_prepare(struct hw_store *store)
{
	int code = limit_log(store);

	store->log_path = hw_xasprintf("%s-wal", store->path);
	if (code != SQLITE_OK)
		return code;
	return sqlite3_prepare_v3(store->db, "PRAGMA page_count", -1, SQLITE_PREPARE_PERSISTENT,
		&store->page_count, NULL);
}

/* Of the database as it is seen in the transaction under way. */
static uint64_t database_bytes(struct hw_store *store)
{
	int64_t pages = 0;

	if (sqlite3_step(store->page_count) == SQLITE_ROW)
		pages = sqlite3_column_int64(store->page_count, 0);
	sqlite3_reset(store->page_count);
	return (uint64_t)pages * store->page_bytes;
}

static uint64_t file_bytes(const char *path)
{
	struct stat status;

	return stat(path, &status) ? 0 : (uint64_t)status.st_size;
}

void hw_store_size_committed(struct hw_store *store)
{
	if (store->page_count)
		store->committed_bytes = database_bytes(store);
}

static size_t rows_of(const struct hw_roster *roster, const struct hw_order *order)
{
	return roster->process_count + roster->thread_count + roster->module_count +
		roster->frame_count + roster->stack_count + roster->object_count +
		2 * order->dependencies.count + order->contentions.count + order->misuses.count;
}

void hw_store_size_stored(struct hw_store *store, const struct hw_roster *roster,
	const struct hw_order *order)
{
	store->roster_rows = rows_of(roster, order);
}

/* Of what is yet to be written; to the log, and then to the file. */
static uint64_t bytes_of_rows(size_t rows, uint64_t event_rows)
{
	return 2 * (rows * ROW_BYTES + event_rows * EVENT_ROW_BYTES);
}

bool hw_store_may_fill(const struct hw_store *store)
{
	return store->max_bytes || free_bytes(store) < PLENTY_BYTES;
}

/* Whether so many bytes more are too many, in what. */
static enum hw_early_end full(const struct hw_store *store, uint64_t database, uint64_t to_come)
{
	uint64_t file = file_bytes(store->path);

	if (store->max_bytes && database + file_bytes(store->log_path) + to_come > store->max_bytes)
		return HW_EARLY_END_FULL;
	/* What is in the log only will be in the file, too. */
	if ((database > file ? database - file : 0) + to_come > free_bytes(store))
		return HW_EARLY_END_DISK;
	return HW_EARLY_END_NONE;
}

enum hw_early_end hw_store_is_full(struct hw_store *store, const struct hw_roster *roster,
	const struct hw_order *order)
{
	uint64_t database = database_bytes(store);
	uint64_t event_rows = store->form == HW_EVENT_FORM_ROWS ? hw_store_event_count(store) : 0;

	/* What is new in the transaction under way is not in the log yet. */
	if (!store->full)
		store->full = full(store, database, database - store->committed_bytes +
			RESERVE_BYTES +
			bytes_of_rows(rows_of(roster, order) - store->roster_rows, event_rows));
	return store->full;
}

bool hw_store_has_room_for_rows(struct hw_store *store)
{
	return !full(store, database_bytes(store),
		bytes_of_rows(0, hw_store_event_count(store)));
}
