// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace iopath {

using Nanoseconds = std::chrono::nanoseconds;

/// Seconds as a number, for JSON and metrics.
inline double to_seconds(Nanoseconds value)
{
    return std::chrono::duration<double>(value).count();
}

/// Three significant digits with the unit a human reads: "850ns", "12.3us", "4.50ms", "1.20s",
/// "312s".
std::string human_duration(Nanoseconds value);

/// IEC bytes: "512B", "4.0KiB", "1.5MiB".
std::string human_bytes(double bytes);

/// Counts: "950", "61.8k", "1.20M".
std::string human_count(double count);

/// Exact counts with commas: "61,785".
std::string grouped_count(std::uint64_t count);

/// A share (0..1) as "45.6%"; what is there but would round to nothing is "<0.1%".
std::string human_share(double share);

} // namespace iopath
