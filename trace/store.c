/* SPDX-License-Identifier: MIT */
#include "trace/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/event_table.h"
#include "trace/memory.h"
#include "trace/schema.h"
#include "trace/store_private.h"

enum {
	APPLICATION_ID_AT = 68, /* in the header of a SQLite file */
	HEADER_BYTES = 72,
	LARGE_WAL_BYTES = 1 << 22,
};

static const char application_id[4] = { 'h', 'w', 'D', 'b' };

static const char *const statement_sql[HW_STATEMENT_COUNT] = {
	[HW_PUT_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
	[HW_REMOVE_META] = "DELETE FROM meta WHERE key = ?",
	[HW_PUT_PROCESS] = "INSERT OR REPLACE INTO process VALUES(?,?,?,?,?,?,?,?)",
	[HW_PUT_THREAD] = "INSERT OR REPLACE INTO thread VALUES(?,?,?,?,?,?,?,?,?,?,?)",
	[HW_PUT_MODULE] = "INSERT INTO module VALUES(?,?,?,?)",
	[HW_PUT_FRAME] = "INSERT INTO frame(id,module,offset,signal,function,file,line) "
			 "VALUES(?,?,?,?,?,?,?)",
	[HW_PUT_STACK] = "INSERT INTO stack VALUES(?,?,?,?)",
	[HW_PUT_OBJECT] = "INSERT OR REPLACE INTO object(id,kind,type,process,address,generation,"
			  "shared_key,module,offset,create_stack,initialised,create_ns,destroy_ns,"
			  "role,capacity,name) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[HW_PUT_DEPENDENCY] = "INSERT OR REPLACE INTO dependency VALUES(?,?,?,?,?,?,?,?,?,?)",
	[HW_PUT_DEPENDENCY_HOLD] = "INSERT INTO dependency_hold VALUES(?,?,?,?,?,?)",
	[HW_PUT_CONTENTION] = "INSERT OR REPLACE INTO contention VALUES(?,?,?,?,?,?,?,?,?,?,?)",
	[HW_PUT_MISUSE] = "INSERT OR REPLACE INTO misuse VALUES(?,?,?,?,?,?,?,?,?,?,?)",
	[HW_PUT_DECLARED] = "INSERT OR REPLACE INTO declared_order VALUES(?,?,?,?,?,?,?)",
	[HW_REMOVE_OBJECT] = "DELETE FROM object WHERE id = ?",
	[HW_CLEAR_HOLDS] = "DELETE FROM hold",
	[HW_PUT_HOLD] = "INSERT INTO hold VALUES(?,?,?,?,?,?,?)",
	[HW_CLEAR_WAITS] = "DELETE FROM wait",
	[HW_PUT_WAIT] = "INSERT INTO wait VALUES(?,?,?,?,?,?,?)",
	[HW_BEGIN] = "BEGIN",
	[HW_COMMIT] = "COMMIT",
};

void hw_store_fail(struct hw_store *store, int code)
{
	if (store->failure)
		return;
	store->failure = code;
	snprintf(store->failure_text, sizeof(store->failure_text), "%s", sqlite3_errmsg(store->db));
}

int hw_store_failure(const struct hw_store *store, struct hw_error *error)
{
	if (!store->failure)
		return 0;
	hw_error_set(error, -EIO, "cannot write '%s': %s", store->path, store->failure_text);
	hw_error_hint(error, "recording ended, and the program goes on; "
			     "what was recorded until then is in the file");
	return -EIO;
}

static sqlite3_stmt *prepare(struct hw_store *store, enum hw_statement which)
{
	int code = sqlite3_prepare_v3(store->db, statement_sql[which], -1,
		SQLITE_PREPARE_PERSISTENT, &store->statements[which], NULL);

	if (code != SQLITE_OK)
		hw_store_fail(store, code);
	return store->statements[which];
}

void hw_store_run(struct hw_store *store, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE)
		hw_store_fail(store, code);
	sqlite3_reset(statement);
}

bool hw_store_begin(struct hw_store *store)
{
	sqlite3_stmt *begin;

	if (store->in_transaction || store->failure)
		return !store->failure;
	begin = hw_store_statement(store, HW_BEGIN);
	if (!begin)
		return false;
	hw_store_run(store, begin);
	store->in_transaction = true;
	return true;
}

