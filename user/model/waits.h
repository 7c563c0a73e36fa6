// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/counts.h"

#include <algorithm>

namespace iopath {

/// Is it known what the row's operations waited for? Not of asynchronous ones.
inline bool knows_waits(const Operation& row)
{
    return row.key.interface == Interface::syscall;
}

/// Waits for commits, whosever.
inline Nanoseconds commit_time(const Operation& row)
{
    return row.wait(FileWait::commit) + row.wait(FileWait::others_commit);
}

/// What is left of the operations' time: they ran, waited for a CPU, a lock, a limit.
inline Nanoseconds rest_of_waits(const Operation& row)
{
    Nanoseconds known = row.flush;
    for (const Nanoseconds wait : row.waits)
        known += wait;
    return row.latency.sum - std::min(row.latency.sum, known);
}

} // namespace iopath
