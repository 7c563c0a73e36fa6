// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/coverage.h"

#include <algorithm>
#include <string>

namespace iopath {

namespace {

CoverageLine line(const char* probe, const char* syscall, std::uint64_t calls)
{
    std::string reason = "requests are not followed";
    if (calls != 0)
        reason += "; " + std::to_string(calls) + " " + syscall + " calls seen";
    return {probe, "uring", "dark", reason, "a later iopath", "asynchronous requests"};
}

} // namespace

void add_not_followed(Coverage& coverage, const Counts& counts)
{
    coverage.push_back(line("io_uring", "io_uring_enter", counts.io_uring_enters));
    coverage.push_back(line("libaio", "io_submit", counts.aio_submits));
}

void disown_unknown_stages(Interval& interval)
{
    const bool switches_seen =
        std::none_of(interval.coverage.begin(), interval.coverage.end(),
                     [](const auto& line) { return line.probe == "sched_switch" && line.dark(); });
    if (switches_seen)
        return;
    for (Operation& operation : interval.counts.operations) {
        StageTime& cpu = operation.stage(Stage::cpu);
        StageTime& other = operation.stage(Stage::other);
        other.time += cpu.time;
        other.histogram.add(cpu.histogram);
        cpu = StageTime{};
    }
}

} // namespace iopath