sqlite3_stmt *hw_store_statement(struct hw_store *store, enum hw_statement which)
{
	sqlite3_stmt *statement = store->statements[which];

	if (store->failure || (which != HW_BEGIN && !hw_store_begin(store)))
		return NULL;
	return statement ? statement : prepare(store, which);
}

void hw_store_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void hw_store_bind_unless(sqlite3_stmt *statement, int at, int64_t value, int64_t none)
{
	if (value == none)
		sqlite3_bind_null(statement, at);
	else
		sqlite3_bind_int64(statement, at, value);
}

/* Whether the file at `path` is a recording: 1 yes, 0 there is none, else a negative errno. */
static int probe(const char *path, struct hw_error *error)
{
	char header[HEADER_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return hw_error_set(error, -errno, "cannot open '%s': %s", path, strerror(errno));
	got = read(fd, header, sizeof(header));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		hw_error_set(error, -EBUSY, "'%s' is being recorded to by another holdwait", path);
		hw_error_hint(error, "choose another file with -o FILE");
		return -EBUSY;
	}
	close(fd);
	if (got == 0)
		return 1;
	if (got == HEADER_BYTES && !memcmp(header + APPLICATION_ID_AT, application_id, 4))
		return 1;
	hw_error_set(error, -EEXIST, "'%s' exists and is not a recording", path);
	hw_error_hint(error, "choose another file with -o FILE, or remove it");
	return -EEXIST;
}

/* A recording whose collector was killed has its newest part in -wal: it moves along. */
static int keep_old(const char *path, struct hw_error *error)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *from = hw_xasprintf("%s%s", path, suffixes[i]);
		char *to = hw_xasprintf("%s.old%s", path, suffixes[i]);
		int code = rename(from, to) ? errno : 0;

		if (code == ENOENT)
			unlink(to);
		else if (code)
			hw_error_set(error, -code, "cannot keep '%s' as '%s': %s", from, to,
				strerror(code));
		free(from);
		free(to);
		if (code && code != ENOENT)
			return -code;
	}
	return 0;
}

/* All tables at once: a recording is never without some of them. */
static int create_tables(struct hw_store *store, enum hw_event_form form)
{
	int code = hw_event_table_register(store->db);

	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db, hw_schema_sql, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = hw_event_writer_create(store->db, form, &store->events);
	if (code == SQLITE_OK)
		code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	return code;
}

