// SPDX-License-Identifier: GPL-2.0-only
// Directories in which finding files took long.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>
#include <iterator>

namespace iopath::terminal {

namespace {

constexpr std::size_t kDirectories = 5;
constexpr std::size_t kIndent = 2;
/// Of the operations' time: every program finds its files, and that is no news.
constexpr double kLeastShare = 0.01;

std::string misses_text(const DirectoryLookups& row)
{
    return row.misses ? count_text(row.misses->count) : "-";
}

std::string read_text(const DirectoryLookups& row)
{
    return row.misses && row.misses->count > 0 && row.misses->read_bytes
               ? human_bytes(static_cast<double>(*row.misses->read_bytes))
               : "-";
}

std::string search_text(const DirectoryLookups& row)
{
    return row.misses && row.misses->count > 0 ? human_duration(row.misses->time) : "-";
}

} // namespace

void directories(Page& page, const Interval& interval)
{
    std::vector<DirectoryLookups> rows;
    std::ranges::copy_if(
        interval.counts.directories, std::back_inserter(rows), [&](const DirectoryLookups& row) {
            return to_seconds(row.cost()) >= kLeastShare * to_seconds(judged_time(interval));
        });
    if (rows.empty())
        return;
    page.title("Costliest directories");
    Table table(page, {{"fs", 9, true},
                       {"device", 12, true},
                       {"slow", 9},
                       {"time", 9},
                       {"max", 9},
                       {"not cached", 11},
                       {"search", 9},
                       {"read", 9}});
    table.head();
    table.rows(rows, kDirectories, [&](const DirectoryLookups& row) {
        table.row({{text_or_dash(row.fs)},
                   {text_or_dash(row.device)},
                   {count_text(row.slow)},
                   {row.slow > 0 ? human_duration(row.slow_time) : "-"},
                   {row.slow > 0 ? human_duration(row.slow_max) : "-"},
                   {misses_text(row)},
                   {search_text(row)},
                   {read_text(row)}});
        page.flow(kIndent, {{row.path.empty() ? "directories for which there was no room"
                                              : path_text(row.path, false, kColumns - kIndent,
                                                          page.charset())}});
    });
}

} // namespace iopath::terminal
