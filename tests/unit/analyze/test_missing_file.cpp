// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Failure missing(std::uint64_t count, int pid = 42, std::string path = "/etc/app.conf")
{
    Failure row;
    row.op = Op::open;
    row.target = Target::file;
    row.error = "ENOENT";
    row.path = std::move(path);
    row.pid = pid;
    row.comm = "app";
    row.count = count;
    row.time = count * 10us;
    return row;
}

Interval watched(std::vector<Failure> failures)
{
    Interval interval = test::empty_interval(10s);
    interval.counts.operations = {
        test::operation(Op::open, Target::file, "ext4", "vda", {{1000, 10us}})};
    interval.counts.failures = std::move(failures);
    return interval;
}

} // namespace

TEST_CASE("missing-file names the process, the path and how often", "[missing-file]")
{
    const Findings findings = missing_file(watched({missing(200)}));
    REQUIRE(findings.size() == 1);
    const Finding& finding = findings[0];
    CHECK(finding.id == "missing-file");
    CHECK(finding.layer == "filesystem");
    CHECK(finding.severity == Severity::minor);
    CHECK(finding.share == Approx(0.2));
    CHECK(finding.time == 2ms);
    CHECK(finding.subject.at(0) == std::pair<std::string, std::string>("process", "app[42]"));
    CHECK(finding.subject.at(1) == std::pair<std::string, std::string>("path", "/etc/app.conf"));
    CHECK_THAT(finding.summary, ContainsSubstring("app[42] opens /etc/app.conf again and again"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("200 opens of /etc/app.conf failed with "
                                                         "ENOENT, 20 a second"));
    CHECK_FALSE(finding.advice.empty());
}

TEST_CASE("missing-file puts the files of one process together", "[missing-file]")
{
    const Findings findings =
        missing_file(watched({missing(30), missing(900, 42, "/etc/other.conf"), missing(40, 43)}));
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].subject.at(1).second == "/etc/other.conf");
    CHECK_THAT(findings[0].summary,
               ContainsSubstring("and 1 more path again and again, 930 times"));
    CHECK(findings[0].evidence.size() == 2);
    CHECK(findings[0].severity == Severity::major);
    CHECK(findings[1].subject.at(0).second == "app[43]");
}

TEST_CASE("missing-file tells paths that are no text apart", "[missing-file]")
{
    const Finding finding = missing_file(watched({missing(200, 42, "/a\xff")})).at(0);
    CHECK(finding.subject.at(1).second == "/a\\xff");
    CHECK_THAT(finding.summary, ContainsSubstring("/a\\xff"));
}

TEST_CASE("missing-file is silent on a search", "[missing-file]")
{
    constexpr int kDirectories = 500;
    std::vector<Failure> search;
    search.reserve(kDirectories);
    for (int directory = 0; directory < kDirectories; directory++)
        search.push_back(missing(2, 42, "/usr/lib/" + std::to_string(directory) + "/libx.so"));
    CHECK(missing_file(watched(search)).empty());
    // Every new process looks for what its loader or its locale would like.
    constexpr int kFirst = 100;
    constexpr int kEnd = 1000;
    std::vector<Failure> many;
    many.reserve(kEnd - kFirst);
    for (int pid = kFirst; pid < kEnd; pid++)
        many.push_back(missing(1, pid, "/usr/lib/locale/locale-archive"));
    CHECK(missing_file(watched(many)).empty());
}

TEST_CASE("missing-file is silent on what is rare, there, or something else", "[missing-file]")
{
    CHECK(missing_file(watched({missing(19)})).empty());
    CHECK_FALSE(missing_file(watched({missing(20)})).empty());
    Interval slow = watched({missing(20)});
    slow.length = 60s;
    CHECK(missing_file(slow).empty());
    Failure refused = missing(200);
    refused.error = "EACCES";
    Failure stat = missing(200);
    stat.op = Op::metadata;
    Failure nameless = missing(200);
    nameless.path.reset();
    CHECK(missing_file(watched({refused, stat, nameless})).empty());
    CHECK(missing_file(test::empty_interval(1s)).empty());
}
