/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_NAMES_NAMES_CXX_H
#define HW_TESTS_UNIT_NAMES_NAMES_CXX_H

/* The parts of the C++ program whose names are looked up. */

#include <mutex>

namespace bank
{

/* Constructed in names_cxx_other.cc: elsewhere clang only declares it. */
class Account
{
      public:
	Account();
	long cents;
	std::mutex guard;
};

} // namespace bank

void print_other_unit();

#endif
