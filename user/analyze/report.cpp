// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/report.h"

#include "analyze/findings.h"

#include <algorithm>
#include <utility>

namespace iopath {

namespace {

/// Longest first; equal ones in the order of their key, so that a report is always the same.
template <typename Row, typename Time>
void longest_first(std::vector<Row>& rows, Time time)
{
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Row& a, const Row& b) { return time(a) > time(b); });
}

void sort_operations(Interval& interval)
{
    auto& rows = interval.counts.operations;
    std::sort(rows.begin(), rows.end(), [&](const Operation& a, const Operation& b) {
        const auto time_a = judged_time(interval.scope, a);
        const auto time_b = judged_time(interval.scope, b);
        if (time_a != time_b)
            return time_a > time_b;
        if (a.latency.sum != b.latency.sum)
            return a.latency.sum > b.latency.sum;
        return a.key < b.key;
    });
    for (Operation& row : rows) {
        longest_first(row.top, [](const TopProcess& top) { return top.time; });
        for (StageTime& stage : row.stages)
            longest_first(stage.via, [](const Via& via) { return via.time; });
    }
}

void sort_layers(Interval& interval)
{
    Counts& counts = interval.counts;
    longest_first(counts.failures, [](const Failure& row) { return row.count; });
    longest_first(counts.directories, [](const DirectoryLookups& row) { return row.cost(); });
    longest_first(counts.block, [](const BlockRequests& row) { return row.service.sum; });
    longest_first(counts.flush_sequences, [](const BlockRequests& row) { return row.service.sum; });
    longest_first(counts.block_errors, [](const BlockErrors& row) { return row.count; });
    longest_first(counts.nvme, [](const NvmeQueue& row) {
        return row.queue.sum + row.command.sum + row.completion.sum;
    });
    longest_first(counts.interrupts, [](const Interrupt& row) { return row.latency.sum; });
    longest_first(counts.commits, [](const Commits& row) { return row.latency.sum; });
    longest_first(counts.kernel_locks, [](const KernelLockWaits& row) { return row.time; });
    longest_first(counts.file_locks, [](const FileLockWaits& row) { return row.time; });
    longest_first(counts.helpers, [](const Helper& row) { return row.time(); });
    for (Commits& row : counts.commits)
        longest_first(row.askers, [](const CommitAsker& asker) { return asker.count; });
    longest_first(counts.softirqs, [](const Softirq& row) { return row.latency.sum; });
    longest_first(interval.in_flight, [](const InFlight& open) { return open.open_for; });
}

bool is_software(Op op, Stage stage)
{
    switch (stage) {
    case Stage::device:
    case Stage::network:
    case Stage::peer:
    case Stage::timer:
    case Stage::throttle:
        return false;
    case Stage::lock:
        return op != Op::lock;
    default:
        return true;
    }
}

Nanoseconds software_time(const Operation& row)
{
    Nanoseconds sum{};
    for (std::size_t i = 0; i < kStages; ++i)
        if (is_software(row.key.op, static_cast<Stage>(i)))
            sum += row.stages.at(i).time;
    return sum;
}

void add_totals(Report& report)
{
    for (const Operation& row : report.interval.counts.operations) {
        report.operations += row.count;
        report.operation_time += row.latency.sum;
        report.idle += idle_time(row);
        report.imbalanced += row.imbalanced;
        report.residual += row.residual;
    }
}

} // namespace

double os_tax(const Interval& interval)
{
    const Nanoseconds whole = judged_time(interval);
    if (whole <= Nanoseconds::zero())
        return 0;
    Nanoseconds software{};
    for (const Operation& row : interval.counts.operations)
        software += software_time(row);
    return std::min(to_seconds(software) / to_seconds(whole), 1.0);
}

Report make_report(Interval interval)
{
    sort_operations(interval);
    sort_layers(interval);
    Report report;
    report.interval = std::move(interval);
    add_totals(report);
    report.os_tax = os_tax(report.interval);
    report.findings = find_all(report.interval);
    return report;
}

} // namespace iopath
