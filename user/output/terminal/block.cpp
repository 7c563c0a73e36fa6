// SPDX-License-Identifier: GPL-2.0-only
// The requests below the operations, and who asked for them.
#include "model/levels.h"
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::terminal {

namespace {

constexpr std::size_t kBlockRows = 8;
constexpr std::size_t kSubmitters = 3;

std::string submitter_text(const Submitter& by)
{
    std::string text = by.pid != 0 ? process_name(by.comm, by.pid) : by.comm;
    if (by.kind == SubmitterKind::writeback) {
        text = "writeback";
        if (!by.fs.empty() || !by.device.empty())
            text += " of " + by.fs + (by.fs.empty() || by.device.empty() ? "" : " on ") + by.device;
    }
    if (text.empty())
        text = by.kind == SubmitterKind::unknown ? "unknown" : "the kernel";
    if (by.cgroup.size() > 1 && by.kind == SubmitterKind::writeback)
        text += " for " + by.cgroup;
    return text;
}

/// "by fio[1234] 93%, writeback of ext4 on vda 7%"; nothing where all are unknown.
std::vector<Piece> submitter_pieces(const BlockRequests& row)
{
    std::uint64_t known = 0;
    for (const Submitted& one : row.by)
        known += one.by.kind == SubmitterKind::unknown ? 0 : one.count;
    std::string text;
    for (std::size_t i = 0; known > 0 && i < std::min(row.by.size(), kSubmitters); ++i)
        text += fmt::format("{}{} {:.0f}%", i == 0 ? "by " : ", ", submitter_text(row.by[i].by),
                            100 * static_cast<double>(row.by[i].count) /
                                static_cast<double>(std::max<std::uint64_t>(row.count, 1)));
    if (text.empty())
        return {};
    if (row.by.size() > kSubmitters)
        text += fmt::format(", {} more", row.by.size() - kSubmitters);
    return {{text, kDim}};
}

std::vector<Piece> trouble_pieces(const BlockRequests& row)
{
    std::vector<Piece> pieces;
    if (row.errors > 0)
        pieces.push_back({grouped_count(row.errors) + " failed", kBad});
    if (row.timeouts > 0)
        pieces.push_back({grouped_count(row.timeouts) + " timed out", kBad});
    if (row.requeues > 0)
        pieces.push_back({grouped_count(row.requeues) + " requeued", kDim});
    if (row.merges > 0)
        pieces.push_back({grouped_count(row.merges) + " merged", kDim});
    if (row.splits > 0)
        pieces.push_back({grouped_count(row.splits) + " split", kDim});
    return pieces;
}

/// "4.0KiB each  93% sequential  scheduler 12.0ms".
std::vector<Piece> flow_pieces(const BlockRequests& row)
{
    std::vector<Piece> pieces;
    const auto p50 = size_quantile(row.sizes, 0.5);
    const auto p99 = size_quantile(row.sizes, 0.99);
    if (p50 && *p99 > 0)
        pieces.push_back(
            {human_bytes(static_cast<double>(*p50)) +
                 (*p50 == *p99 ? " each"
                               : " to " + human_bytes(static_cast<double>(*p99)) + " (p50, p99)"),
             kDim});
    if (row.located > 0)
        pieces.push_back(
            {fmt::format("{:.0f}% sequential", 100 * static_cast<double>(row.sequential) /
                                                   static_cast<double>(row.located)),
             kDim});
    if (row.scheduler.count > 0)
        pieces.push_back({"scheduler " + human_duration(row.scheduler.time), kDim});
    return pieces;
}

/// "of it by itself: dm-2 1%, dm-0 97%, loop0 2%"; nothing for a device that hands nothing on.
std::vector<Piece> level_pieces(const Counts& counts, const BlockRequests& row)
{
    const auto levels = levels_of(counts, row);
    if (levels.empty())
        return {};
    return {{"of it by itself: " + text_of(levels), kPlain}};
}

void block_row(Page& page, Table& table, const Interval& interval, const BlockRequests& row)
{
    const double seconds = to_seconds(interval.length);
    const std::string depth =
        seconds > 0 ? fmt::format("{:.2f}", to_seconds(row.depth_time) / seconds) : "-";
    table.row({{text_or_dash(row.device)},
               {row.op},
               {count_text(row.count)},
               {human_bytes(static_cast<double>(row.bytes))},
               {quantile_text(row.queue, 0.5)},
               {quantile_text(row.queue, 0.99)},
               {quantile_text(row.service, 0.5)},
               {quantile_text(row.service, 0.99)},
               {depth}});
    page.flow(2, trouble_pieces(row));
    page.flow(2, flow_pieces(row));
    page.flow(2, level_pieces(interval.counts, row));
    page.flow(2, submitter_pieces(row));
}

} // namespace

void block_requests(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.block;
    if (rows.empty())
        return;
    page.title("Block requests");
    page.put(page.line()
                 .to(41)
                 .right("in the queue", 15, kDim)
                 .right("in the device", 16, kDim)
                 .right("mean", 8, kDim));
    Table table(page, {{"device", 11, true},
                       {"op", 12, true},
                       {"count", 8},
                       {"bytes", 10},
                       {"p50", 7},
                       {"p99", 8},
                       {"p50", 8},
                       {"p99", 8},
                       {"depth", 8}});
    table.head();
    table.rows(rows, kBlockRows,
               [&](const BlockRequests& row) { block_row(page, table, interval, row); });
}

void failed_requests(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.block_errors;
    if (rows.empty())
        return;
    page.title("Failed requests");
    Table table(page, {{"device", 11, true},
                       {"op", 12, true},
                       {"status", 15, true},
                       {"count", 8},
                       {"first sector", 15},
                       {"", 2},
                       {"asked by", 18, true}});
    table.head();
    table.rows(rows, kBlockRows, [&](const BlockErrors& row) {
        table.row({{text_or_dash(row.device)},
                   {row.op},
                   {row.status, kBad},
                   {count_text(row.count)},
                   {row.sector ? std::to_string(*row.sector) : "-"},
                   {""},
                   {submitter_text(row.by), kDim}});
    });
}

} // namespace iopath::terminal
