// SPDX-License-Identifier: GPL-2.0-only
// Limits that an administrator has set for block devices.
#pragma once

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

} // namespace iopath
