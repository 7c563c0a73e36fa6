// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/load.h"
#include "model/waits.h"

#include <algorithm>
#include <fmt/format.h>

namespace iopath {

namespace {

constexpr std::size_t kAskers = 3;

/// The rows of one device that waited for commits, added up.
struct Waiting {
    std::string fs; ///< of the row that waited longest
    Nanoseconds time{};
    Nanoseconds others{};
    std::uint64_t syncs = 0;
    std::uint64_t merged = 0;
};

Waiting waiting_on(const Interval& interval, const std::string& device)
{
    Waiting sum;
    Nanoseconds most{};
    for (const Operation& row : interval.counts.operations) {
        if (row.key.device != device || commit_time(row) <= Nanoseconds::zero())
            continue;
        sum.time += commit_time(row);
        sum.others += row.wait(FileWait::others_commit);
        if (row.key.op == Op::sync) {
            sum.syncs += row.count;
            sum.merged += row.merged;
        }
        if (commit_time(row) > most) {
            most = commit_time(row);
            sum.fs = row.key.fs;
        }
    }
    return sum;
}

const Commits* commits_of(const Interval& interval, const std::string& device)
{
    const auto& all = interval.counts.commits;
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Commits& one) { return one.device == device; });
    return found == all.end() ? nullptr : &*found;
}

std::string phases_of(const Commits& commits)
{
    std::string text;
    for (std::size_t i = 0; i < kCommitPhases; ++i)
        text += fmt::format(
            "{}{} {}", i == 0 ? "" : ", ", kCommitPhaseNames.at(i),
            human_share(to_seconds(commits.phases.at(i)) / to_seconds(commits.latency.sum)));
    return text;
}

std::string askers_of(const Commits& commits)
{
    std::string text;
    const auto add = [&](const std::string& who, std::uint64_t count) {
        if (count > 0)
            text += fmt::format("{}{} {}", text.empty() ? "asked for by " : ", ", who,
                                grouped_count(count));
    };
    for (std::size_t i = 0; i < std::min(commits.askers.size(), kAskers); ++i)
        add(fmt::format("{}[{}]", commits.askers[i].comm, commits.askers[i].pid),
            commits.askers[i].count);
    add("the journal's timer", commits.by_timer);
    add("unknown", commits.by_unseen());
    return text;
}

Finding described(Finding finding, const Load& load, const Interval& interval)
{
    const Waiting waiting = waiting_on(interval, load.device);
    const std::string name = load.device.empty() ? "the file system" : load.device;
    finding.summary = fmt::format("waiting for commits of {}{} takes {} of the operations' time",
                                  waiting.fs.empty() ? "" : waiting.fs + " on ", name,
                                  human_share(finding.share));
    finding.evidence.push_back(fmt::format(
        "operations waited {} for commits, mean {} each, flushes not counted; mostly {}",
        human_duration(load.time), human_duration(load.time / load.operations), load.row));
    const Commits* commits = commits_of(interval, load.device);
    if (commits && commits->latency.sum > Nanoseconds::zero()) {
        const std::uint64_t count = commits->latency.histogram.count();
        finding.evidence.push_back(
            fmt::format("{} commits, {} a second, {}: {}", grouped_count(count),
                        human_count(static_cast<double>(count) / to_seconds(interval.length)),
                        figures(commits->latency), phases_of(*commits)));
        if (const std::string askers = askers_of(*commits); !askers.empty())
            finding.evidence.push_back(askers);
    }
    if (waiting.others > Nanoseconds::zero())
        finding.evidence.push_back(
            fmt::format("{} of it for commits that were under way before the operation began",
                        human_share(to_seconds(waiting.others) / to_seconds(waiting.time))));
    if (waiting.syncs > 0)
        finding.evidence.push_back(fmt::format("{} of {} syncs shared a commit with an earlier one",
                                               grouped_count(waiting.merged),
                                               grouped_count(waiting.syncs)));
    finding.advice = {
        "sync less often: several transactions to one fsync (group commit), or one writer for all",
        "preallocate and overwrite, then fdatasync: nothing is left that needs a commit",
        "put what syncs (logs, write-ahead files) on a file system of its own: a commit carries "
        "everybody's changes"};
    if (waiting.fs == "ext4")
        finding.advice.emplace_back("a journal on a faster device (mkfs.ext4 -J device=...), or "
                                    "fast commits (tune2fs -O fast_commit)");
    return finding;
}

} // namespace

Findings journal_wait(const Interval& interval)
{
    const auto waits = [](const Operation& row) { return commit_time(row).count() > 0; };
    const Cause cause{{}, waits, {}, commit_time};
    Findings findings;
    for (const Load& load : loads_by_device(interval, cause))
        if (auto finding = judged(interval, load, "journal-wait", "filesystem"))
            findings.push_back(described(std::move(*finding), load, interval));
    return findings;
}

} // namespace iopath
