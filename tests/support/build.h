// SPDX-License-Identifier: GPL-2.0-only
// Short ways to values of the model, for tests.
#pragma once

#include "model/report.h"

#include <string>
#include <utility>
#include <vector>

namespace iopath::test {

/// So many of so long each.
using Samples = std::vector<std::pair<std::uint64_t, Nanoseconds>>;

/// Exactly what would have been counted: sum, maximum and buckets.
Latency latency_of(const Samples& samples);

/// A row whose wall time is all stage cpu.
Operation operation(Op op, Target target, std::string fs, std::string device,
                    const Samples& samples);

/// Moves `share` of the row's wall time from stage cpu to `stage`, evenly over its operations.
void move_time(Operation& row, Stage stage, double share);

/// Requests of a device, with the queue time of each.
BlockRequests requests(std::string device, std::string op, const Samples& service,
                       Nanoseconds queue);

/// A watch of the whole system for `length`, 2 CPUs, without a count.
Interval empty_interval(Nanoseconds length, ScopeKind kind = ScopeKind::system);

} // namespace iopath::test
