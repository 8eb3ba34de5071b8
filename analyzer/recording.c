/* SPDX-License-Identifier: MIT */
#include "analyzer/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/resolve.h"
#include "trace/event_table.h"
#include "trace/memory.h"

#define APPLICATION_ID 0x68774462 /* "hwDb", as in trace/schema.sql */

static int cannot_open(const char *path, const char *why, struct hw_error *error)
{
	return hw_error_set(error, -EIO, "cannot open '%s': %s", path, why);
}

/* What the kernel says of the file, before SQLite says something less clear. */
static int check_file(const char *path, struct hw_error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code = -errno;

	if (fd < 0) {
		hw_error_set(error, code, "cannot open '%s': %s", path, strerror(-code));
		if (code == -ENOENT)
			hw_error_hint(error, "make a recording first: holdwait record PROGRAM");
		return code;
	}
	code = fstat(fd, &status) < 0 ? -errno : 0;
	close(fd);
	if (code)
		return hw_error_set(error, code, "cannot open '%s': %s", path, strerror(-code));
	if (!S_ISREG(status.st_mode)) {
		hw_error_set(error, -EINVAL, "'%s' is not a recording: it is %s", path,
			S_ISDIR(status.st_mode) ? "a directory" : "not a regular file");
		hw_error_hint(error, "name the file that holdwait record wrote, usually %s",
			HW_RECORDING_DEFAULT);
		return -EINVAL;
	}
	return 0;
}

static int pragma(sqlite3 *db, const char *sql, int64_t *ret_value)
{
	sqlite3_stmt *row;
	int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	if (code == SQLITE_OK) {
		code = sqlite3_step(row);
		if (code == SQLITE_ROW)
			*ret_value = sqlite3_column_int64(row, 0);
	}
	sqlite3_finalize(row);
	return code == SQLITE_ROW ? SQLITE_OK : code;
}

/*
 * "file:" and the path with everything escaped that means something in a URI. The
 * authority, empty, stands before an absolute path: else "//a/b" would name a host.
 */
static char *uri_of(const char *path, const char *parameters)
{
	char *uri = hw_xmalloc(3 * strlen(path) + strlen(parameters) + sizeof("file://"));
	char *at = stpcpy(uri, *path == '/' ? "file://" : "file:");

	for (; *path; path++) {
		if (strchr("%?#", *path)) {
			static const char digits[] = "0123456789abcdef";

			*at++ = '%';
			*at++ = digits[(unsigned char)*path >> 4];
			*at++ = digits[(unsigned char)*path & 15];
		} else {
			*at++ = *path;
		}
	}
	strcpy(at, parameters);
	return uri;
}

/* Open and read something, since SQLite opens a file only then. */
static int try_open(const char *path, const char *parameters, sqlite3 **ret_db)
{
	char *uri = uri_of(path, parameters);
	/* One thread reads; locks for more would cost a sixth of the time. */
	int code = sqlite3_open_v2(uri, ret_db,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	int64_t version;

	free(uri);
	if (code == SQLITE_OK)
		sqlite3_busy_timeout(*ret_db, 10000);
	if (code == SQLITE_OK)
		code = hw_event_table_register(*ret_db);
	if (code == SQLITE_OK)
		code = pragma(*ret_db, "PRAGMA schema_version", &version);
	return code;
}

/* Make *db a copy in memory, which may be changed. */
static int copy_to_memory(sqlite3 **db, const char *path, struct hw_error *error)
{
	sqlite3 *memory = NULL;
	sqlite3_backup *backup = NULL;
	int code = sqlite3_open(":memory:", &memory);

	if (code == SQLITE_OK)
		code = hw_event_table_register(memory);
	if (code == SQLITE_OK)
		backup = sqlite3_backup_init(memory, "main", *db, "main");
	if (backup) {
		sqlite3_backup_step(backup, -1);
		code = sqlite3_backup_finish(backup);
	} else {
		code = sqlite3_errcode(memory);
	}
	if (code != SQLITE_OK) {
		cannot_open(path, sqlite3_errmsg(memory), error);
		sqlite3_close(memory);
		return -EIO;
	}
	sqlite3_close(*db);
	*db = memory;
	return 0;
}

static int copy_file(const char *from, const char *to)
{
	struct stat status;
	int in = open(from, O_RDONLY | O_CLOEXEC), out, result = 0;
	ssize_t copied = 0;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0 || fstat(in, &status) < 0)
		result = -errno;
	for (off_t left = result ? 0 : status.st_size; left > 0 && !result; left -= copied) {
		copied = sendfile(out, in, NULL, (size_t)left);
		if (copied <= 0)
			result = copied < 0 ? -errno : -EIO;
	}
	if (out >= 0 && close(out) < 0 && !result)
		result = -errno;
	close(in);
	return result;
}

