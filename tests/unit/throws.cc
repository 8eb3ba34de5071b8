/* SPDX-License-Identifier: MIT */
/* What tests in C need of C++. */

extern "C" void throw_an_exception();
extern "C" void catch_exceptions_of(void (*function)());

void throw_an_exception()
{
	throw 1;
}

void catch_exceptions_of(void (*function)())
{
	try {
		function();
	} catch (int) {
	}
}
