// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/report.h"
#include "base/text.h"
#include "output/terminal/bar.h"
#include "output/terminal/terminal.h"
#include "tests/support/build.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/sample_interval.h"

#include <regex>
#include <sstream>

using namespace iopath;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;

namespace {

constexpr Style kPlainStyle{false, false};
constexpr Style kFullStyle{true, true};
constexpr std::array<Style, 4> kStyles{
    {{false, false}, {false, true}, {true, false}, {true, true}}};

std::string without_colour(const std::string& text)
{
    static const std::regex sgr{"\x1b\\[[0-9;]*m"};
    return std::regex_replace(text, sgr, "");
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

/// At most 80 columns, no blank at a line's end, and no control byte but our own colours.
void check_page(const std::string& text, const Style& style)
{
    if (!style.colour)
        CHECK(text.find('\x1b') == std::string::npos);
    const std::string plain = without_colour(text);
    REQUIRE_FALSE(plain.empty());
    CHECK(plain.back() == '\n');
    for (const std::string& line : lines_of(plain)) {
        INFO(line);
        CHECK(display_width(line) <= kColumns);
        CHECK(safe_text(line, style.unicode ? Charset::utf8 : Charset::ascii) == line);
        CHECK((line.empty() || line.back() != ' '));
    }
}

/// Names, numbers and lists of a size that no table was made for.
Interval huge_interval()
{
    Interval interval = test::troubled_interval();
    interval.length = 86400s;
    interval.host.kernel = "6.18.44-cloud-amd64-with-a-very-long-local-version-string-12345";
    interval.host.cpus = 1024;
    interval.scope.kind = ScopeKind::cgroup;
    interval.scope.cgroup = "/" + std::string(300, 'x') + "/日本語";
    Operation row = interval.counts.operations[4];
    row.count = 98'765'432'109;
    row.bytes = ~0ULL;
    row.key.fs = "a_file_system_of_long_name";
    row.key.device = "日本語日本語日本語";
    row.key.peer_target = Target::unix_socket;
    row.key.cgroup = std::string(200, 'g');
    row.errors = 1'000'000'000'000;
    row.interrupted = 1'000'000'000'000;
    row.top = {{4194304, std::string(100, 'p'), row.latency.sum}};
    row.stage(Stage::helper).via[0].comm = std::string(90, 'v');
    for (int i = 0; i < 40; ++i) {
        row.key.pid = i;
        interval.counts.operations.push_back(row);
    }
    interval.counts.losses.fill(98'765'432'109);
    for (int cpu = 0; cpu < 128; ++cpu)
        interval.counts.interrupts.push_back(
            {"IR-PCI-MSIX-0000:00:1f.2", std::string(60, 'i'), cpu, test::latency_of({{9, 1s}})});
    for (int disk = 0; disk < 30; ++disk)
        interval.counts.block.push_back(
            test::requests("mapper" + std::to_string(disk), "write_zeroes", {{5, 2s}}, 40s));
    interval.in_flight.resize(20, interval.in_flight[0]);
    return interval;
}

} // namespace

TEST_CASE("the report of the sample is as kept", "[terminal]")
{
    const Report report = make_report(test::sample_interval());
    CHECK_THAT(test::golden_difference("report.txt", render_report(report, kPlainStyle)),
               Equals(""));
    CHECK_THAT(test::golden_difference("report_colour.txt", render_report(report, kFullStyle)),
               Equals(""));
}

TEST_CASE("the report of a troubled watch is as kept", "[terminal]")
{
    const Report report = make_report(test::troubled_interval());
    CHECK_THAT(test::golden_difference("troubled.txt", render_report(report, kPlainStyle)),
               Equals(""));
}

TEST_CASE("the report of nothing is as kept, and helps", "[terminal]")
{
    Interval interval = test::empty_interval(10s);
    interval.coverage = test::sample_coverage();
    const std::string text = render_report(make_report(interval), kPlainStyle);
    CHECK_THAT(test::golden_difference("empty.txt", text), Equals(""));
    CHECK_THAT(text,
               ContainsSubstring("No I/O operation ended") && ContainsSubstring("iopath doctor"));
}

TEST_CASE("doctor is as kept", "[terminal]")
{
    const std::string text = render_doctor(test::sample_interval().host, test::sample_coverage(),
                                           test::sample_facts(), kPlainStyle);
    CHECK_THAT(test::golden_difference("doctor.txt", text), Equals(""));
}

TEST_CASE("no line is wider than 80 columns, whatever comes", "[terminal]")
{
    for (const Style& style : kStyles) {
        for (const Interval& interval : {test::sample_interval(), test::troubled_interval(),
                                         huge_interval(), test::empty_interval(1s), Interval{}})
            check_page(render_report(make_report(interval), style), style);
        check_page(render_doctor({}, {}, {}, style), style);
        Coverage coverage = test::sample_coverage();
        coverage[0].probe = std::string(100, 'p');
        coverage[5].reason = std::string(200, 'r') + "\x1b[31m \xff";
        check_page(render_doctor(huge_interval().host, coverage,
                                 {{std::string(99, 'n'), std::string(300, 'v')}}, style),
                   style);
    }
}

TEST_CASE("hostile names cannot speak to the terminal", "[terminal]")
{
    const std::string text = render_report(make_report(test::troubled_interval()), kFullStyle);
    CHECK_THAT(text, ContainsSubstring("evil\\x1b[2J\\n\\xff"));
    CHECK_THAT(text, !ContainsSubstring("\x1b[2J"));
}

TEST_CASE("colour changes no word but the bars", "[terminal]")
{
    const Report report = make_report(test::sample_interval());
    std::string bars_left_out;
    for (const std::string& line : lines_of(without_colour(render_report(report, {true, false}))))
        if (line.find("####") == std::string::npos)
            bars_left_out += line + "\n";
    CHECK(bars_left_out == render_report(report, kPlainStyle));
}

TEST_CASE("bars fill the page exactly", "[terminal]")
{
    const std::string text =
        without_colour(render_report(make_report(test::sample_interval()), kFullStyle));
    int bars = 0;
    for (const std::string& line : lines_of(text))
        if (line.find("█") != std::string::npos) {
            CHECK(display_width(line) == kColumns);
            ++bars;
        }
    CHECK(bars >= 3);
}

TEST_CASE("cells are shared out exactly", "[terminal]")
{
    using terminal::shared_out;
    CHECK(shared_out({1, 1, 1}, 10) == std::vector<std::size_t>{4, 3, 3});
    CHECK(shared_out({0.999, 0.001}, 10) == std::vector<std::size_t>{10, 0});
    CHECK(shared_out({0, 5}, 7) == std::vector<std::size_t>{0, 7});
    CHECK(shared_out({}, 7).empty());
    CHECK(shared_out({0, 0}, 7) == std::vector<std::size_t>{0, 0});
}

TEST_CASE("losses and ledgers out of balance are named with their count", "[terminal]")
{
    const std::string text = render_report(make_report(test::troubled_interval()), kPlainStyle);
    CHECK_THAT(text, ContainsSubstring("lost 12,345 map_full, 2 missed_run"));
    CHECK_THAT(text, ContainsSubstring("do NOT balance"));
    CHECK_THAT(text, ContainsSubstring("2 descendants of the command still run"));
    CHECK_THAT(text, ContainsSubstring("4,711 io_uring_enter"));
    CHECK_THAT(text, ContainsSubstring("sync (fsync)") && ContainsSubstring("fifo-reader[1500]"));
    const std::string well = render_report(make_report(test::sample_interval()), kPlainStyle);
    CHECK_THAT(well, ContainsSubstring("5 of 7 probes lit") && ContainsSubstring("lost nothing") &&
                         ContainsSubstring("all 67,173 ledgers balance"));
}

TEST_CASE("many kinds are folded into one line", "[terminal]")
{
    Interval interval = test::empty_interval(1s);
    for (int i = 0; i < 30; ++i)
        interval.counts.operations.push_back(
            test::operation(Op::read, Target::file, "ext4", "vd" + std::to_string(i), {{10, 1ms}}));
    CHECK_THAT(render_report(make_report(interval), kPlainStyle),
               ContainsSubstring("+ 18 more kinds, 180ms"));
}
