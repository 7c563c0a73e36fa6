// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "analyze/pipes.h"

#include <fmt/format.h>

namespace iopath {

namespace {

/// Splices between a pipe and something else are left out: their row does not tell which end the
/// pipe is.
bool writes_pipe(const Operation& row)
{
    return row.key.target == Target::pipe && (row.key.op == Op::write || row.key.op == Op::splice);
}

} // namespace

Findings pipe_full(const Interval& interval)
{
    const Load load = load_of(interval, Cause{{Stage::peer}, writes_pipe, {}});
    auto finding = judged(interval, load, "pipe-full", "pipe");
    if (!finding)
        return {};
    const std::string reader = limiting(load);
    if (!load.via.empty())
        finding->subject.emplace_back("limited_by", reader);
    finding->summary = fmt::format("writers of a full pipe wait {} of the operations' time; {} "
                                   "reads too slowly and limits the pipeline",
                                   human_share(finding->share), reader);
    finding->evidence = pipe_evidence(load, "writers waited");
    finding->advice = {
        fmt::format("make {} faster: profile it (perf top -p), give it more threads or work in "
                    "parallel (pigz, zstd -T0, parallel); the writers are not the problem",
                    reader),
        "if the reader works in bursts, a larger pipe evens them out: F_SETPIPE_SZ, up to "
        "/proc/sys/fs/pipe-max-size; it cannot help a reader that is always slower",
        "let the reader take larger blocks: read(2) with 64 KiB or more, splice where it only "
        "forwards"};
    return {std::move(*finding)};
}

} // namespace iopath
