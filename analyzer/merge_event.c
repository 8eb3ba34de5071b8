/* SPDX-License-Identifier: MIT */
#include "analyzer/merge_event.h"

#include <errno.h>

/* An id in the result; 0 stays none. False when it is out of range. */
static bool shift_id(uint32_t *id, int64_t offset)
{
	int64_t shifted;

	if (__builtin_add_overflow((int64_t)*id, offset, &shifted) || shifted > UINT32_MAX)
		return false;
	*id = *id ? (uint32_t)shifted : 0;
	return true;
}

/* What the result of an event is an id of. */
static int64_t result_offset(const struct hw_event *event, const struct hw_merge_shift *shift)
{
	if (!event->has_result)
		return 0;
	return event->op == HW_OP_CREATE ? shift->thread :
		event->op == HW_OP_FORK || event->op == HW_OP_REAP ? shift->process :
					  0;
}

static bool shift_event(struct hw_event *event, const struct hw_merge_shift *shift)
{
	return shift_id(&event->thread, shift->thread) && shift_id(&event->object, shift->object) &&
	       shift_id(&event->stack, shift->stack) &&
	       !__builtin_add_overflow(event->time_ns, shift->time_ns, &event->time_ns) &&
	       !__builtin_add_overflow(event->result, result_offset(event, shift), &event->result);
}

int hw_merge_events(sqlite3 *source, const char *file, struct hw_event_writer *writer,
	const struct hw_merge_shift *shift, struct hw_error *error)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan = NULL;
	struct hw_event event;
	int code = hw_event_scan_open(source, file, &where, HW_EVENTS_BY_ID, &scan, error);

	while (!code && (code = hw_event_scan_next(scan, &event, error)) == 1) {
		code = 0;
		if (!shift_event(&event, shift))
			code = hw_error_set(error, -EBADMSG,
				"cannot merge '%s': a number in its table 'event' is out of range",
				file);
		else if (hw_event_writer_add(writer, &event) &&
			 hw_event_writer_flush(writer) != SQLITE_OK)
			code = hw_error_set(error, -EIO,
				"cannot merge '%s': its events cannot be written", file);
	}
	hw_event_scan_close(scan);
	return code;
}
