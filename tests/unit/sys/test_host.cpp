// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/host.h"
#include "unit/sys/fake_tree.h"

#include <unistd.h>

using namespace iopath;

TEST_CASE("the host is described", "[host]")
{
    const FakeTree tree;
    tree.file("/sys/devices/system/cpu/online", "0-1,3\n");
    tree.file("/sys/devices/system/cpu/possible", "0-7\n");
    const Host host = read_host(tree.files());
    CHECK(host.cpus == 3);
    CHECK(possible_cpus(tree.files()) == 8);
    CHECK_FALSE(host.kernel.empty());
    CHECK_FALSE(host.arch.empty());
}

TEST_CASE("without sysfs there is still a CPU", "[host]")
{
    const FakeTree tree;
    CHECK(read_host(tree.files()).cpus >= 1);
    CHECK(possible_cpus(tree.files()) >= 1);
}

TEST_CASE("steal is read in ticks", "[host]")
{
    const FakeTree tree;
    tree.file("/proc/stat", "cpu  30770 1239 29822 340823 2858 0 789 105 0 0\ncpu0 1 2 3\n");
    const auto tick = Nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK);
    CHECK(read_steal(tree.files()) == 105 * tick);

    tree.file("/proc/stat", "cpu  1 2 3\n");
    CHECK(read_steal(tree.files()) == Nanoseconds(0));
    tree.remove("/proc/stat");
    CHECK(read_steal(tree.files()) == Nanoseconds(0));
}
