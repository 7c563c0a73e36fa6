// SPDX-License-Identifier: GPL-2.0-only
// Commands of NVMe by hardware queue and CPU.
#include "output/terminal/sections.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace iopath::terminal {

namespace {

constexpr std::size_t kRows = 5; // eight lines in all

void nvme_row(Page& page, const NvmeQueue& row)
{
    const std::uint64_t completed = row.completed();
    const std::string elsewhere =
        completed == 0 ? "-"
                       : fmt::format("{:.0f}%", 100 * static_cast<double>(row.elsewhere) /
                                                    static_cast<double>(completed));
    std::uint64_t errors = 0;
    for (const auto& error : row.errors)
        errors += error.second;
    page.put(page.line()
                 .left(row.device, 10)
                 .right(std::to_string(row.qid), 5)
                 .right(std::to_string(row.cpu), 5)
                 .right(count_text(row.submitted), 10)
                 .right(count_text(completed), 10)
                 .right(elsewhere, 8)
                 .right(quantile_text(row.queue, 0.99), 8)
                 .right(quantile_text(row.command, 0.99), 8)
                 .right(quantile_text(row.completion, 0.99), 8)
                 .right(count_text(errors), 7, errors == 0 ? kPlain : kBad));
}

} // namespace

void nvme_queues(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.nvme;
    if (rows.empty())
        return;
    page.title("NVMe queues (p99)");
    page.put(page.line()
                 .left("device", 10, kDim)
                 .right("qid", 5, kDim)
                 .right("cpu", 5, kDim)
                 .right("submitted", 10, kDim)
                 .right("completed", 10, kDim)
                 .right("crossed", 8, kDim)
                 .right("queue", 8, kDim)
                 .right("command", 8, kDim)
                 .right("to done", 8, kDim)
                 .right("failed", 7, kDim));
    const std::size_t shown = std::min(rows.size(), kRows);
    for (std::size_t i = 0; i < shown; ++i)
        nvme_row(page, rows[i]);
    if (shown < rows.size())
        page.put(fmt::format("+ {} more", rows.size() - shown), kDim);
}

} // namespace iopath::terminal
