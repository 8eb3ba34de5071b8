/* SPDX-License-Identifier: MIT */
/* A plugin in C++ that throws; see unwinds.c. */

extern "C" int throw_often(int count);

static int __attribute__((noinline)) maybe_throw(int number)
{
	if (number >= 0)
		throw number;
	return 1;
}

extern "C" int throw_often(int count)
{
	int caught = 0;

	for (int i = 0; i < count; i++) {
		try {
			caught -= maybe_throw(i);
		} catch (int) {
			caught++;
		}
	}
	return caught;
}
