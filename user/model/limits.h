// SPDX-License-Identifier: GPL-2.0-only
// Limits that an administrator has set for block devices.
#pragma once

#include <cstdint>
#include <string>

namespace iopath {

enum class LimitKind {
    rate,     ///< io.max, blkio.throttle.*: bytes or requests a second
    cost,     ///< iocost: shares of what the device can do
    writeback ///< wbt: writeback gives way to reads
};

struct IoLimit {
    LimitKind kind{};
    std::string cgroup;  ///< path in its hierarchy; empty: set for the device as a whole
    std::string device;  ///< a disk, as in /sys/block
    std::string number;  ///< its "MAJOR:MINOR", as such files name it
    std::string file;    ///< where it is set
    std::string setting; ///< "riops=100"
};

/// What the host allows of pages that are not written back yet (vm.dirty_*).
struct DirtyLimits {
    std::uint64_t limit = 0;      ///< bytes, at which writers are held back for good
    std::uint64_t background = 0; ///< bytes, at which writeback begins
    std::string limit_setting;    ///< that it comes from: "vm.dirty_ratio = 20"
    std::string background_setting;
};

} // namespace iopath
