// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Syncs of 2 ms each, of which so much was for their own and for others' commits.
Interval syncs(std::uint64_t count, double own, double others)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::sync, Target::file, "ext4", "vda1", {{count, 2ms}});
    const auto part = [&](double share) {
        return std::chrono::duration_cast<Nanoseconds>(row.latency.sum * share);
    };
    row.waits = {Nanoseconds{}, part(own), part(others)};
    row.merged = count / 4;
    interval.counts.operations = {row};
    Commits commits;
    commits.device = "vda1";
    commits.latency = test::latency_of({{count / 2, 3ms}});
    commits.phases = {commits.latency.sum / 10, Nanoseconds{}, commits.latency.sum * 9 / 10};
    commits.askers = {{77, "append", count / 4}};
    commits.by_timer = 1;
    interval.counts.commits = {commits};
    return interval;
}

} // namespace

TEST_CASE("journal-wait fires and shows the commits", "[journal-wait]")
{
    const Finding finding = journal_wait(syncs(100, 0.4, 0.2)).at(0);
    CHECK(finding.id == "journal-wait");
    CHECK(finding.layer == "filesystem");
    CHECK(finding.severity == Severity::critical);
    CHECK(finding.time == 120ms);
    CHECK_THAT(finding.summary, ContainsSubstring("commits of ext4 on vda1"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("mean 1.20ms each"));
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("50 commits") &&
                                           ContainsSubstring("locking 10.0%") &&
                                           ContainsSubstring("logging 90.0%"));
    CHECK_THAT(finding.evidence.at(2), ContainsSubstring("append[77] 25") &&
                                           ContainsSubstring("the journal's timer 1") &&
                                           ContainsSubstring("unknown 24"));
    CHECK_THAT(finding.evidence.at(3), ContainsSubstring("33.3% of it"));
    CHECK_THAT(finding.evidence.at(4), ContainsSubstring("25 of 100 syncs"));
}

TEST_CASE("journal-wait tells what it can where the journal's events are not seen",
          "[journal-wait]")
{
    Interval interval = syncs(100, 0.6, 0);
    interval.counts.commits.clear();
    const Finding finding = journal_wait(interval).at(0);
    CHECK(finding.evidence.size() == 2);
}

TEST_CASE("journal-wait is silent where commits take little", "[journal-wait]")
{
    CHECK(journal_wait(syncs(100, 0.05, 0.02)).empty());
    CHECK(journal_wait(syncs(100, 0, 0)).empty());
}

TEST_CASE("journal-wait is silent on too little data", "[journal-wait]")
{
    CHECK(journal_wait(syncs(9, 0.6, 0.2)).empty());
}
