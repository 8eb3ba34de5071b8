/* SPDX-License-Identifier: MIT */
#include "names_cxx.h"
#include "where.h"

namespace bank
{

/* Of the same name as one in names_cxx.cc. */
namespace
{
std::mutex hidden;
}

Account::Account() : cents(0)
{
}

} // namespace bank

void print_other_unit()
{
	using namespace bank;

	VARIABLE("mutex", hidden, hidden,
		"bank::(anonymous namespace)::hidden (names_cxx_other.cc)",
		"bank::hidden (names_cxx_other.cc)", "bank::hidden (names_cxx_other.cc)");
}
