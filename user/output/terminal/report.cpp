// SPDX-License-Identifier: GPL-2.0-only
#include "output/terminal/sections.h"
#include "output/terminal/terminal.h"

#include <fmt/format.h>

namespace iopath {

namespace terminal {

namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string out;
    for (const std::string& word : words)
        out += (out.empty() ? "" : " ") + word;
    return out;
}

std::string watched(const Scope& scope)
{
    std::string out = "the whole system";
    if (scope.kind == ScopeKind::command)
        out = joined(scope.command);
    else if (scope.kind == ScopeKind::cgroup)
        out = "cgroup " + scope.cgroup;
    else if (scope.kind == ScopeKind::pid)
        out = fmt::format("pid {}", fmt::join(scope.pids, ","));
    if (!scope.comm.empty())
        out += ", only " + scope.comm;
    return out;
}

std::string host_text(const Host& host)
{
    return fmt::format("Linux {}  {} CPU{}", host.kernel, host.cpus, host.cpus == 1 ? "" : "s");
}

std::uint64_t bytes_of(const Counts& counts)
{
    std::uint64_t bytes = 0;
    for (const Operation& row : counts.operations)
        bytes += row.bytes;
    return bytes;
}

} // namespace

std::string process_name(const std::string& comm, int pid)
{
    return fmt::format("{}[{}]", comm, pid);
}

/// What was watched may be long: it is cut so that the time and the host always show.
void header(Page& page, const Report& report)
{
    const Interval& interval = report.interval;
    const std::string host = safe_text(host_text(interval.host), page.charset());
    const std::string length = human_duration(interval.length);
    const std::size_t tail =
        std::min(display_width(host) + 2 + display_width(length) + 2, kColumns / 2);
    Line line = page.line();
    line.add("iopath  ", kTitle);
    line.left(watched(interval.scope), kColumns - tail - line.width(), kBold);
    line.add("  " + length, kPlain).right(host, kColumns - line.width(), kDim);
    page.put(line);

    std::vector<Piece> totals{
        {grouped_count(report.operations) + " operations"},
        {human_bytes(static_cast<double>(bytes_of(interval.counts)))},
        {human_duration(report.operation_time) + " of operation time"},
    };
    if (report.idle > Nanoseconds::zero())
        totals.push_back({"idle waiting " + human_duration(report.idle), kDim});
    page.flow(0, totals);
}

} // namespace terminal

std::string render_report(const Report& report, const Style& style)
{
    terminal::Page page{style};
    const Interval& interval = report.interval;
    terminal::header(page, report);
    terminal::operations(page, report);
    terminal::in_flight(page, interval);
    terminal::failures(page, interval);
    terminal::directories(page, interval);
    terminal::async_requests(page, interval);
    terminal::file_locks(page, interval);
    terminal::kernel_locks(page, interval);
    terminal::block_requests(page, interval);
    terminal::failed_requests(page, interval);
    terminal::nvme_queues(page, interval);
    terminal::commits(page, interval);
    terminal::helpers(page, interval);
    terminal::interrupts(page, interval);
    terminal::scheduler(page, interval);
    terminal::os_tax(page, report);
    terminal::findings(page, report);
    terminal::closing(page, report);
    return page.text();
}

} // namespace iopath
