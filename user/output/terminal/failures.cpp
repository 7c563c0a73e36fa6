// SPDX-License-Identifier: GPL-2.0-only
// Operations that failed, and on what.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>

namespace iopath::terminal {

namespace {

constexpr std::size_t kFailures = 8;
constexpr std::size_t kIndent = 2;

std::string whose(const Failure& row)
{
    return row.pid == 0 ? "many" : process_name(row.comm, row.pid);
}

std::string place_of(const Failure& row, Charset charset)
{
    if (!row.address.empty())
        return row.address;
    if (!row.path)
        return row.pid == 0 ? "on paths for which there was no room" : "";
    const std::string place = path_text(*row.path, row.deleted, kColumns - kIndent, charset);
    return place.empty() ? "an empty path" : place;
}

} // namespace

void failures(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.failures;
    if (rows.empty())
        return;
    page.title("Failed operations");
    Table table(page, {{"op", 11, true},
                       {"target", 10, true},
                       {"error", 16, true},
                       {"count", 8},
                       {"", 2},
                       {"process", 30, true}});
    table.head();
    table.rows(rows, kFailures, [&](const Failure& row) {
        table.row({{std::string(name_of(row.op))},
                   {std::string(name_of(row.target))},
                   {text_or_dash(row.error), kBad},
                   {count_text(row.count)},
                   {""},
                   {whose(row), kDim}});
        if (const std::string place = place_of(row, page.charset()); !place.empty())
            page.flow(kIndent, {{place}});
    });
}

} // namespace iopath::terminal
