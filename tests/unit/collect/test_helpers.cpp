// SPDX-License-Identifier: GPL-2.0-only
// Kernel threads.
#include "collect/collector.h"
#include "fake_maps.h"
#include "names.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace iopath::test;
using std::chrono::nanoseconds;

namespace {

void add_work(FakeMaps& maps, std::string_view comm, std::string_view work)
{
    iopath_helper_key key{};
    comm.copy(&key.comm[0], sizeof(key.comm) - 1);
    work.copy(&key.work[0], sizeof(key.work) - 1);
    iopath_helper sums{};
    sums.stage_ns[IOPATH_STAGE_cpu] = 300;
    sums.stage_ns[IOPATH_STAGE_device] = 700;
    sums.waited_ns = 400;
    sums.waited_any_ns = 600;
    maps.put<iopath_helper_key, iopath_helper>("helpers", key, {sums});
}

std::vector<Helper> collected(FakeMaps& maps)
{
    Collector collector(maps, names());
    return collector.counts({}, "").helpers;
}

} // namespace

TEST_CASE("helpers have their stages and who waited", "[collector]")
{
    FakeMaps maps;
    add_work(maps, "jbd2/vda-8", "");
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].comm == "jbd2/vda-8");
    CHECK(rows[0].work.empty());
    CHECK_FALSE(rows[0].serves);
    CHECK(rows[0].stages.at(static_cast<std::size_t>(Stage::device)) == nanoseconds(700));
    CHECK(rows[0].time() == nanoseconds(1000));
    CHECK(rows[0].waited_for() == nanoseconds(400));
    CHECK(rows[0].for_helpers() == nanoseconds(200));
}

TEST_CASE("threads that carry out requests are known by the device's name", "[collector]")
{
    FakeMaps maps;
    add_work(maps, "kworker", "loop0");
    add_work(maps, "loop0", ""); // before 5.14
    add_work(maps, "kworker", "kblockd");
    add_work(maps, "kworker", "xfs-cil/loop0");
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 4);
    for (const Helper& row : rows) {
        const bool named = row.work == "loop0" || row.comm == "loop0";
        CHECK(row.device == (named ? "loop0" : ""));
        CHECK(row.serves == (named || row.work == "kblockd"));
    }
}

TEST_CASE("threads of one kind are one row, those of softirqs none", "[collector]")
{
    FakeMaps maps;
    add_work(maps, "migration/0", "");
    add_work(maps, "migration/1", "");
    add_work(maps, "ksoftirqd/0", "");
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].comm == "migration");
    CHECK(rows[0].time() == nanoseconds(2000));
}
