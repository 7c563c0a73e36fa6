// SPDX-License-Identifier: GPL-2.0-only
#include "sys/dirty_limits.h"

#include "tests/support/catch.h"
#include "tests/unit/sys/fake_tree.h"

#include <unistd.h>

using namespace iopath;

TEST_CASE("dirty page limits come with the settings that are in use", "[dirty-limits]")
{
    const FakeTree tree;
    tree.file("/proc/vmstat", "nr_dirty 7\nnr_dirty_threshold 2000\n"
                              "nr_dirty_background_threshold 1000\n");
    tree.file("/proc/sys/vm/dirty_bytes", "8192000\n");
    tree.file("/proc/sys/vm/dirty_ratio", "0\n");
    tree.file("/proc/sys/vm/dirty_background_bytes", "0\n");
    tree.file("/proc/sys/vm/dirty_background_ratio", "10\n");
    const DirtyLimits limits = read_dirty_limits(tree.files());
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    CHECK(limits.limit == 2000 * page);
    CHECK(limits.background == 1000 * page);
    CHECK(limits.limit_setting == "vm.dirty_bytes = 8192000");
    CHECK(limits.background_setting == "vm.dirty_background_ratio = 10");
}
