// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

DirectoryLookups directory(std::string path, std::uint64_t misses, std::uint64_t negative)
{
    DirectoryLookups row;
    row.path = std::move(path);
    row.fs = "ext4";
    row.device = "vda1";
    row.misses = NameMisses{misses, negative, misses * 50us, misses * 40us};
    return row;
}

DirectoryLookups slow(std::string path, std::uint64_t count, double device)
{
    DirectoryLookups row;
    row.path = std::move(path);
    row.slow = count;
    row.slow_time = count * 100us;
    row.slow_device = std::chrono::duration_cast<Nanoseconds>(row.slow_time * device);
    row.misses.reset();
    return row;
}

/// Of 200 ms in all.
Interval stats(std::vector<DirectoryLookups> directories)
{
    Interval interval = test::empty_interval(1s);
    Operation row = test::operation(Op::metadata, Target::file, "", "", {{2000, 100us}});
    row.lookups.paths = 2000;
    row.lookups.components = 6000;
    row.lookups.misses->count = 2000;
    row.lookups.misses->time = 100ms;
    row.top = {{42, "find", row.latency.sum}};
    if (!directories.empty() && !directories[0].misses)
        row.lookups.misses.reset();
    interval.counts.operations = {row};
    interval.counts.directories = std::move(directories);
    return interval;
}

} // namespace

TEST_CASE("path-lookup names the directory that was searched longest", "[path-lookup]")
{
    const Findings findings =
        path_lookup(stats({directory("/srv/few", 400, 0), directory("/srv/many", 1600, 0)}));
    REQUIRE(findings.size() == 1);
    const Finding& finding = findings[0];
    CHECK(finding.id == "path-lookup");
    CHECK(finding.layer == "filesystem");
    CHECK(finding.time == 100ms);
    CHECK(finding.share == Approx(0.5));
    CHECK(finding.severity == Severity::major);
    CHECK(finding.subject.at(0) == std::pair<std::string, std::string>("path", "/srv/many"));
    CHECK(finding.subject.at(1) == std::pair<std::string, std::string>("device", "vda1"));
    CHECK(finding.subject.at(2) == std::pair<std::string, std::string>("process", "find[42]"));
    CHECK_THAT(finding.summary, ContainsSubstring("50.0%") && ContainsSubstring("/srv/many"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("/srv/many: 1,600 names not cached, "
                                                         "50.0us each on average, 80.0%"));
    CHECK_THAT(finding.evidence.at(2), ContainsSubstring("2,000 paths of 3.0 names"));
    CHECK(finding.advice.size() == 2);
}

TEST_CASE("path-lookup advises by what it sees", "[path-lookup]")
{
    Interval deep = stats({directory("/srv", 2000, 1500)});
    deep.counts.operations[0].lookups.components = 2000 * 20;
    const Finding absent = path_lookup(deep).at(0);
    CHECK_THAT(absent.evidence.at(0), ContainsSubstring("(1,500 of them do not exist)"));
    CHECK_THAT(absent.advice.at(1), ContainsSubstring("search paths"));
    CHECK_THAT(absent.advice.at(2), ContainsSubstring("openat"));
    const Finding huge = path_lookup(stats({directory("/srv", 20'000, 0)})).at(0);
    CHECK_THAT(huge.advice.at(1), ContainsSubstring("hash the names into subdirectories"));
}

TEST_CASE("path-lookup judges slow operations where misses are unknown", "[path-lookup]")
{
    const Finding finding =
        path_lookup(stats({slow("/srv/a\xff", 1000, 0.6), slow("/srv/busy", 1000, 0.1)})).at(0);
    CHECK(finding.time == 100ms);
    CHECK(finding.subject.at(0).second == "/srv/a\\xff");
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("1,000 operations of 20.0us or more"));
    CHECK_THAT(finding.evidence.back(), ContainsSubstring("does not tell"));
}

TEST_CASE("path-lookup leaves slow changes of files to other rules", "[path-lookup]")
{
    Interval changes = stats({slow("/srv", 1000, 0.6)});
    changes.counts.operations[0].waits = {Nanoseconds{}, 20ms, 10ms};
    CHECK(path_lookup(changes).empty());
    // Running, or waiting for something else than a device.
    CHECK(path_lookup(stats({slow("/srv", 1000, 0.2)})).empty());
}

TEST_CASE("path-lookup is silent on what costs little, or is rare", "[path-lookup]")
{
    CHECK(path_lookup(stats({})).empty());
    CHECK(path_lookup(stats({directory("/srv", 400, 0)})).empty());
    CHECK_FALSE(path_lookup(stats({directory("/srv", 401, 0)})).empty());
    DirectoryLookups few = directory("/srv", 9, 0);
    few.misses->time = 100ms;
    CHECK(path_lookup(stats({few})).empty());
}
