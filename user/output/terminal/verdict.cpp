// SPDX-License-Identifier: GPL-2.0-only
// The end of the report: findings, what is still open, coverage and losses.
#include "output/terminal/sections.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath::terminal {

namespace {

constexpr std::size_t kOpenRows = 5;

void finding(Page& page, const Finding& one, std::size_t rank)
{
    page.put(
        page.line()
            .add(fmt::format("{:>2}. ", rank))
            .add(name_of(one.severity), ink_of(one.severity))
            .add("  ")
            .add(one.id, kBold)
            .add(one.time > Nanoseconds::zero()
                     ? fmt::format("  {}, {}", human_share(one.share), human_duration(one.time))
                     : ""));
    page.paragraph("    ", one.summary);
    if (!one.evidence.empty())
        page.paragraph("    seen: ", one.evidence.front(), kDim, kDim);
    if (!one.advice.empty())
        page.paragraph("    try:  ", one.advice.front(), kPlain, kGood);
}

std::string stages_text(const InFlight& open)
{
    std::size_t longest = 0;
    for (std::size_t i = 0; i < kStages; ++i)
        if (open.stages.at(i) > open.stages.at(longest))
            longest = i;
    const Nanoseconds time = open.stages.at(longest);
    if (open.begun_before || time <= Nanoseconds::zero() || open.open_for <= Nanoseconds::zero())
        return {};
    return fmt::format("{} {:.0f}%", kStageNames.at(longest),
                       100 * to_seconds(time) / to_seconds(open.open_for));
}

void open_row(Page& page, const InFlight& open)
{
    std::string what = open.begun_before || open.target_unknown
                           ? fmt::format("{} ({})", name_of(open.key.op), open.syscall)
                           : fmt::format("{} {}", name_of(open.key.op), name_of(open.key.target));
    if (!open.key.fs.empty())
        what += " " + open.key.fs;
    if (!open.key.device.empty())
        what += " " + open.key.device;
    const std::string time = (open.begun_before ? "over " : "") + human_duration(open.open_for);
    page.put(page.line()
                 .to(2)
                 .left(what, 30)
                 .to(33)
                 .left(process_name(open.comm, open.pid), 22)
                 .to(56)
                 .right(time, 11)
                 .to(69)
                 .add(stages_text(open), kDim));
}

std::string probes_text(const Coverage& coverage)
{
    const auto dark = static_cast<std::size_t>(std::count_if(
        coverage.begin(), coverage.end(), [](const CoverageLine& line) { return line.dark(); }));
    if (coverage.empty())
        return "no coverage known";
    if (dark == 0)
        return fmt::format("all {} probes lit", coverage.size());
    return fmt::format("{} of {} probes lit (iopath doctor)", coverage.size() - dark,
                       coverage.size());
}

std::string losses_text(const Counts& counts)
{
    std::string out;
    for (std::size_t i = 0; i < kLosses; ++i)
        if (counts.losses.at(i) != 0)
            out += fmt::format("{}{} {}", out.empty() ? "lost " : ", ",
                               grouped_count(counts.losses.at(i)), kLossNames.at(i));
    return out.empty() ? "lost nothing" : out;
}

std::string ledgers_text(const Report& report)
{
    if (report.operations == 0)
        return "no ledger to balance";
    if (report.imbalanced == 0)
        return fmt::format("all {} ledgers balance", grouped_count(report.operations));
    return fmt::format("{} of {} ledgers do NOT balance, by {}", grouped_count(report.imbalanced),
                       grouped_count(report.operations), human_duration(report.residual));
}

bool all_well(const Report& report)
{
    const auto& losses = report.interval.counts.losses;
    return report.imbalanced == 0 &&
           std::all_of(losses.begin(), losses.end(), [](std::uint64_t n) { return n == 0; });
}

void notes(Page& page, const Interval& interval)
{
    const Counts& counts = interval.counts;
    if (counts.io_uring_enters > 0 || counts.aio_submits > 0)
        page.paragraph("",
                       fmt::format("not followed: {} io_uring_enter and {} io_submit calls; "
                                   "their I/O is in the block requests only",
                                   grouped_count(counts.io_uring_enters),
                                   grouped_count(counts.aio_submits)),
                       kWarn);
    if (!interval.command_end)
        return;
    if (const int left = interval.command_end->descendants_left.value_or(0); left > 0)
        page.paragraph("",
                       fmt::format("{} descendant{} of the command still run{}", left,
                                   left == 1 ? "" : "s", left == 1 ? "s" : ""),
                       kDim);
    if (const int status = interval.command_end->status; status != 0)
        page.put(fmt::format("the command ended with status {}", status), kWarn);
}

} // namespace

void findings(Page& page, const Report& report)
{
    if (report.operations == 0)
        return;
    page.title("Findings");
    if (report.findings.empty())
        page.put("none: no cause that we judge takes a tenth of the time", kDim);
    std::size_t rank = 0;
    for (const Finding& one : report.findings)
        finding(page, one, ++rank);
}

void in_flight(Page& page, const Interval& interval)
{
    if (interval.in_flight.empty())
        return;
    std::vector<InFlight> oldest = interval.in_flight;
    std::stable_sort(oldest.begin(), oldest.end(),
                     [](const InFlight& a, const InFlight& b) { return a.open_for > b.open_for; });
    page.title("Still open at the end");
    const std::size_t shown = std::min(oldest.size(), kOpenRows);
    for (std::size_t i = 0; i < shown; ++i)
        open_row(page, oldest[i]);
    if (shown < oldest.size())
        page.put(fmt::format("  + {} more", oldest.size() - shown), kDim);
}

void closing(Page& page, const Report& report)
{
    page.blank();
    notes(page, report.interval);
    page.paragraph("",
                   fmt::format("{}; {}; {}", probes_text(report.interval.coverage),
                               losses_text(report.interval.counts), ledgers_text(report)),
                   all_well(report) ? kDim : kBad);
}

} // namespace iopath::terminal
