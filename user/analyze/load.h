// SPDX-License-Identifier: GPL-2.0-only
// What the rules share: time gathered over rows, its severity, the requests behind it.
#pragma once

#include "model/report.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// The time that one cause took of some operations.
struct Load {
    std::string device; ///< empty: unknown, or not gathered by device
    Nanoseconds time{};
    std::uint64_t operations = 0; ///< of the rows that had it
    Histogram histogram;          ///< of the stages; empty where they are not kept
    Nanoseconds max{};            ///< no single wait was longer
    std::vector<Via> via;         ///< whom it was spent on, longest first
    std::string row;              ///< the row with the most of it: "read file ext4 vda1"
    std::string process;          ///< and its first process: "fio[1234]"; may be empty
};

/// Stages that a cause consists of, for the rows that `wanted` accepts.
struct Cause {
    std::vector<Stage> stages;
    std::function<bool(const Operation&)> wanted;        ///< empty: all rows
    std::function<Nanoseconds(const Operation&)> less;   ///< part of them not meant; empty: none
    std::function<Nanoseconds(const Operation&)> time{}; ///< this instead of stages; empty: those
};

/// All the time of a cause.
Load load_of(const Interval& interval, const Cause& cause);

/// The time of a cause per device of the rows, most first.
std::vector<Load> loads_by_device(const Interval& interval, const Cause& cause);

/// A finding with severity, share, time, the main row and process filled in; nothing where there is
/// too little data or too small a share.
std::optional<Finding> judged(const Interval& interval, const Load& load, std::string_view id,
                              std::string_view layer);

/// The same of a time that no row has by itself; `whole`: what its share is taken of. Severity,
/// share and time are filled in.
std::optional<Finding> judged(const Interval& interval, Nanoseconds time, Nanoseconds whole,
                              std::string_view id, std::string_view layer);

/// "p50 36.0us, p99 120us, over 61,785 operations": of a load.
std::string figures(const Load& load);
/// "p50 36.0us, p99 120us".
std::string figures(const Latency& latency);

/// The disk of a partition: vda1 -> vda, nvme0n1p1 -> nvme0n1; other names as they are.
std::string whole_disk(std::string_view device);

/// The requests of one disk in the interval, its flushes apart.
struct Requests {
    std::string device;
    std::uint64_t count = 0;
    Latency queue;
    Latency service;
    std::uint64_t flushes = 0;
    Latency flush_service;
    Nanoseconds depth_time{};  ///< with the driver, as it passed, flushes left out
    double depth = 0;          ///< mean requests with the driver, flushes left out
    std::uint64_t located = 0; ///< requests with data, of which
    std::uint64_t sequential = 0;
    Sizes sizes{};
    Waits scheduler;             ///< of the queue time
    std::uint64_t sequences = 0; ///< flush sequences
    Latency sequence_service;
    std::uint64_t timeouts = 0;
};

/// The requests behind a row's device. One that stands for several or for none (btrfs, unknown)
/// is given those of the disk that worked most; nothing when no disk did.
std::optional<Requests> requests_behind(const Interval& interval, const std::string& device);

/// What the requests look like: "4.0KiB to 64.0KiB each (p50, p99), 93% sequential"; empty where
/// nothing of it is known.
std::string shape_of(const Requests& requests);

/// "vda", or "vda (the busiest disk, probably below btrfs)".
std::string disk_name(const Requests& requests, const std::string& row_device);

} // namespace iopath
