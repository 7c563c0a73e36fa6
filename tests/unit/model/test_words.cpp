// SPDX-License-Identifier: GPL-2.0-only
#include "model/words.h"
#include "tests/support/catch.h"

using namespace iopath;

TEST_CASE("every word names what it is the name of", "[words]")
{
    for (std::size_t i = 0; i < kOps; ++i)
        CHECK(op_named(kOpNames.at(i)) == static_cast<Op>(i));
    for (std::size_t i = 0; i < kTargets; ++i)
        CHECK(target_named(kTargetNames.at(i)) == static_cast<Target>(i));
    CHECK(target_named("unix") == Target::unix_socket);
}

TEST_CASE("other words name nothing", "[words]")
{
    CHECK_FALSE(op_named("reads"));
    CHECK_FALSE(op_named(""));
    CHECK_FALSE(target_named("unix_socket"));
}

TEST_CASE("the words are those of the contract", "[words]")
{
    CHECK(kOps == 12);
    CHECK(kTargets == 8);
    CHECK(kStages == 17);
    CHECK(name_of(Stage::block_queue) == "block_queue");
    CHECK(name_of(Loss::clock_back) == "clock_back");
}
