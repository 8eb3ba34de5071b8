/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_READER_PRIVATE_H
#define HW_TRACE_READER_PRIVATE_H

/* What reading a log, and merging logs in a round, have in common: where a log goes on. */

#include "trace/reader.h"

/* The next record of a log, where the log is now; NULL when nothing more was published. */
const struct hw_record *hw_reader_peek(struct hw_readers *readers, struct hw_reader *reader,
	struct hw_record *ret_copy);

/* Most records: an event that stands alone. Not one that was not published. */
static inline bool hw_reader_is_plain(uint64_t when)
{
	uint32_t op = (uint8_t)when;

	return op >= HW_OP_INIT && op < HW_OP_CREATE;
}

#endif
