// SPDX-License-Identifier: GPL-2.0-only
// Kernel threads: what they did, and how much of it was waited for.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::terminal {

namespace {

constexpr std::size_t kHelpers = 6;
constexpr std::size_t kIndent = 2;
/// Of the watch: every kernel has threads that do a little.
constexpr double kLeastTime = 0.005;
/// Of a row's time, of its stages.
constexpr double kLeastStage = 0.05;

double share_of(Nanoseconds part, const Helper& row)
{
    return to_seconds(part) / to_seconds(row.time());
}

/// What its time went into, and for whom, as far as no column says so.
std::vector<Piece> pieces_of(const Helper& row)
{
    std::vector<Piece> pieces;
    if (row.for_requests() > Nanoseconds::zero())
        pieces.push_back(
            {fmt::format("for requests{} {}", row.device.empty() ? "" : " of " + row.device,
                         human_share(share_of(row.for_requests(), row)))});
    if (share_of(row.for_helpers(), row) >= kLeastStage)
        pieces.push_back({"for other helpers " + human_share(share_of(row.for_helpers(), row))});
    std::vector<std::size_t> stages;
    for (std::size_t i = 0; i < kStages; ++i)
        if (share_of(row.stages.at(i), row) >= kLeastStage)
            stages.push_back(i);
    std::stable_sort(stages.begin(), stages.end(), [&](std::size_t a, std::size_t b) {
        return row.stages.at(a) > row.stages.at(b);
    });
    for (const std::size_t i : stages)
        pieces.push_back({fmt::format("{} {}", name_of(static_cast<Stage>(i)),
                                      human_share(share_of(row.stages.at(i), row))),
                          kDim});
    return pieces;
}

} // namespace

void helpers(Page& page, const Interval& interval)
{
    const auto& all = interval.counts.helpers; // longest first
    const auto matters = [&](const Helper& row) {
        return to_seconds(row.time()) >= kLeastTime * to_seconds(interval.length);
    };
    const auto shown = static_cast<std::size_t>(std::ranges::count_if(all, matters));
    if (shown == 0)
        return;
    page.title("Helpers (kernel threads)");
    Table table(page, {{"", 36, true}, {"time", 9}, {"waited for", 12}, {"background", 12}});
    table.head();
    for (std::size_t i = 0; i < std::min(shown, kHelpers); ++i) {
        const Helper& row = all[i];
        table.row({{row.work.empty() ? row.comm : row.comm + " " + row.work},
                   {human_duration(row.time())},
                   {human_share(share_of(row.waited_for(), row))},
                   {human_share(share_of(row.background(), row))}});
        page.flow(kIndent, pieces_of(row));
    }
    Nanoseconds rest{};
    for (std::size_t i = std::min(shown, kHelpers); i < all.size(); ++i)
        rest += all[i].time();
    if (rest > Nanoseconds::zero())
        page.put(fmt::format("+ {} more, {}", all.size() - std::min(shown, kHelpers),
                             human_duration(rest)),
                 kDim);
}

} // namespace iopath::terminal
