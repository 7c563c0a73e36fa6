// SPDX-License-Identifier: GPL-2.0-only
// A stack of devices, taken apart: what each level of it costs by itself.
#pragma once

#include "model/counts.h"

#include <cstdint>
#include <string>
#include <vector>

namespace iopath {

/// The own time of one device of a stack: less that of the devices it handed on to. Where it hands
/// on to several at a time (mirrors, stripes) theirs may exceed the whole; its own is zero then.
struct Level {
    std::string device;
    std::uint64_t count = 0; ///< of what came from above
    Nanoseconds time{};

    bool operator==(const Level&) const = default;
};

/// All levels below the requests of one row, from its own device down; empty for a device that
/// hands nothing on.
std::vector<Level> levels_of(const Counts& counts, const BlockRequests& row);

/// The same for all rows of a device.
std::vector<Level> levels_of(const Counts& counts, const std::string& device);

/// "dm-2 1%, dm-0 97%, loop0 2%": the shares of each level's own time.
std::string text_of(const std::vector<Level>& levels);

} // namespace iopath