/* Read a file and its write-ahead log where SQLite can put its index: in a directory of ours. */
static int open_copy(
	const char *path, const char *wal_path, sqlite3 **ret_db, struct hw_error *error)
{
	const char *parent = getenv("TMPDIR");
	char *directory = hw_xasprintf("%s/holdwait.XXXXXX", parent && *parent ? parent : "/tmp");
	char *files[] = { hw_xasprintf("%s", directory), NULL, NULL };
	int code;

	if (!mkdtemp(directory)) {
		code = hw_error_set(error, -errno, "cannot make directory '%s': %s", directory,
			strerror(errno));
		goto out;
	}
	free(files[0]);
	files[0] = hw_xasprintf("%s/recording.db", directory);
	files[1] = hw_xasprintf("%s/recording.db-wal", directory);
	files[2] = hw_xasprintf("%s/recording.db-shm", directory);
	code = copy_file(path, files[0]);
	if (!code)
		code = copy_file(wal_path, files[1]);
	if (code)
		hw_error_set(error, code, "cannot copy '%s' to '%s': %s", path, directory,
			strerror(-code));
	else if (try_open(files[0], "", ret_db) != SQLITE_OK)
		code = cannot_open(path, sqlite3_errmsg(*ret_db), error);
	else
		code = copy_to_memory(ret_db, path, error);
	for (int i = 0; i < 3; i++)
		unlink(files[i]);
	rmdir(directory);
out:
	for (int i = 0; i < 3; i++)
		free(files[i]);
	free(directory);
	return code;
}

/* Open where nothing can be written next to the file. */
static int open_unwritable(const char *path, sqlite3 **ret_db, struct hw_error *error)
{
	char *wal_path = hw_xasprintf("%s-wal", path);
	struct stat status;
	int code = 0;

	sqlite3_close(*ret_db);
	*ret_db = NULL;
	if (stat(wal_path, &status) == 0 && status.st_size > 0)
		code = open_copy(path, wal_path, ret_db, error);
	else if (try_open(path, "?immutable=1", ret_db) != SQLITE_OK)
		code = cannot_open(path, sqlite3_errmsg(*ret_db), error);
	free(wal_path);
	return code;
}

static int open_database(const char *path, sqlite3 **ret_db, struct hw_error *error)
{
	int code = try_open(path, "", ret_db);

	switch (code & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_NOTADB:
		hw_error_set(error, -EINVAL,
			"'%s' is not a recording: it is not an SQLite database", path);
		hw_error_hint(error, "name the file that holdwait record wrote, usually %s",
			HW_RECORDING_DEFAULT);
		return -EINVAL;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		return open_unwritable(path, ret_db, error);
	default:
		return cannot_open(path, sqlite3_errmsg(*ret_db), error);
	}
}

static int check_format(sqlite3 *db, const char *path, struct hw_error *error)
{
	int64_t application = 0, version = 0;

	if (pragma(db, "PRAGMA application_id", &application) != SQLITE_OK ||
		pragma(db, "PRAGMA user_version", &version) != SQLITE_OK)
		return cannot_open(path, sqlite3_errmsg(db), error);
	if (application != APPLICATION_ID || version < 1) {
		hw_error_set(error, -EINVAL,
			"'%s' is an SQLite database, but not a recording of holdwait", path);
		hw_error_hint(error, "name the file that holdwait record wrote, usually %s",
			HW_RECORDING_DEFAULT);
		return -EINVAL;
	}
	if (version > HW_RECORDING_VERSION) {
		hw_error_set(error, -EINVAL,
			"recording '%s' has format %lld, but holdwait %s reads formats up to %d",
			path, (long long)version, HW_VERSION, HW_RECORDING_VERSION);
		hw_error_hint(error, "use the holdwait that made it, or a newer one");
		return -EINVAL;
	}
	return 0;
}

static int complete_names(sqlite3 **db, const char *path, struct hw_error *error)
{
	int code;

	if (hw_resolve_done(*db))
		return 0;
	code = copy_to_memory(db, path, error);
	return code ? code : hw_resolve_recording(*db, error);
}

int hw_recording_open(const char *path, enum hw_recording_names names,
	struct hw_recording *ret_recording, struct hw_error *error)
{
	sqlite3 *db = NULL;
	int code = check_file(path, error);

	if (!code)
		code = open_database(path, &db, error);
	if (!code)
		code = check_format(db, path, error);
	if (!code && names == HW_RECORDING_WITH_NAMES)
		code = complete_names(&db, path, error);
	if (code) {
		sqlite3_close(db);
		return code;
	}
	*ret_recording = (struct hw_recording){ .db = db, .path = hw_xstrdup(path) };
	return 0;
}

void hw_recording_close(struct hw_recording *recording)
{
	sqlite3_close(recording->db);
	free(recording->path);
	*recording = (struct hw_recording){ 0 };
}
