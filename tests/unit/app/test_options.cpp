// SPDX-License-Identifier: GPL-2.0-only
#include "app/options.h"
#include "tests/support/catch.h"

using namespace iopath;
using Command = CommandLine::Command;
using Words = std::vector<std::string>;

namespace {

CommandLine parse(const Words& words)
{
    return parse_command_line(words);
}

void check_usage_error(const Words& words, const std::string& says)
{
    const CommandLine line = parse(words);
    INFO(line.text);
    CHECK(line.command == Command::print);
    CHECK(line.exit_status == 2);
    CHECK_THAT(line.text, Catch::Matchers::ContainsSubstring(says));
}

} // namespace

TEST_CASE("everything behind the first -- is the command, untouched")
{
    const CommandLine line = parse({"diagnose", "--json", "--", "sh", "-c", "--", "--json", ""});
    CHECK(line.command == Command::diagnose);
    CHECK(line.diagnose.json);
    CHECK(line.diagnose.command == Words{"sh", "-c", "--", "--json", ""});
}

TEST_CASE("options of diagnose")
{
    const CommandLine line =
        parse({"diagnose",   "-p",       "12,34",      "--comm",      "fio",
               "-d",         "vda",      "--fs",       "ext4",        "--op",
               "read",       "--target", "unix",       "--by",        "process",
               "--duration", "1.5",      "--interval", "250ms",       "-o",
               "out",        "--color",  "never",      "--no-attach", "raw_tp,sched_migrate"});
    REQUIRE(line.command == Command::diagnose);
    const DiagnoseOptions& options = line.diagnose;
    CHECK(options.pids == std::vector<int>{12, 34});
    CHECK(options.comm == "fio");
    CHECK(options.device == "vda");
    CHECK(options.fs == "ext4");
    CHECK(options.op == Op::read);
    CHECK(options.target == Target::unix_socket);
    CHECK(options.by == Breakdown::process);
    CHECK(options.duration == std::chrono::milliseconds(1500));
    CHECK(options.interval == std::chrono::milliseconds(250));
    CHECK(options.output == "out");
    CHECK(options.colour == Colour::never);
    CHECK(options.attach.no_attach == std::set<std::string>{"raw_tp", "sched_migrate"});
}

TEST_CASE("durations carry their unit")
{
    CHECK(parse({"diagnose", "--duration", "2m"}).diagnose.duration == std::chrono::minutes(2));
    CHECK(parse({"diagnose", "--duration", "3s"}).diagnose.duration == std::chrono::seconds(3));
    CHECK_FALSE(parse({"diagnose"}).diagnose.duration);
    for (const char* wrong : {"0", "-1", "ten", "1x", "nan", "inf", "1e99", ""})
        check_usage_error({"diagnose", "--duration", wrong}, "--duration");
}

TEST_CASE("bad input names the thing and the remedy")
{
    check_usage_error({}, "iopath");
    check_usage_error({"diagnos"}, "diagnos");
    check_usage_error({"diagnose", "--wat"}, "--wat");
    check_usage_error({"diagnose", "fio"}, "fio");
    check_usage_error({"diagnose", "--"}, "no command behind --");
    check_usage_error({"diagnose", "--", ""}, "no command behind --");
    check_usage_error({"diagnose", "-p", "abc"}, "'abc' is no process id");
    check_usage_error({"diagnose", "-p", "0"}, "'0' is no process id");
    check_usage_error({"diagnose", "-p", "1", "--", "true"}, "exclude each other");
    check_usage_error({"diagnose", "-p", "1", "-c", "/x"}, "exclude each other");
    check_usage_error({"diagnose", "--op", "reed"}, "read, write");
    check_usage_error({"diagnose", "--target", "disk"}, "blockdev");
    check_usage_error({"diagnose", "--by", "user"}, "process, cgroup, device, fs, file");
    check_usage_error({"diagnose", "--color", "blue"}, "auto, always, never");
    check_usage_error({"diagnose", "--comm", "a-name-of-16-char"}, "15 characters");
    check_usage_error({"diagnose", "--no-attach", "kprob"}, "'kprob'");
    check_usage_error({"doctor", "--", "true"}, "doctor takes no command");
}

TEST_CASE("help and version go to standard output and are no error")
{
    for (const Words& words : {Words{"--help"}, Words{"diagnose", "--help"}, Words{"doctor", "-h"},
                               Words{"--version"}}) {
        const CommandLine line = parse(words);
        CHECK(line.command == Command::print);
        CHECK(line.exit_status == 0);
        CHECK_THAT(line.text, Catch::Matchers::ContainsSubstring("iopath"));
    }
}
