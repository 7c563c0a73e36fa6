// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/pipes.h"

#include <fmt/format.h>

namespace iopath {

namespace {

bool reads_pipe(const Operation& row)
{
    return row.key.target == Target::pipe && row.key.op == Op::read;
}

} // namespace

Findings pipe_empty(const Interval& interval)
{
    if (!keeps_idle(interval.scope))
        return {};
    const Load load = load_of(interval, Cause{{Stage::peer}, reads_pipe, {}});
    auto finding = judged(interval, load, "pipe-empty", "pipe");
    if (!finding)
        return {};
    const std::string writer = limiting(load);
    if (!load.via.empty())
        finding->subject.emplace_back("limited_by", writer);
    finding->summary = fmt::format("readers of an empty pipe wait {} of the operations' time; {} "
                                   "writes too slowly and limits the pipeline",
                                   human_share(finding->share), writer);
    finding->evidence = pipe_evidence(load, "readers waited");
    finding->advice = {
        fmt::format("make {} faster, or give it its input earlier: profile it (perf top -p) and "
                    "look at its own rows here; the readers are not the problem",
                    writer),
        "if it writes little at a time, let it buffer: stdbuf -o64K, larger write(2) calls",
        "a larger pipe does not help a writer that is always slower"};
    return {std::move(*finding)};
}

} // namespace iopath
