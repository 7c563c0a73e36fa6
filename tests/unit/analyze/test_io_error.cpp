// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/findings.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

Interval failing(std::string status, std::uint64_t count)
{
    Interval interval = test::empty_interval(1s);
    interval.counts.block = {test::requests("sda", "read", {{1000, 100us}}, 1us)};
    interval.counts.block[0].requeues = 3;
    const Submitter by{SubmitterKind::process, 42, "dd", "/", "", ""};
    if (count > 0)
        interval.counts.block_errors = {{"sda", "read", std::move(status), count, 4656, 4660, by}};
    return interval;
}

} // namespace

TEST_CASE("io-error fires on a single bad sector, and says where", "[io-error]")
{
    const Finding finding = io_error(failing("MEDIUM", 1)).at(0);
    CHECK(finding.id == "io-error");
    CHECK(finding.layer == "device");
    CHECK(finding.severity == Severity::major);
    CHECK(finding.subject.at(0).second == "sda");
    CHECK_THAT(finding.summary, ContainsSubstring("1 of 1,000 requests to sda failed"));
    CHECK_THAT(finding.evidence.at(0), ContainsSubstring("MEDIUM") &&
                                           ContainsSubstring("sector 4656") &&
                                           ContainsSubstring("dd[42]"));
    CHECK_THAT(finding.evidence.at(1), ContainsSubstring("3 were sent again"));
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("smartctl -a /dev/sda"));
}

TEST_CASE("io-error is critical where most fails", "[io-error]")
{
    const Finding finding = io_error(failing("OFFLINE", 900)).at(0);
    CHECK(finding.severity == Severity::critical);
    CHECK_THAT(finding.advice.at(0), ContainsSubstring("multipath"));
}

TEST_CASE("io-error is silent on what is asked only to see whether it works", "[io-error]")
{
    CHECK(io_error(failing("NOTSUPP", 12)).empty());
    CHECK(io_error(failing("AGAIN", 12)).empty());
}

TEST_CASE("io-error is silent without an error", "[io-error]")
{
    CHECK(io_error(failing("IOERR", 0)).empty());
    CHECK(io_error(test::empty_interval(1s)).empty());
}