static int open_database(struct hw_store *store, enum hw_event_form form, struct hw_error *error)
{
	/* What is empty need not be on the disk: whoever starts a program waits for this. */
	static const char empty[] = "PRAGMA synchronous=OFF;"
				    "PRAGMA journal_mode=OFF;";
	static const char settings[] = "PRAGMA journal_mode=WAL;"
				       "PRAGMA cache_size=-16384;"
				       "PRAGMA synchronous=NORMAL;";
	int code;

	store->lock_fd = open(store->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (store->lock_fd < 0) {
		code = hw_error_set(error, -errno, "cannot create '%s': %s", store->path,
			strerror(errno));
		hw_error_hint(error, "choose a place you can write to with -o FILE");
		return code;
	}
	flock(store->lock_fd, LOCK_EX | LOCK_NB);
	if (sqlite3_open_v2(store->path, &store->db,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
		sqlite3_busy_timeout(store->db, 10000) != SQLITE_OK ||
		sqlite3_exec(store->db, empty, NULL, NULL, NULL) != SQLITE_OK ||
		hw_store_size_choose(store) != SQLITE_OK ||
		create_tables(store, form) != SQLITE_OK ||
		sqlite3_exec(store->db, settings, NULL, NULL, NULL) != SQLITE_OK ||
		hw_store_size_prepare(store) != SQLITE_OK)
		return hw_error_set(error, -EIO, "cannot create '%s': %s", store->path,
			sqlite3_errmsg(store->db));
	return 0;
}

int hw_store_create(struct hw_store **ret_store, const char *path, enum hw_event_form form,
	uint64_t max_bytes, struct hw_error *error)
{
	struct hw_store *store;
	int code = probe(path, error);

	if (code == 1)
		code = keep_old(path, error);
	if (code < 0)
		return code;
	store = hw_xcalloc(1, sizeof(*store));
	store->path = hw_xstrdup(path);
	store->form = form;
	store->max_bytes = max_bytes;
	code = open_database(store, form, error);
	if (code) {
		bool is_ours = store->lock_fd >= 0;

		hw_store_destroy(store, HW_STORE_BROKEN);
		/* What is left of it may look like a recording, for which an older one is moved. */
		if (is_ours)
			unlink(path);
		return code;
	}
	*ret_store = store;
	return 0;
}

void hw_store_secure(struct hw_store *store)
{
	if (store->secured || store->failure)
		return;
	store->secured = true;
	sqlite3_exec(store->db, "PRAGMA wal_checkpoint(PASSIVE)", NULL, NULL, NULL);
}

bool hw_store_is_secured(const struct hw_store *store)
{
	return store->secured;
}

void hw_store_relax(struct hw_store *store)
{
	if (!store->secured && !store->in_transaction)
		sqlite3_exec(store->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
}

/* Who waits for the end, which `complete` tells, finds hardly anything left to be done. */
static void fold_in(const struct hw_store *store)
{
	struct stat wal;

	if (!stat(store->log_path, &wal) && wal.st_size > LARGE_WAL_BYTES)
		sqlite3_exec(store->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

void hw_store_destroy(struct hw_store *store, enum hw_store_end end)
{
	if (!store)
		return;
	if (store->db && end != HW_STORE_BROKEN) {
		hw_store_commit(store);
		hw_store_events_settle(store);
		hw_store_commit(store);
		fold_in(store);
		if (end == HW_STORE_CUT)
			hw_store_meta_number(store, "cut", 1);
		hw_store_meta_number(store, "complete", end == HW_STORE_WHOLE);
	}
	if (store->db && store->events)
		hw_store_commit(store);
	hw_event_writer_destroy(store->events);
	for (int i = 0; i < HW_STATEMENT_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_finalize(store->page_count);
	/* That it is a plain file is one page of it, which is written as a whole: no journal. */
	if (store->db && end != HW_STORE_BROKEN)
		sqlite3_exec(store->db, "PRAGMA journal_mode=MEMORY", NULL, NULL, NULL);
	sqlite3_close(store->db);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	free(store->log_path);
	free(store->path);
	free(store);
}

void hw_store_meta_text(struct hw_store *store, const char *key, const char *value)
{
	sqlite3_stmt *statement = hw_store_statement(store, HW_PUT_META);

	if (!statement)
		return;
	hw_store_bind_text(statement, 1, key);
	hw_store_bind_text(statement, 2, value);
	hw_store_run(store, statement);
}

void hw_store_meta_remove(struct hw_store *store, const char *key)
{
	sqlite3_stmt *row = hw_store_statement(store, HW_REMOVE_META);

	if (!row)
		return;
	hw_store_bind_text(row, 1, key);
	hw_store_run(store, row);
}

void hw_store_meta_number(struct hw_store *store, const char *key, int64_t value)
{
	sqlite3_stmt *statement = hw_store_statement(store, HW_PUT_META);

	if (!statement)
		return;
	hw_store_bind_text(statement, 1, key);
	sqlite3_bind_int64(statement, 2, value);
	hw_store_run(store, statement);
}

void hw_store_meta_real(struct hw_store *store, const char *key, double value)
{
	sqlite3_stmt *statement = hw_store_statement(store, HW_PUT_META);

	if (!statement)
		return;
	hw_store_bind_text(statement, 1, key);
	sqlite3_bind_double(statement, 2, value);
	hw_store_run(store, statement);
}

void hw_store_commit(struct hw_store *store)
{
	sqlite3_stmt *statement;

	hw_store_events_flush(store);
	if (!store->in_transaction)
		return;
	statement = hw_store_statement(store, HW_COMMIT);
	if (statement)
		hw_store_run(store, statement);
	store->in_transaction = false;
	hw_store_size_committed(store);
}
