// SPDX-License-Identifier: GPL-2.0-only
// Commands of NVMe by hardware queue and CPU.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <fmt/format.h>
#include <string>

namespace iopath::terminal {

namespace {

constexpr std::size_t kRows = 5; // eight lines in all

void nvme_row(Table& table, const NvmeQueue& row)
{
    const std::uint64_t completed = row.completed();
    const std::string elsewhere =
        completed == 0 ? "-"
                       : fmt::format("{:.0f}%", 100 * static_cast<double>(row.elsewhere) /
                                                    static_cast<double>(completed));
    std::uint64_t errors = 0;
    for (const auto& error : row.errors)
        errors += error.second;
    table.row({{row.device},
               {std::to_string(row.qid)},
               {std::to_string(row.cpu)},
               {count_text(row.submitted)},
               {count_text(completed)},
               {elsewhere},
               {quantile_text(row.queue, 0.99)},
               {quantile_text(row.command, 0.99)},
               {quantile_text(row.completion, 0.99)},
               {count_text(errors), errors == 0 ? kPlain : kBad}});
}

} // namespace

void nvme_queues(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.nvme;
    if (rows.empty())
        return;
    page.title("NVMe queues (p99)");
    Table table(page, {{"device", 11, true},
                       {"qid", 4},
                       {"cpu", 5},
                       {"submitted", 10},
                       {"completed", 10},
                       {"crossed", 8},
                       {"queue", 8},
                       {"command", 8},
                       {"to done", 8},
                       {"failed", 7}});
    table.head();
    table.rows(rows, kRows, [&](const NvmeQueue& row) { nvme_row(table, row); });
}

} // namespace iopath::terminal
