// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace iopath {

namespace {

/// A program that searches looks for a file once or twice in each place. One that asks for it again
/// and again has not been told that it is missing, or does not mind: from this many on, and this
/// often. Processes count by themselves: what every new one looks for (its loader, its locale) is
/// normal life.
constexpr std::uint64_t kLeast = 20;
constexpr double kLeastPerSecond = 0.5;
constexpr double kMajor = 0.25;
constexpr double kMinor = 0.01;
constexpr std::size_t kListed = 4;

/// What one process misses, the most wanted first.
struct Missing {
    std::vector<const Failure*> files;
    std::uint64_t count = 0;
    Nanoseconds time{};
};

bool asks_again_and_again(const Failure& row, const Interval& interval)
{
    return row.op == Op::open && row.path && (row.error == "ENOENT" || row.error == "ENOTDIR") &&
           row.count >= kLeast &&
           static_cast<double>(row.count) >= kLeastPerSecond * to_seconds(interval.length);
}

Severity severity_of(double share)
{
    if (share >= kMajor)
        return Severity::major;
    return share >= kMinor ? Severity::minor : Severity::info;
}

std::string evidence_of(const Failure& row, const Interval& interval)
{
    const double seconds = to_seconds(interval.length);
    std::string rate;
    if (seconds > 0)
        rate = fmt::format(", {} a second", human_count(static_cast<double>(row.count) / seconds));
    return fmt::format("{} opens of {} failed with {}{}, {} each", grouped_count(row.count),
                       as_utf8(*row.path), row.error, rate,
                       human_duration(row.time / static_cast<Nanoseconds::rep>(row.count)));
}

Finding described(const Missing& missing, const Interval& interval)
{
    const Failure& first = *missing.files.front();
    const Nanoseconds whole = judged_time(interval);
    Finding finding;
    finding.id = "missing-file";
    finding.layer = "filesystem";
    finding.time = missing.time;
    if (whole > Nanoseconds::zero())
        finding.share = std::min(to_seconds(missing.time) / to_seconds(whole), 1.0);
    finding.severity = severity_of(finding.share);
    const std::string process = fmt::format("{}[{}]", first.comm, first.pid);
    const std::string path = as_utf8(*first.path);
    finding.subject = {{"process", process}, {"path", path}};
    const std::size_t others = missing.files.size() - 1;
    const std::string more =
        others == 0 ? "" : fmt::format(" and {} more path{}", others, others == 1 ? "" : "s");
    finding.summary = fmt::format("{} opens {}{} again and again, {} times, and nothing is there",
                                  process, path, more, grouped_count(missing.count));
    for (std::size_t i = 0; i < std::min(missing.files.size(), kListed); ++i)
        finding.evidence.push_back(evidence_of(*missing.files[i], interval));
    finding.advice = {
        fmt::format("create {}, or correct the configuration of {} that names it: its "
                    "environment, working directory, container mounts",
                    path, first.comm),
        fmt::format("if the file is optional, let {} remember that it is missing (inotify tells "
                    "when it comes), or wait longer between attempts",
                    first.comm)};
    return finding;
}

} // namespace

Findings missing_file(const Interval& interval)
{
    std::map<int, Missing> processes;
    for (const Failure& row : interval.counts.failures) {
        if (!asks_again_and_again(row, interval))
            continue;
        Missing& missing = processes[row.pid];
        missing.files.push_back(&row);
        missing.count += row.count;
        missing.time += row.time;
    }
    Findings findings;
    for (auto& [pid, missing] : processes) {
        std::stable_sort(missing.files.begin(), missing.files.end(),
                         [](const Failure* a, const Failure* b) { return a->count > b->count; });
        findings.push_back(described(missing, interval));
    }
    return findings;
}

} // namespace iopath
