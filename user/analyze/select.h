// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/interval.h"

#include <optional>
#include <string>
#include <vector>

namespace iopath {

/// What of an interval to show. Empty, or none: all of it.
struct Selection {
    std::string device{}; ///< a disk selects its partitions, too
    std::string fs{};
    std::optional<Target> target{};
    /// With `fs`: the devices that file systems of this type are mounted from.
    std::vector<std::string> fs_devices{};
    Breakdown by = Breakdown::none; ///< device and fs: rows that differ in nothing else become one
};

/// "vda" selects "vda1", "nvme0n1" selects "nvme0n1p2", and every device itself; no name selects
/// nothing.
bool device_matches(const std::string& device, const std::string& wanted);

/// Keeps the rows, requests and open operations that match, and adds up those that the breakdown
/// does not tell apart. Pure.
void select(Interval& interval, const Selection& selection);

} // namespace iopath
