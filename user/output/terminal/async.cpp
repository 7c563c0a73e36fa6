// SPDX-License-Identifier: GPL-2.0-only
// Asynchronous requests: how many at once, how they were submitted, when they were taken.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <fmt/format.h>

namespace iopath::terminal {

namespace {

/// Polled queues are submitted to without a call: no batch is known.
std::string batch_text(const Batches& batches)
{
    if (batches.count == 0)
        return "-";
    return fmt::format("{:.1f}",
                       static_cast<double>(batches.sum) / static_cast<double>(batches.count));
}

void punts(Page& page, const AsyncRequests& row)
{
    const std::uint64_t all = punted(row);
    if (all == 0 || row.submitted == 0)
        return;
    std::vector<Piece> pieces{
        {fmt::format("{} went to worker threads",
                     human_share(static_cast<double>(all) / static_cast<double>(row.submitted)))}};
    constexpr std::array<std::string_view, kPunts> kWhy = {
        "asked for with IOSQE_ASYNC", "of a kind that always does", "would have blocked"};
    for (std::size_t i = 0; i < kPunts; ++i)
        if (row.punted.at(i) != 0)
            pieces.push_back(
                {fmt::format("{} {}", grouped_count(row.punted.at(i)), kWhy.at(i)), kDim});
    page.flow(2, pieces);
}

} // namespace

void async_requests(Page& page, const Interval& interval)
{
    if (interval.counts.async.empty())
        return;
    page.title("Asynchronous requests");
    page.put(page.line()
                 .to(19)
                 .right("in flight", 18, kDim)
                 .right("batch", 12, kDim)
                 .right("until taken", 26, kDim));
    Table table(page, {{"interface", 10, true},
                       {"count", 11},
                       {"mean", 9},
                       {"max", 7},
                       {"mean", 12},
                       {"p50", 15},
                       {"p99", 11}});
    table.head();
    for (const AsyncRequests& row : interval.counts.async) {
        const double at_once = mean_in_flight(row, interval.counts, interval.length);
        table.row({{std::string(name_of(row.interface)), kBold},
                   {grouped_count(row.completed)},
                   {fmt::format("{:.2f}", at_once)},
                   {grouped_count(row.in_flight_max)},
                   {batch_text(row.batches)},
                   {quantile_text(row.reap, 0.5)},
                   {quantile_text(row.reap, 0.99)}});
        punts(page, row);
    }
}

} // namespace iopath::terminal
