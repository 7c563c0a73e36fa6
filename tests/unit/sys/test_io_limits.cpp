// SPDX-License-Identifier: GPL-2.0-only
#include "sys/io_limits.h"

#include "tests/support/catch.h"
#include "tests/unit/sys/fake_tree.h"

#include <algorithm>

using namespace iopath;

namespace {

/// A host with two disks, and both versions of cgroups.
void furnish(const FakeTree& tree)
{
    tree.block_device("254:0", "virtual/block/vda");
    tree.block_device("7:0", "virtual/block/loop0");
    tree.file("/proc/self/mountinfo",
              "31 23 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
              "32 23 0:39 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
              "33 23 0:40 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n");
}

std::vector<std::string> lines_of(const FakeTree& tree)
{
    const HostFiles files = tree.files();
    Devices devices(files);
    std::vector<std::string> lines;
    for (const IoLimit& limit : read_io_limits(files, devices))
        lines.push_back(limit.cgroup + " " + limit.device + " " + limit.number + " " +
                        limit.setting + " " + limit.file);
    std::sort(lines.begin(), lines.end());
    return lines;
}

} // namespace

TEST_CASE("limits of cgroups of both versions are read", "[io-limits]")
{
    const FakeTree tree;
    furnish(tree);
    const std::string two = "/sys/fs/cgroup/unified";
    const std::string one = "/sys/fs/cgroup/blkio";
    tree.file(two + "/io.cost.qos", "254:0 enable=1 ctrl=user\n7:0 enable=0 ctrl=auto\n");
    tree.file(two + "/batch/io.max", "254:0 rbps=max wbps=1048576 riops=100 wiops=max\n"
                                     "7:0 rbps=max wbps=max riops=max wiops=max\n");
    tree.file(two + "/batch/job/io.max", "");
    tree.file(one + "/blkio.throttle.read_bps_device", "");
    tree.file(one + "/old/blkio.throttle.write_iops_device", "7:0 50\n");
    CHECK(lines_of(tree) ==
          std::vector<std::string>{
              " vda 254:0 enable=1 ctrl=user /sys/fs/cgroup/unified/io.cost.qos",
              "/batch vda 254:0 wbps=1048576 riops=100 /sys/fs/cgroup/unified/batch/io.max",
              "/old loop0 7:0 wiops=50 "
              "/sys/fs/cgroup/blkio/old/blkio.throttle.write_iops_device"});
}

TEST_CASE("writeback throttling that is off is no limit", "[io-limits]")
{
    const FakeTree tree;
    furnish(tree);
    tree.file("/sys/block/vda/queue/wbt_lat_usec", "2000\n");
    tree.file("/sys/block/vda/dev", "254:0\n");
    tree.file("/sys/block/loop0/queue/wbt_lat_usec", "0\n");
    CHECK(lines_of(tree) == std::vector<std::string>{" vda 254:0 wbt_lat_usec=2000 "
                                                     "/sys/block/vda/queue/wbt_lat_usec"});
}

TEST_CASE("lines that are no limits are passed over", "[io-limits]")
{
    const FakeTree tree;
    furnish(tree);
    tree.file("/sys/fs/cgroup/unified/a/io.max", "254 riops=1\n:0 riops=1\n254:0\nvda riops=1\n");
    CHECK(lines_of(tree).empty());
}
