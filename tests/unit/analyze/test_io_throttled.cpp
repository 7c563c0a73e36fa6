// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const IoLimit kRate{LimitKind::rate, "/batch", "vda", "254:0", "/sys/fs/cgroup/batch/io.max",
                    "riops=100"};
const IoLimit kOther{LimitKind::rate, "/other", "vda", "254:0", "/sys/fs/cgroup/other/io.max",
                     "wbps=1048576"};
const IoLimit kCost{LimitKind::cost,     "", "vda", "254:0", "/sys/fs/cgroup/io.cost.qos",
                    "enable=1 ctrl=user"};
const IoLimit kWbt{LimitKind::writeback, "", "vda", "254:0", "/sys/block/vda/queue/wbt_lat_usec",
                   "wbt_lat_usec=2000"};

/// Reads of a partition, `share` of them in stage throttle, with these limits set.
Interval throttled(std::uint64_t count, double share, std::vector<IoLimit> limits)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::read, Target::file, "ext4", "vda1", {{count, 2ms}});
    test::move_time(row, Stage::throttle, share);
    interval.counts.operations = {row};
    interval.counts.block = {test::requests("vda", "read", {{count, 100us}}, 5us)};
    interval.limits = std::move(limits);
    return interval;
}

/// So many of the requests were let through by the block layer's worker.
Interval held(Interval interval, std::uint64_t count, const std::string& cgroup)
{
    Submitter worker;
    worker.kind = SubmitterKind::kernel;
    worker.comm = "kthrotld";
    worker.cgroup = cgroup;
    interval.counts.block.front().by = {{worker, count, count * 4096, 1ms}};
    return interval;
}

std::string subject(const Finding& finding, std::string_view name)
{
    for (const auto& [key, value] : finding.subject)
        if (key == name)
            return value;
    return "";
}

} // namespace

TEST_CASE("io-throttled names the cgroup, its limit and the remedy", "[io-throttled]")
{
    const Finding finding =
        io_throttled(held(throttled(100, 0.95, {kOther, kRate, kCost, kWbt}), 9, "/batch/job"))
            .at(0);
    CHECK(finding.id == "io-throttled");
    CHECK(finding.layer == "block");
    CHECK(finding.severity == Severity::critical);
    CHECK(subject(finding, "device") == "vda1");
    CHECK(subject(finding, "cgroup") == "/batch/job");
    CHECK(subject(finding, "limit") == "riops=100");
    CHECK(finding.summary == "the limit riops=100 of cgroup /batch on vda holds requests back for "
                             "95.0% of the operations' time");
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("9 requests of cgroup /batch/job"));
    CHECK_THAT(finding.advice.at(0),
               ContainsSubstring("echo '254:0 riops=max' > /sys/fs/cgroup/batch/io.max"));
    CHECK(finding.advice.size() == 2);
}

TEST_CASE("io-throttled lifts a limit of version 1 by a rate of 0", "[io-throttled]")
{
    IoLimit old = kRate;
    old.file = "/sys/fs/cgroup/blkio/batch/blkio.throttle.read_iops_device";
    const Finding finding = io_throttled(held(throttled(100, 0.95, {old}), 9, "")).at(0);
    CHECK(subject(finding, "cgroup") == "/batch");
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("echo '254:0 0' > " + old.file));
}

TEST_CASE("io-throttled does not guess among the limits of several cgroups", "[io-throttled]")
{
    const Finding finding = io_throttled(held(throttled(100, 0.95, {kRate, kOther}), 9, "")).at(0);
    CHECK_THAT(finding.summary, ContainsSubstring("the limit of one of 2 cgroups on vda holds"));
    CHECK(subject(finding, "cgroup").empty());
    CHECK(subject(finding, "limit").empty());
}

TEST_CASE("io-throttled tells iocost and wbt where no rate limit held anything", "[io-throttled]")
{
    CHECK_THAT(io_throttled(throttled(100, 0.4, {kRate, kCost, kWbt})).at(0).summary,
               ContainsSubstring("iocost on vda holds"));
    const Finding wbt = io_throttled(throttled(100, 0.4, {kRate, kWbt})).at(0);
    CHECK(wbt.severity == Severity::major);
    CHECK_THAT(wbt.summary, ContainsSubstring("writeback throttling on vda (wbt_lat_usec=2000)"));
    CHECK_THAT(wbt.advice.at(0), ContainsSubstring("echo 0 > /sys/block/vda/queue/wbt_lat_usec"));
}

TEST_CASE("io-throttled without a limit that is known says where to look", "[io-throttled]")
{
    const Finding finding = io_throttled(throttled(100, 0.4, {})).at(0);
    CHECK_THAT(finding.summary, ContainsSubstring("a limit of the block layer holds"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("io.max"));
}

TEST_CASE("io-throttled leaves dirty page limits out", "[io-throttled]")
{
    Interval interval = throttled(100, 0.95, {kRate});
    Operation& row = interval.counts.operations.front();
    row.dirty = row.stage(Stage::throttle).time;
    CHECK(io_throttled(interval).empty());
    row.dirty = row.stage(Stage::throttle).time / 2;
    CHECK(io_throttled(interval).at(0).severity == Severity::major);
}

TEST_CASE("io-throttled is silent below a tenth, and on too little data", "[io-throttled]")
{
    CHECK(io_throttled(throttled(100, 0.1, {kRate})).empty());
    CHECK(io_throttled(throttled(9, 0.95, {kRate})).empty());
}
