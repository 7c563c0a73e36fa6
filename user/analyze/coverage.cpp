// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/coverage.h"

#include <algorithm>
#include <string>

namespace iopath {

namespace {

const CoverageLine* find(const Coverage& coverage, std::string_view probe)
{
    const auto found = std::ranges::find(coverage, probe, &CoverageLine::probe);
    return found == coverage.end() ? nullptr : &*found;
}

/// Says that one of these probes is not lit; nothing where all are.
std::string missing(const Coverage& coverage, std::initializer_list<std::string_view> probes)
{
    for (const std::string_view probe : probes) {
        const CoverageLine* line = find(coverage, probe);
        if (!line || line->dark())
            return "probe " + std::string(probe) + " is dark";
    }
    return {};
}

CoverageLine line(const char* probe, std::string_view how, const std::string& dark,
                  const char* sees)
{
    CoverageLine line{probe, "uring", dark.empty() ? std::string(how) : "dark", "", "", sees};
    if (!dark.empty())
        line.reason = "requests are not followed: " + dark;
    return line;
}

void add_calls(CoverageLine& line, const char* syscall, std::uint64_t calls)
{
    if (line.dark() && calls != 0)
        line.reason += "; " + std::to_string(calls) + " " + syscall + " calls seen";
}

} // namespace

void add_asynchronous(Coverage& coverage, Counts& counts)
{
    const std::string no_uring = missing(coverage, {"uring_submit", "uring_complete"});
    const std::string no_aio = missing(coverage, {"syscall_enter", "syscall_exit"});
    CoverageLine uring = line("io_uring", "raw_tp", no_uring, "requests of io_uring");
    CoverageLine aio =
        line("libaio", no_aio.empty() ? find(coverage, "syscall_enter")->how : "", no_aio,
             "requests of libaio, but not their completion stage; without events of its own: one "
             "ends with its last bio, or with io_submit, and is counted as io_getevents takes it");
    add_calls(uring, "io_uring_enter", counts.io_uring_enters);
    add_calls(aio, "io_submit", counts.aio_submits);
    if (!uring.dark())
        counts.io_uring_enters = 0;
    if (!aio.dark())
        counts.aio_submits = 0;
    coverage.push_back(std::move(uring));
    coverage.push_back(std::move(aio));
}

void add_helpers(Coverage& coverage, Counts& counts)
{
    const std::string dark = missing(coverage, {"sched_switch", "sched_waking"});
    CoverageLine line{
        "helpers", "sched", dark.empty() ? find(coverage, "sched_switch")->how : "dark",
        "",        "",      "what kernel threads do, and how much of it is waited for"};
    if (!dark.empty()) {
        line.reason = "unknown: " + dark;
        counts.helpers.clear();
    }
    coverage.push_back(std::move(line));
}

void disown_unknown_stages(Interval& interval)
{
    const bool switches_seen =
        std::none_of(interval.coverage.begin(), interval.coverage.end(),
                     [](const auto& line) { return line.probe == "sched_switch" && line.dark(); });
    if (switches_seen)
        return;
    for (Operation& operation : interval.counts.operations) {
        if (operation.key.interface != Interface::syscall)
            continue;
        StageTime& cpu = operation.stage(Stage::cpu);
        StageTime& other = operation.stage(Stage::other);
        other.time += cpu.time;
        other.histogram.add(cpu.histogram);
        cpu = StageTime{};
    }
}

void disown_unknown_pages(Interval& interval)
{
    const bool no_additions = !missing(interval.coverage, {"pages_got", "page_added"}).empty();
    const bool no_returns = !missing(interval.coverage, {"page_again"}).empty();
    for (Operation& operation : interval.counts.operations) {
        if (no_additions)
            operation.cache = {};
        if (no_returns)
            operation.cache.again.reset();
    }
}

namespace {

void forget_reads(std::optional<NameMisses>& misses)
{
    if (!misses)
        return;
    misses->reads.reset();
    misses->read_bytes.reset();
}

} // namespace

void disown_unknown_misses(Interval& interval)
{
    if (!missing(interval.coverage, {"bio_queue"}).empty()) {
        for (Operation& operation : interval.counts.operations)
            forget_reads(operation.lookups.misses);
        for (DirectoryLookups& directory : interval.counts.directories)
            forget_reads(directory.misses);
    }
    if (missing(interval.coverage, {"name_searched", "name_missed", "name_missed_locked"}).empty())
        return;
    for (Operation& operation : interval.counts.operations)
        operation.lookups.misses.reset();
    for (DirectoryLookups& directory : interval.counts.directories)
        directory.misses.reset();
}

} // namespace iopath
