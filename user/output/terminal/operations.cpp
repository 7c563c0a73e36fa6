// SPDX-License-Identifier: GPL-2.0-only
#include "model/waits.h"
#include "output/terminal/bar.h"
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::terminal {

namespace {

/// Rows below this share, or beyond this number, are folded into one line.
constexpr double kShownShare = 0.01;
constexpr std::size_t kShownRows = 12;
constexpr std::size_t kIndent = 2;
constexpr std::uint64_t kExact = 9'999'999; // that the column for counts has room for

std::string duration_text(const Latency& latency, Nanoseconds value)
{
    return latency.histogram.empty() ? "-" : human_duration(value);
}

void table_row(Table& table, const Operation& row, double share)
{
    table.row({{std::string(name_of(row.key.op)), kBold},
               {std::string(name_of(row.key.target))},
               {text_or_dash(row.key.fs)},
               {text_or_dash(row.key.device)},
               {count_text(row.count, kExact)},
               {duration_text(row.latency, row.latency.quantile(0.5))},
               {duration_text(row.latency, row.latency.quantile(0.99))},
               {duration_text(row.latency, row.latency.max)},
               {human_share(share), kBold}});
}

std::string found_text(const CacheUse& cache)
{
    const double found = static_cast<double>(cache.hits()) / static_cast<double>(cache.asked);
    return fmt::format("{} of {} pages were in the page cache, ", human_share(found),
                       count_text(cache.asked));
}

/// "93.0% of 1,000 pages were in the page cache, 64 read ahead"; of faults only those count that
/// waited, so there is no such share.
std::string cache_text(const CacheUse& cache, Interface interface)
{
    std::string text = fmt::format("{} read ahead", count_text(cache.read_ahead()));
    if (interface != Interface::page_fault)
        text = found_text(cache) + text;
    if (cache.unused_at_least() > 0)
        text += fmt::format(" (of no use yet: {} or more)", count_text(cache.unused_at_least()));
    if (cache.again.value_or(0) > 0)
        text += fmt::format(", {} brought in again", count_text(*cache.again));
    return text;
}

/// What the row is told apart by beside the columns, and what went wrong in it.
void particulars(Page& page, const Operation& row)
{
    std::vector<Piece> pieces;
    if (row.key.interface != Interface::syscall)
        pieces.push_back({fmt::format("by {}", name_of(row.key.interface))});
    if (row.key.pid != 0)
        pieces.push_back({"process " + process_name(row.key.comm, row.key.pid)});
    if (!row.key.cgroup.empty())
        pieces.push_back({"cgroup " + row.key.cgroup});
    for (const Below& one : row.below)
        pieces.push_back({one.pid != 0 ? "served by " + process_name(one.comm, one.pid)
                                       : fmt::format("on {} {}", one.fs, one.device)});
    if (row.key.peer_target)
        pieces.push_back({fmt::format("other end {}", name_of(*row.key.peer_target))});
    if (row.errors > row.would_block)
        pieces.push_back({grouped_count(row.errors - row.would_block) + " failed", kWarn});
    if (row.would_block > 0)
        pieces.push_back({grouped_count(row.would_block) + " would have blocked", kDim});
    if (row.interrupted > 0)
        pieces.push_back({grouped_count(row.interrupted) + " interrupted", kDim});
    if (row.cache.asked > 0)
        pieces.push_back({cache_text(row.cache, row.key.interface), kDim});
    if (row.lookups.misses && row.lookups.misses->count > 0)
        pieces.push_back({fmt::format("{} names not in the dentry cache, searched for {}",
                                      grouped_count(row.lookups.misses->count),
                                      human_duration(row.lookups.misses->time)),
                          kDim});
    page.flow(kIndent, pieces);
}

/// With --by file.
void file_line(Page& page, const Operation& row)
{
    const FileName& file = *row.key.file;
    if (file.what == FileName::What::path)
        page.flow(kIndent,
                  {{path_text(file.path, file.deleted, kColumns - kIndent, page.charset())}});
    else if (file.what == FileName::What::others)
        page.flow(kIndent, {{"other files, for which there was no room", kWarn}});
}

void idle_note(Page& page, const Operation& row)
{
    if (const Nanoseconds idle = idle_time(row); idle > Nanoseconds::zero())
        page.flow(kIndent, {{human_duration(idle) + " of this was idle waiting", kDim}});
}

/// Syncs by what they waited for; of other operations what commits took of them.
void file_waits(Page& page, const Operation& row)
{
    constexpr double kLeastShare = 0.01;
    if (!knows_waits(row) || row.latency.sum <= Nanoseconds::zero())
        return;
    std::vector<Piece> pieces;
    const auto add = [&](std::string_view what, Nanoseconds time) {
        const double share = to_seconds(time) / to_seconds(row.latency.sum);
        if (share >= kLeastShare)
            pieces.push_back({fmt::format("{} {:.0f}%", what, share * 100), kDim});
    };
    if (row.key.op != Op::sync) {
        add("for commits", commit_time(row));
    } else {
        add("for data", row.wait(FileWait::data));
        add("its commit", row.wait(FileWait::commit));
        add("commits begun before", row.wait(FileWait::others_commit));
        add("flushes", row.flush);
        if (row.merged > 0)
            pieces.push_back({grouped_count(row.merged) + " shared a commit", kDim});
    }
    page.flow(kIndent, pieces);
}

void processes(Page& page, const Operation& row)
{
    constexpr std::size_t kNames = 4;
    constexpr double kLeastShare = 0.01;
    if (row.latency.sum <= Nanoseconds::zero())
        return;
    std::string text;
    for (std::size_t i = 0; i < std::min(row.top.size(), kNames); ++i) {
        const TopProcess& top = row.top[i];
        const double share = to_seconds(top.time) / to_seconds(row.latency.sum);
        if (i > 0 && share < kLeastShare)
            break;
        text += fmt::format("{}{} {:.0f}%", i == 0 ? "by " : ", ", process_name(top.comm, top.pid),
                            share * 100);
    }
    if (!text.empty())
        page.put(page.line().to(kIndent).add(text, kDim));
}

void slow_row(Page& page, Table& table, const Operation& row, const Scope& scope, double share)
{
    table_row(table, row, share);
    if (row.key.file)
        file_line(page, row);
    particulars(page, row);
    stage_bar(page, row, kIndent);
    waited_for(page, row, kIndent);
    file_waits(page, row);
    processes(page, row);
    if (!keeps_idle(scope))
        idle_note(page, row);
}

void folded(Page& page, const Interval& interval, std::size_t from)
{
    const auto& rows = interval.counts.operations;
    if (from >= rows.size())
        return;
    Nanoseconds time{};
    for (std::size_t i = from; i < rows.size(); ++i)
        time += judged_time(interval.scope, rows[i]);
    const std::size_t kinds = rows.size() - from;
    page.put(
        fmt::format("+ {} more kind{}, {}", kinds, kinds == 1 ? "" : "s", human_duration(time)),
        kDim);
}

void nothing_seen(Page& page, const Interval& interval)
{
    page.blank();
    page.put(fmt::format("No I/O operation ended in these {}.", human_duration(interval.length)),
             kBold);
    if (!interval.in_flight.empty())
        page.paragraph("", "Some are still open: see below.");
    else if (interval.scope.kind == ScopeKind::command)
        page.paragraph("", "The command did no file, pipe or socket I/O through system calls. "
                           "Memory-mapped I/O is not followed yet.");
    else
        page.paragraph("", "Nothing in scope did I/O. Watch longer (--duration 30), widen the "
                           "scope, or start the work under iopath: iopath diagnose -- COMMAND. "
                           "iopath doctor shows what this kernel lets us see.");
}

} // namespace

void operations(Page& page, const Report& report)
{
    const Interval& interval = report.interval;
    const auto& rows = interval.counts.operations;
    if (report.operations == 0) {
        nothing_seen(page, interval);
        return;
    }
    const double whole = to_seconds(judged_time(interval));
    page.title("Where the time went");
    Table table(page, {{"op", 9, true},
                       {"target", 9, true},
                       {"fs", 9, true},
                       {"device", 12, true},
                       {"count", 9},
                       {"p50", 8},
                       {"p99", 8},
                       {"max", 8},
                       {"share", 8}});
    table.head();
    std::size_t shown = 0;
    for (; shown < std::min(rows.size(), kShownRows); ++shown) {
        const Operation& row = rows[shown];
        const double share = whole > 0 ? to_seconds(judged_time(interval.scope, row)) / whole : 0;
        if (share < kShownShare && shown > 0)
            break;
        slow_row(page, table, row, interval.scope, share);
    }
    folded(page, interval, shown);
}

} // namespace iopath::terminal
