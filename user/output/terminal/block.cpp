// SPDX-License-Identifier: GPL-2.0-only
// The requests below the operations, and who asked for them.
#include "model/levels.h"
#include "output/terminal/sections.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::terminal {

namespace {

constexpr std::size_t kBlockRows = 8;
constexpr std::size_t kSubmitters = 3;

void block_head(Page& page)
{
    page.put(page.line()
                 .to(41)
                 .right("in the queue", 15, kDim)
                 .right("in the device", 16, kDim)
                 .right("mean", 8, kDim));
    page.put(page.line()
                 .left("device", 11, kDim)
                 .left("op", 12, kDim)
                 .right("count", 8, kDim)
                 .right("bytes", 10, kDim)
                 .right("p50", 7, kDim)
                 .right("p99", 8, kDim)
                 .right("p50", 8, kDim)
                 .right("p99", 8, kDim)
                 .right("depth", 8, kDim));
}

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

/// "4KiB each  93% sequential  depth up to 4  scheduler 12.0ms".
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

void block_row(Page& page, const Counts& counts, const BlockRequests& row, Nanoseconds length)
{
    const double seconds = to_seconds(length);
    const std::string depth =
        seconds > 0 ? fmt::format("{:.2f}", to_seconds(row.depth_time) / seconds) : "-";
    page.put(page.line()
                 .left(row.device.empty() ? "-" : row.device, 10)
                 .to(11)
                 .left(row.op, 12)
                 .right(count_text(row.count), 8)
                 .right(human_bytes(static_cast<double>(row.bytes)), 10)
                 .right(quantile_text(row.queue, 0.5), 7)
                 .right(quantile_text(row.queue, 0.99), 8)
                 .right(quantile_text(row.service, 0.5), 8)
                 .right(quantile_text(row.service, 0.99), 8)
                 .right(depth, 8));
    page.flow(2, trouble_pieces(row));
    page.flow(2, flow_pieces(row));
    page.flow(2, level_pieces(counts, row));
    page.flow(2, submitter_pieces(row));
}

} // namespace

void block_requests(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.block;
    if (rows.empty())
        return;
    page.title("Block requests");
    block_head(page);
    const std::size_t shown = std::min(rows.size(), kBlockRows);
    for (std::size_t i = 0; i < shown; ++i)
        block_row(page, interval.counts, rows[i], interval.length);
    if (shown < rows.size())
        page.put(fmt::format("+ {} more", rows.size() - shown), kDim);
}

void failed_requests(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.block_errors;
    if (rows.empty())
        return;
    page.title("Failed requests");
    page.put(page.line()
                 .left("device", 11, kDim)
                 .left("op", 12, kDim)
                 .left("status", 15, kDim)
                 .right("count", 8, kDim)
                 .right("first sector", 15, kDim)
                 .to(63)
                 .add("asked by", kDim));
    const std::size_t shown = std::min(rows.size(), kBlockRows);
    for (std::size_t i = 0; i < shown; ++i)
        page.put(page.line()
                     .left(rows[i].device.empty() ? "-" : rows[i].device, 10)
                     .to(11)
                     .left(rows[i].op, 11)
                     .to(23)
                     .left(rows[i].status, 15, kBad)
                     .right(count_text(rows[i].count), 8)
                     .right(rows[i].sector ? std::to_string(*rows[i].sector) : "-", 15)
                     .to(63)
                     .left(submitter_text(rows[i].by), 17, kDim));
    if (shown < rows.size())
        page.put(fmt::format("+ {} more", rows.size() - shown), kDim);
}

} // namespace iopath::terminal
