// SPDX-License-Identifier: GPL-2.0-only
// Asynchronous requests: how many at once, how they were submitted, when they were taken.
#include "output/terminal/sections.h"

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

void head(Page& page)
{
    page.put(page.line()
                 .to(19)
                 .right("in flight", 18, kDim)
                 .right("batch", 12, kDim)
                 .right("until taken", 26, kDim));
    page.put(page.line()
                 .left("interface", 10, kDim)
                 .right("count", 11, kDim)
                 .right("mean", 9, kDim)
                 .right("max", 7, kDim)
                 .right("mean", 12, kDim)
                 .right("p50", 15, kDim)
                 .right("p99", 11, kDim));
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
    head(page);
    for (const AsyncRequests& row : interval.counts.async) {
        page.put(
            page.line()
                .left(name_of(row.interface), 10, kBold)
                .right(grouped_count(row.completed), 11)
                .right(fmt::format("{:.2f}", mean_in_flight(row, interval.counts, interval.length)),
                       9)
                .right(grouped_count(row.in_flight_max), 7)
                .right(batch_text(row.batches), 12)
                .right(quantile_text(row.reap, 0.5), 15)
                .right(quantile_text(row.reap, 0.99), 11));
        punts(page, row);
    }
}

} // namespace iopath::terminal
