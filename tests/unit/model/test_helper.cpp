// SPDX-License-Identifier: GPL-2.0-only
#include "model/counts.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;

namespace {

Helper worked(Nanoseconds cpu, Nanoseconds device, Nanoseconds by_operations, Nanoseconds by_any)
{
    Helper helper;
    helper.comm = "jbd2/vda-8";
    helper.stages.at(static_cast<std::size_t>(Stage::cpu)) = cpu;
    helper.stages.at(static_cast<std::size_t>(Stage::device)) = device;
    helper.by_operations = by_operations;
    helper.by_any = by_any;
    return helper;
}

void check_sum(const Helper& helper)
{
    CHECK(helper.waited_for() + helper.for_helpers() + helper.for_requests() +
              helper.background() ==
          helper.time());
}

} // namespace

TEST_CASE("the work of a helper is for somebody or in the background", "[helper]")
{
    const Helper helper = worked(3us, 7us, 4us, 6us);
    CHECK(helper.time() == 10us);
    CHECK(helper.waited_for() == 4us);
    CHECK(helper.for_helpers() == 2us);
    CHECK(helper.background() == 4us);
    CHECK(helper.for_requests() == 0us);
}

TEST_CASE("what carries out requests has no background", "[helper]")
{
    Helper helper = worked(3us, 7us, 4us, 6us);
    helper.serves = true;
    CHECK(helper.for_requests() == 4us);
    CHECK(helper.background() == 0us);
    check_sum(helper);
}

TEST_CASE("of an interval no more is waited for than was done in it", "[helper]")
{
    Counts counts, earlier;
    earlier.helpers = {worked(3us, 7us, 0us, 0us)};
    counts.helpers = {worked(4us, 8us, 9us, 11us)}; // a wait for what was done before
    counts.subtract(earlier);
    REQUIRE(counts.helpers.size() == 1);
    CHECK(counts.helpers[0].time() == 2us);
    CHECK(counts.helpers[0].waited_for() == 2us);
    check_sum(counts.helpers[0]);
    counts.subtract(counts);
    CHECK(counts.helpers.empty());
}

TEST_CASE("parts that were read at different moments still sum", "[helper]")
{
    check_sum(worked(1us, 0us, 5us, 2us));
    check_sum(worked(5us, 0us, 3us, 2us));
    check_sum(worked(0us, 0us, 3us, 2us));
}
