// SPDX-License-Identifier: GPL-2.0-only
// Waits for locks: of files, by who waited for whom; of the kernel, by who asked for them.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <fmt/format.h>

namespace iopath::terminal {

namespace {

constexpr std::size_t kRows = 5;

std::string holder_text(const FileLockWaits& row)
{
    return row.key.holder == 0 ? "-" : process_name(row.holder_comm, row.key.holder);
}

} // namespace

void file_locks(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.file_locks;
    if (rows.empty())
        return;
    page.title("File locks");
    Table table(page, {{"waiter", 24, true},
                       {"holder", 24, true},
                       {"waits", 7},
                       {"open", 5},
                       {"time", 9},
                       {"max", 9}});
    table.head();
    table.rows(rows, kRows, [&](const FileLockWaits& row) {
        table.row({{process_name(row.waiter_comm, row.key.waiter)},
                   {holder_text(row)},
                   {count_text(row.waits)},
                   {row.open == 0 ? "-" : count_text(row.open), row.open == 0 ? kPlain : kWarn},
                   {human_duration(row.time)},
                   {human_duration(row.max)}});
        page.put(fmt::format("  {} {} ({})", text_or_dash(row.key.device), file_name(row),
                             lock_text(row.key)),
                 kDim);
    });
}

void kernel_locks(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.kernel_locks;
    if (rows.empty())
        return;
    page.title("Kernel locks");
    Table table(page, {{"taken by", 28, true},
                       {"type", 16, true},
                       {"op", 9, true},
                       {"waits", 8},
                       {"time", 9},
                       {"max", 9}});
    table.head();
    table.rows(rows, kRows, [&](const KernelLockWaits& row) {
        table.row({{row.caller},
                   {type_text(row)},
                   {std::string(name_of(row.op))},
                   {count_text(row.waits)},
                   {human_duration(row.time)},
                   {human_duration(row.max)}});
    });
}

} // namespace iopath::terminal
