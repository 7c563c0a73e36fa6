// SPDX-License-Identifier: GPL-2.0-only
#include "model/report.h"

#include <algorithm>
#include <numeric>

namespace iopath {

std::string_view name_of(Severity severity)
{
    switch (severity) {
    case Severity::critical:
        return "critical";
    case Severity::major:
        return "major";
    case Severity::minor:
        return "minor";
    case Severity::info:
        break;
    }
    return "info";
}

Nanoseconds idle_time(const Operation& operation)
{
    const OperationKey& key = operation.key;
    const bool awaits = key.op == Op::read || key.op == Op::recv || key.op == Op::accept;
    // A file's network or peer time is its server or FUSE daemon at work, not an absence of data.
    const bool stored = key.target == Target::file || key.target == Target::blockdev;
    if (!awaits || stored)
        return Nanoseconds::zero();
    return operation.stage(Stage::peer).time + operation.stage(Stage::network).time +
           operation.stage(Stage::timer).time;
}

bool keeps_idle(const Scope& scope)
{
    return scope.kind == ScopeKind::command;
}

Nanoseconds judged_time(const Scope& scope, const Operation& operation)
{
    if (keeps_idle(scope))
        return operation.latency.sum;
    return std::max(operation.latency.sum - idle_time(operation), Nanoseconds::zero());
}

double mean_in_flight(const AsyncRequests& row, const Counts& counts, Nanoseconds length)
{
    Nanoseconds open{};
    for (const Operation& operation : counts.operations)
        if (operation.key.interface == row.interface)
            open += operation.latency.sum;
    return length > Nanoseconds::zero() ? to_seconds(open) / to_seconds(length) : 0;
}

std::uint64_t punted(const AsyncRequests& row)
{
    return std::accumulate(row.punted.begin(), row.punted.end(), std::uint64_t{0});
}

Nanoseconds judged_time(const Interval& interval)
{
    const auto& rows = interval.counts.operations;
    return std::accumulate(rows.begin(), rows.end(), Nanoseconds::zero(),
                           [&](Nanoseconds sum, const Operation& row) {
                               return sum + judged_time(interval.scope, row);
                           });
}

} // namespace iopath
