// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace iopath {

namespace {

using Reclaims = std::array<std::uint64_t, kReclaims>;

Reclaims reclaims_of(const Interval& interval)
{
    Reclaims sum{};
    for (const Operation& row : interval.counts.operations)
        for (std::size_t kind = 0; kind < kReclaims; ++kind)
            sum.at(kind) += row.reclaims.at(kind);
    return sum;
}

std::uint64_t count_of(const Reclaims& reclaims, Reclaim kind)
{
    return reclaims.at(static_cast<std::size_t>(kind));
}

/// Why there was too little; in front of what is the most frequent.
std::string_view reason(Reclaim kind)
{
    switch (kind) {
    case Reclaim::limit:
        return "their memory cgroup was at its limit";
    case Reclaim::compaction:
        return "no free pages lay side by side";
    case Reclaim::host:
        break;
    }
    return "the host was short of free pages";
}

std::string_view remedy(Reclaim kind)
{
    switch (kind) {
    case Reclaim::limit:
        return "raise memory.max (memory.limit_in_bytes) of the cgroup, the container's memory "
               "limit; memory.high below it makes the kernel reclaim earlier, but also in the "
               "program's time";
    case Reclaim::compaction:
        return "ask for fewer large pages: /sys/kernel/mm/transparent_hugepage/defrag = defer or "
               "never, smaller network buffers; or let the kernel prepare them: "
               "vm.compaction_proactiveness";
    case Reclaim::host:
        break;
    }
    return "let kswapd begin earlier: raise vm.watermark_scale_factor (10 is 0.1 % of memory) or "
           "vm.min_free_kbytes; or free memory: fewer or smaller processes, limits for those that "
           "can do with less";
}

} // namespace

Findings memory_reclaim(const Interval& interval)
{
    const Load load = load_of(interval, Cause{{Stage::reclaim}, {}, {}});
    auto finding = judged(interval, load, "memory-reclaim", "memory");
    if (!finding)
        return {};
    const Reclaims reclaims = reclaims_of(interval);
    const auto most = static_cast<Reclaim>(
        std::distance(reclaims.begin(), std::max_element(reclaims.begin(), reclaims.end())));
    finding->summary =
        fmt::format("operations had to free memory themselves for {} of their time: {}",
                    human_share(finding->share), reason(most));
    finding->evidence.push_back(
        fmt::format("{} reclaims for a cgroup's limit, {} for the host, {} compactions",
                    grouped_count(count_of(reclaims, Reclaim::limit)),
                    grouped_count(count_of(reclaims, Reclaim::host)),
                    grouped_count(count_of(reclaims, Reclaim::compaction))));
    finding->evidence.push_back(
        fmt::format("stage reclaim {} in all: {}", human_duration(load.time), figures(load)));
    finding->evidence.push_back(fmt::format("mostly {}", load.row));
    finding->advice.emplace_back(remedy(most));
    finding->advice.emplace_back(
        "dirty pages are freed only once they are written: POSIX_FADV_DONTNEED "
        "after sync_file_range, or O_DIRECT, for streams");
    return {std::move(*finding)};
}

} // namespace iopath
