// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace iopath {

namespace {

constexpr std::array<Rule, 16> kRules{
    io_error,        path_lookup, device_bound,   flush_bound,    journal_wait,   file_lock_wait,
    lock_contention, cache_miss,  cpu_contention, dirty_throttle, memory_reclaim, queue_wait,
    io_throttled,    pipe_full,   pipe_empty,     missing_file,
};

} // namespace

Findings find_all(const Interval& interval)
{
    Findings all;
    for (const Rule rule : kRules) {
        Findings found = rule(interval);
        std::move(found.begin(), found.end(), std::back_inserter(all));
    }
    std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
        if (a.severity != b.severity)
            return a.severity < b.severity;
        return a.share > b.share;
    });
    return all;
}

} // namespace iopath
