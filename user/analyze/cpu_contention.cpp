// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"

#include <fmt/format.h>

namespace iopath {

namespace {

/// Steal above this share of all CPUs is worth naming: the hypervisor is one of the competitors.
constexpr double kNotableSteal = 0.02;

double steal_share(const Interval& interval)
{
    const double cpu_seconds = to_seconds(interval.length) * interval.host.cpus;
    return cpu_seconds > 0 ? to_seconds(interval.steal) / cpu_seconds : 0;
}

Nanoseconds time_in(const Interval& interval, Stage stage)
{
    return load_of(interval, Cause{{stage}, {}, {}}).time;
}

std::vector<std::string> evidence_of(const Interval& interval, const Load& load)
{
    const Scheduler& scheduler = interval.counts.scheduler;
    std::vector<std::string> evidence;
    std::string first = fmt::format("waiting for a CPU {}, put off it {}",
                                    human_duration(time_in(interval, Stage::runqueue)),
                                    human_duration(time_in(interval, Stage::preempted)));
    if (!scheduler.runqueue.histogram.empty())
        first += fmt::format("; run queue of all threads {}, max {}", figures(scheduler.runqueue),
                             human_duration(scheduler.runqueue.max));
    evidence.push_back(first);
    evidence.push_back(fmt::format("per operation {}; mostly {}", figures(load), load.row));
    evidence.push_back(fmt::format("{} CPUs, {} involuntary switches, {} migrations",
                                   interval.host.cpus, grouped_count(scheduler.involuntary),
                                   grouped_count(scheduler.migrations)));
    if (const double steal = steal_share(interval); steal > kNotableSteal)
        evidence.push_back(
            fmt::format("the hypervisor stole {} of all CPU time", human_share(steal)));
    return evidence;
}

} // namespace

Findings cpu_contention(const Interval& interval)
{
    const Load load = load_of(interval, Cause{{Stage::runqueue, Stage::preempted}, {}, {}});
    auto finding = judged(interval, load, "cpu-contention", "scheduler");
    if (!finding)
        return {};
    finding->summary =
        fmt::format("operations spend {} of their time waiting for one of {} CPUs, not for I/O",
                    human_share(finding->share), interval.host.cpus);
    finding->evidence = evidence_of(interval, load);
    finding->advice = {
        "see who holds the CPUs (top -H, perf sched timehist): give the hogs nice 19 or "
        "SCHED_BATCH, or keep them apart from the I/O threads with a cpuset",
        "raise cpu.weight of the I/O's cgroup; if its cpu.stat shows nr_throttled growing, "
        "cpu.max is the limit",
        "run fewer I/O threads than CPUs and give each more depth (io_uring), so that completions "
        "need fewer wake-ups"};
    if (steal_share(interval) > kNotableSteal)
        finding->advice.emplace_back("the host is overcommitted: ask for dedicated vCPUs");
    return {std::move(*finding)};
}

} // namespace iopath
