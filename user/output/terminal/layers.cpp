// SPDX-License-Identifier: GPL-2.0-only
// What happened around the operations: commits, interrupts, the scheduler.
#include "output/terminal/sections.h"
#include "output/terminal/table.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace iopath::terminal {

namespace {

constexpr std::size_t kCommitRows = 8;
constexpr std::size_t kInterruptRows = 6;
constexpr std::size_t kIndent = 2;

/// One interrupt line or softirq vector, over all CPUs.
struct Load {
    std::string name;
    std::set<int> cpus;
    Latency latency;
    Latency delay;
};

std::vector<Load> loads_of(const Counts& counts)
{
    std::map<std::string, Load> all;
    const auto add = [&](const std::string& name, int cpu, const Latency& latency) -> Load& {
        Load& load = all[name];
        load.name = name;
        load.cpus.insert(cpu);
        load.latency.add(latency);
        return load;
    };
    for (const Interrupt& row : counts.interrupts)
        add(fmt::format("irq {} {}", row.irq, row.name), row.cpu, row.latency);
    for (const Softirq& row : counts.softirqs)
        add("softirq " + row.vector, row.cpu, row.latency).delay.add(row.delay);
    std::vector<Load> loads;
    loads.reserve(all.size());
    for (auto& [name, load] : all)
        loads.push_back(std::move(load));
    std::stable_sort(loads.begin(), loads.end(),
                     [](const Load& a, const Load& b) { return a.latency.sum > b.latency.sum; });
    return loads;
}

/// "3", "0,2" or "0-7".
std::string cpus_text(const std::set<int>& cpus)
{
    constexpr std::size_t kListed = 2;
    if (cpus.size() <= kListed)
        return fmt::format("{}", fmt::join(cpus, ","));
    return fmt::format("{}-{}", *cpus.begin(), *cpus.rbegin());
}

void load_row(Table& table, const Load& load, const Interval& interval)
{
    const double seconds = to_seconds(interval.length);
    const double share = to_seconds(load.latency.sum) / (seconds * std::max(interval.host.cpus, 1));
    const auto per_second =
        static_cast<Nanoseconds::rep>(static_cast<double>(load.latency.sum.count()) / seconds);
    const double runs = static_cast<double>(load.latency.histogram.count()) / seconds;
    table.row({{load.name},
               {cpus_text(load.cpus)},
               {human_count(runs)},
               {human_duration(Nanoseconds{per_second})},
               {human_share(share)},
               {quantile_text(load.latency, 0.99)},
               {quantile_text(load.delay, 0.99)}});
}

std::vector<Piece> askers(const Commits& row)
{
    constexpr std::size_t kNames = 3;
    std::vector<Piece> pieces;
    const auto add = [&](const std::string& who, std::uint64_t count) {
        if (count > 0)
            pieces.push_back({fmt::format("{} {}", who, grouped_count(count)), kDim});
    };
    for (std::size_t i = 0; i < std::min(row.askers.size(), kNames); ++i)
        add("asked for by " + process_name(row.askers[i].comm, row.askers[i].pid),
            row.askers[i].count);
    add("by the timer", row.by_timer);
    add("unknown", row.by_unseen());
    return pieces;
}

} // namespace

std::string count_text(std::uint64_t count, std::uint64_t exact)
{
    return count <= exact ? grouped_count(count) : human_count(static_cast<double>(count));
}

std::string path_text(std::string_view raw, bool deleted, std::size_t columns, Charset charset)
{
    const std::string text = safe_text(raw, charset) + (deleted ? " (deleted)" : "");
    return front_truncated(text, columns);
}

std::string text_or_dash(const std::string& text)
{
    return text.empty() ? "-" : text;
}

std::string quantile_text(const Latency& latency, double q)
{
    return latency.histogram.empty() ? "-" : human_duration(latency.quantile(q));
}

void commits(Page& page, const Interval& interval)
{
    const auto& rows = interval.counts.commits;
    if (rows.empty())
        return;
    page.title("Journal commits");
    Table table(page, {{"device", 15, true},
                       {"count", 8},
                       {"time", 8},
                       {"p50", 8},
                       {"p99", 8},
                       {"locking", 8},
                       {"flushing", 9},
                       {"logging", 8},
                       {"handles", 8}});
    table.head();
    table.rows(rows, kCommitRows, [&](const Commits& row) {
        const auto phase = [&](CommitPhase which) {
            return human_duration(row.phases.at(static_cast<std::size_t>(which)));
        };
        table.row({{row.device},
                   {count_text(row.latency.histogram.count())},
                   {human_duration(row.latency.sum)},
                   {quantile_text(row.latency, 0.5)},
                   {quantile_text(row.latency, 0.99)},
                   {phase(CommitPhase::locking)},
                   {phase(CommitPhase::flushing)},
                   {phase(CommitPhase::logging)},
                   {row.sized > 0 ? count_text(row.handles) : "-"}});
        page.flow(kIndent, askers(row));
    });
}

void interrupts(Page& page, const Interval& interval)
{
    const std::vector<Load> loads = loads_of(interval.counts);
    if (loads.empty() || interval.length <= Nanoseconds::zero())
        return;
    page.title("Interrupts");
    Table table(page, {{"", 29, true},
                       {"cpu", 7, true},
                       {"per s", 8},
                       {"time/s", 9},
                       {"of CPUs", 8},
                       {"p99", 8},
                       {"p99 delay", 11}});
    table.head();
    const std::size_t shown = std::min(loads.size(), kInterruptRows);
    for (std::size_t i = 0; i < shown; ++i)
        load_row(table, loads[i], interval);
    if (shown == loads.size())
        return;
    Nanoseconds rest{};
    for (std::size_t i = shown; i < loads.size(); ++i)
        rest += loads[i].latency.sum;
    page.put(fmt::format("+ {} more, {}", loads.size() - shown, human_duration(rest)), kDim);
}

void scheduler(Page& page, const Interval& interval)
{
    const Scheduler& scheduler = interval.counts.scheduler;
    const Latency& wait = scheduler.runqueue;
    // A busy host always switches: nothing counted means that nothing could be seen.
    if (wait.histogram.empty() && scheduler.voluntary + scheduler.involuntary == 0)
        return;
    page.title("Scheduler");
    std::vector<Piece> pieces;
    if (!wait.histogram.empty())
        pieces = {{"run queue p50 " + quantile_text(wait, 0.5)},
                  {"p99 " + quantile_text(wait, 0.99)},
                  {"max " + human_duration(wait.max)}};
    pieces.push_back({fmt::format("switches {} voluntary, {} involuntary",
                                  human_count(static_cast<double>(scheduler.voluntary)),
                                  human_count(static_cast<double>(scheduler.involuntary)))});
    pieces.push_back({human_count(static_cast<double>(scheduler.migrations)) + " migrations"});
    page.flow(0, pieces);
}

void os_tax(Page& page, const Report& report)
{
    const Interval& interval = report.interval;
    if (judged_time(interval) > Nanoseconds::zero()) {
        page.blank();
        page.put(page.line()
                     .add("OS tax ", kTitle)
                     .add(human_share(report.os_tax), kBold)
                     .add(" of operation time is this box's software, not devices or peers"));
    }
    if (interval.steal > Nanoseconds::zero())
        page.put(fmt::format("the hypervisor took {} from the CPUs meanwhile",
                             human_duration(interval.steal)),
                 kDim);
}

} // namespace iopath::terminal
