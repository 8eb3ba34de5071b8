/* SPDX-License-Identifier: MIT */
/*
 * codec RECORDING: what packing and unpacking its events costs, and reading them all through
 * trace/event_scan.h, in nanoseconds of CPU time per event. Each is the best of several rounds.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "trace/event_scan.h"
#include "trace/event_table.h"
#include "trace/memory.h"

enum { ROUNDS = 7, BLOCKS_MAX = 4 };

static struct hw_packer packer;
static struct hw_unpacked unpacked;
static uint8_t bytes[BLOCKS_MAX][HW_PACK_BYTES_MAX];
static size_t size_bytes[BLOCKS_MAX];

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static void die(const char *why)
{
	fprintf(stderr, "codec: %s\n", why);
	exit(1);
}

static struct hw_event_scan *open_scan(sqlite3 *db, const char *path)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan;
	struct hw_error error;

	if (hw_event_scan_open(db, path, &where, HW_EVENTS_BY_ID, &scan, &error))
		die(error.message);
	return scan;
}

/* The events of whole blocks, as many as fit. */
static size_t read_events(sqlite3 *db, const char *path, struct hw_event *events)
{
	struct hw_event_scan *scan = open_scan(db, path);
	struct hw_error error;
	size_t count = 0;

	while (count < (size_t)BLOCKS_MAX * HW_PACK_EVENTS &&
		hw_event_scan_next(scan, &events[count], &error) == 1)
		count++;
	hw_event_scan_close(scan);
	return count - count % HW_PACK_EVENTS;
}

static void pack(const struct hw_event *events, size_t block)
{
	hw_pack_reset(&packer);
	for (size_t i = 0; i < HW_PACK_EVENTS; i++)
		hw_pack_add(&packer, &events[block * HW_PACK_EVENTS + i]);
	size_bytes[block] = hw_pack_write(&packer, bytes[block]);
}

static void measure_codec(const struct hw_event *events, size_t count)
{
	double packing_ns = 1e18, unpacking_ns = 1e18;
	size_t blocks = count / HW_PACK_EVENTS, total_bytes = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_ns(), middle;

		for (size_t block = 0; block < blocks; block++)
			pack(events, block);
		middle = now_ns();
		for (size_t block = 0; block < blocks; block++)
			if (hw_unpack(bytes[block], size_bytes[block], &unpacked))
				die("a block that was packed is damaged");
		packing_ns = least(packing_ns, middle - begin);
		unpacking_ns = least(unpacking_ns, now_ns() - middle);
	}
	for (size_t block = 0; block < blocks; block++)
		total_bytes += size_bytes[block];
	printf("pack %.1f ns/event, unpack %.1f ns/event, %.2f B/event",
		packing_ns / (double)count, unpacking_ns / (double)count,
		(double)total_bytes / (double)count);
}

static void measure_scan(sqlite3 *db, const char *path)
{
	double best_ns = 1e18;
	size_t count = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_ns();
		struct hw_event_scan *scan = open_scan(db, path);
		struct hw_event event;
		struct hw_error error;

		for (count = 0; hw_event_scan_next(scan, &event, &error) == 1;)
			count++;
		hw_event_scan_close(scan);
		best_ns = least(best_ns, now_ns() - begin);
	}
	printf(", read %.1f ns/event\n", best_ns / (double)count);
}

int main(int argc, char **argv)
{
	struct hw_event *events = hw_xcalloc((size_t)BLOCKS_MAX * HW_PACK_EVENTS, sizeof(*events));
	sqlite3 *db;
	size_t count;

	if (argc != 2)
		die("usage: codec RECORDING");
	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
		hw_event_table_register(db) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	count = read_events(db, argv[1], events);
	if (!count)
		die("the recording has less than a block of events");
	measure_codec(events, count);
	measure_scan(db, argv[1]);
	sqlite3_close(db);
	free(events);
	return 0;
}
