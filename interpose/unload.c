/* SPDX-License-Identifier: MIT */
#include <stdbool.h>

#include "interpose/export.h"
#include "interpose/memory.h"
#include "interpose/module.h"
#include "interpose/python.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/unwinder.h"

/*
 * Closing a library may take its code and its static objects away, and another one may be
 * loaded in their place: nothing that was remembered by address is true any more.
 *
 * Whether a call closes anything only the dynamic linker knows, and tells it afterwards, when
 * another thread may have opened the next library already. A stack that has a wrong name is
 * the worst of it, but for the unwinder, which may read where nothing is: what it knows is
 * forgotten before; and an interpreter, whose functions are asked, is kept. Libraries that libc
 * opens for itself (iconv, name services) are closed without a call that could be seen.
 */

/* After the call. What has ended is logged as freed by it. */
static bool forget_closed(const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_module_range range;
	bool any = false;

	while (hw_module_find_closed(self, &range)) {
		any = true;
		hw_memory_closed(range.start, range.end - range.start, call);
	}
	return any;
}

HW_EXPORT int dlclose(void *handle)
{
	bool may_close = !hw_module_handle_stays(handle);
	int result;

	if (may_close) {
		hw_python_keep();
		hw_unwinder_forget();
	}
	result = HW_REAL(dlclose)(handle);
	if (may_close && forget_closed(HW_CALL)) {
		hw_unwinder_forget();
		hw_stack_forget();
	}
	return result;
}
