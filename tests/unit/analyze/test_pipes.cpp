// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval piped(Op op, std::uint64_t count, double share)
{
    Interval interval = test::empty_interval(1s, ScopeKind::command);
    Operation row = test::operation(op, Target::pipe, "", "", {{count, 3ms}});
    test::move_time(row, Stage::peer, share);
    const Nanoseconds peer = row.stage(Stage::peer).time;
    row.stage(Stage::peer).via = {{"sort", peer / 10}, {"gzip", peer * 9 / 10}};
    row.top = {{41, "cat", row.latency.sum}};
    interval.counts.operations = {row};
    return interval;
}

} // namespace

TEST_CASE("pipe-full fires and names the reader", "[pipe-full]")
{
    const Finding finding = pipe_full(piped(Op::write, 100, 0.8)).at(0);
    CHECK(finding.id == "pipe-full");
    CHECK(finding.severity == Severity::critical);
    CHECK(finding.subject.back() == std::pair<std::string, std::string>{"limited_by", "gzip"});
    CHECK_THAT(finding.summary, ContainsSubstring("gzip reads too slowly"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("gzip 90.0%, sort 10.0%"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("make gzip faster"));
}

TEST_CASE("pipe-full fires for any scope", "[pipe-full]")
{
    Interval interval = piped(Op::write, 100, 0.8);
    interval.scope.kind = ScopeKind::system;
    CHECK(pipe_full(interval).size() == 1);
}

TEST_CASE("pipe-full is silent on readers, other targets and short waits", "[pipe-full]")
{
    CHECK(pipe_full(piped(Op::read, 100, 0.8)).empty());
    CHECK(pipe_full(piped(Op::write, 100, 0.1)).empty());
    Interval interval = piped(Op::write, 100, 0.8);
    interval.counts.operations[0].key.target = Target::unix_socket;
    CHECK(pipe_full(interval).empty());
}

TEST_CASE("pipe-full is silent on too little data", "[pipe-full]")
{
    CHECK(pipe_full(piped(Op::write, 9, 0.8)).empty());
}

TEST_CASE("pipe-full without a known reader still speaks", "[pipe-full]")
{
    Interval interval = piped(Op::splice, 100, 0.8);
    interval.counts.operations[0].stage(Stage::peer).via.clear();
    CHECK_THAT(pipe_full(interval).at(0).summary,
               ContainsSubstring("the other end reads too slowly"));
}

TEST_CASE("pipe-empty fires and names the writer", "[pipe-empty]")
{
    const Finding finding = pipe_empty(piped(Op::read, 100, 0.4)).at(0);
    CHECK(finding.id == "pipe-empty");
    CHECK(finding.severity == Severity::major);
    CHECK(finding.share == Approx(0.4));
    CHECK_THAT(finding.summary, ContainsSubstring("gzip writes too slowly"));
}

TEST_CASE("pipe-empty is silent outside commands: the wait is idle", "[pipe-empty]")
{
    for (const ScopeKind kind : {ScopeKind::system, ScopeKind::pid, ScopeKind::cgroup}) {
        Interval interval = piped(Op::read, 100, 0.4);
        interval.scope.kind = kind;
        CHECK(pipe_empty(interval).empty());
    }
    CHECK(pipe_empty(piped(Op::write, 100, 0.8)).empty());
    CHECK(pipe_empty(piped(Op::read, 100, 0.05)).empty());
}

TEST_CASE("pipe-empty is silent on too little data", "[pipe-empty]")
{
    CHECK(pipe_empty(piped(Op::read, 9, 0.8)).empty());
}
