// SPDX-License-Identifier: GPL-2.0-only
#include "model/block.h"

#include "model/take.h"

#include <algorithm>
#include <map>

namespace iopath {

namespace {

void subtract_submitted(std::vector<Submitted>& rows, const std::vector<Submitted>& earlier)
{
    std::map<Submitter, const Submitted*> known;
    for (const Submitted& row : earlier)
        known.emplace(row.by, &row);
    for (Submitted& row : rows) {
        const auto found = known.find(row.by);
        if (found == known.end())
            continue;
        take(row.count, found->second->count);
        take(row.bytes, found->second->bytes);
        take(row.time, found->second->time);
    }
    std::erase_if(rows, [](const Submitted& row) { return row.count == 0 && row.bytes == 0; });
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Submitted& a, const Submitted& b) { return a.time > b.time; });
}

} // namespace

std::uint64_t size_bound(std::size_t bucket)
{
    constexpr unsigned kFirst = 8; // bucket 1 holds a sector
    return bucket == 0 ? 0 : std::uint64_t{1} << (bucket + kFirst);
}

std::optional<std::uint64_t> size_quantile(const Sizes& sizes, double q)
{
    std::uint64_t all = 0;
    for (const std::uint64_t count : sizes)
        all += count;
    if (all == 0)
        return std::nullopt;
    std::uint64_t below = 0;
    std::size_t bucket = 0;
    for (; bucket + 1 < sizes.size(); ++bucket) {
        below += sizes.at(bucket);
        if (static_cast<double>(below) >= q * static_cast<double>(all) && below > 0)
            break;
    }
    return size_bound(bucket);
}

std::string_view name_of(SubmitterKind kind)
{
    switch (kind) {
    case SubmitterKind::process:
        return "process";
    case SubmitterKind::kernel:
        return "kernel";
    case SubmitterKind::writeback:
        return "writeback";
    case SubmitterKind::unknown:
        break;
    }
    return "unknown";
}

void BlockRequests::subtract(const BlockRequests& earlier)
{
    take(count, earlier.count);
    take(bytes, earlier.bytes);
    take(errors, earlier.errors);
    take(merges, earlier.merges);
    take(splits, earlier.splits);
    take(requeues, earlier.requeues);
    take(timeouts, earlier.timeouts);
    take(located, earlier.located);
    take(sequential, earlier.sequential);
    take(depth_time, earlier.depth_time);
    take_each(flags, earlier.flags);
    take_each(sizes, earlier.sizes);
    take(scheduler.count, earlier.scheduler.count);
    take(scheduler.time, earlier.scheduler.time);
    subtract_submitted(by, earlier.by);
    queue.subtract(earlier.queue);
    service.subtract(earlier.service);
}

bool BlockRequests::is_zero() const
{
    return count == 0 && errors == 0 && merges == 0 && splits == 0 && requeues == 0 &&
           queue.histogram.empty() && service.histogram.empty() &&
           depth_time == Nanoseconds::zero();
}

} // namespace iopath
