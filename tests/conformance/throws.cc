/* SPDX-License-Identifier: MIT */
/* A plugin in C++ that throws; see unwinds.c. */

#include <unwind.h>

extern "C" int throw_often(int count);

/* From where the function was called that an unwinder asks about a frame: from the unwinder. */
extern "C" const void *unwinder_seen;
const void *unwinder_seen;

extern "C" __attribute__((visibility("hidden"))) _Unwind_Reason_Code see_unwinder(
	int, _Unwind_Action, _Unwind_Exception_Class, _Unwind_Exception *, _Unwind_Context *)
{
	unwinder_seen = __builtin_return_address(0);
	return _URC_CONTINUE_UNWIND;
}

static int __attribute__((noinline)) maybe_throw(int number)
{
	if (number >= 0)
		throw number;
	return 1;
}

static int __attribute__((noinline)) call_seen(int number)
{
	/* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
	__asm__ volatile(".cfi_personality 0x1b, see_unwinder");
	return maybe_throw(number) + 1;
}

extern "C" int throw_often(int count)
{
	int caught = 0;

	for (int i = 0; i < count; i++) {
		try {
			caught -= call_seen(i);
		} catch (int) {
			caught++;
		}
	}
	return caught;
}
