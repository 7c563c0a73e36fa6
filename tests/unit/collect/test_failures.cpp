// SPDX-License-Identifier: GPL-2.0-only
#include "collect/collector.h"
#include "fake_maps.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>

using namespace iopath;
using namespace iopath::test;

namespace {

constexpr std::uint16_t kRow = IOPATH_FIRST_FREE_ROW;

iopath_failure_key key_of(std::uint8_t naming, std::string_view path, bool begins_at)
{
    iopath_failure_key key{};
    key.row = kRow;
    key.tgid = 42;
    key.error = ENOENT;
    key.name.naming = naming;
    key.name.begins_at = begins_at;
    path.copy(&key.name.path[0], sizeof(key.name.path) - 1);
    return key;
}

/// Of names that lead upwards.
iopath_failure failure_of(std::initializer_list<std::string_view> names, std::uint64_t count,
                          std::uint32_t flags = 0)
{
    iopath_failure failure{};
    failure.count = count;
    failure.ns = 100 * count;
    failure.names.flags = flags;
    std::strcpy(&failure.comm[0], "cat");
    for (const std::string_view name : names) {
        name.copy(&failure.names.text[failure.names.bytes], name.size());
        failure.names.bytes += name.size() + 1;
    }
    return failure;
}

std::vector<Failure> collected(FakeMaps& maps)
{
    iopath_row_info info{};
    info.key.op = IOPATH_OP_open;
    info.key.target = IOPATH_TARGET_file;
    info.key.peer_target = IOPATH_NO_PEER_TARGET;
    maps.set<iopath_row_info>("row_infos", kRow, {info});
    Names names;
    names.device = [](std::uint32_t, std::string_view) { return std::string(); };
    Collector collector(maps, names);
    return collector.counts({.rows = kRow + 1U}, "").failures;
}

Failure only(const iopath_failure_key& key, const iopath_failure& failure)
{
    FakeMaps maps;
    maps.put<iopath_failure_key, iopath_failure>("failures", key, {failure});
    return collected(maps).at(0);
}

} // namespace

TEST_CASE("a failure has op, error, path, process and count", "[failures]")
{
    const Failure row =
        only(key_of(IOPATH_NAMED_BY_PATH, "/etc/missing", false), failure_of({}, 3));
    CHECK(row.op == Op::open);
    CHECK(row.target == Target::file);
    CHECK(row.error == "ENOENT");
    CHECK(row.path == "/etc/missing");
    CHECK_FALSE(row.cut);
    CHECK(row.pid == 42);
    CHECK(row.comm == "cat");
    CHECK(row.count == 3);
    CHECK(row.time == Nanoseconds(300));
}

TEST_CASE("relative paths begin at their directory", "[failures]")
{
    const auto relative = key_of(IOPATH_NAMED_BY_PATH, "x", true);
    CHECK(only(relative, failure_of({"user", "home"}, 1)).path == "/home/user/x");
    CHECK(only(relative, failure_of({}, 1)).path == "/x");
    const Failure cut = only(relative, failure_of({"b", "a"}, 1, IOPATH_NAMES_CUT));
    CHECK(cut.path == ".../a/b/x");
    CHECK(cut.cut);
    const Failure nowhere = only(key_of(IOPATH_NAMED_BY_PATH, "x", false), failure_of({}, 1));
    CHECK(nowhere.path == ".../x");
    CHECK(nowhere.cut);
    CHECK(only(key_of(IOPATH_NAMED_BY_PATH, "", false), failure_of({}, 1)).path == "");
    auto long_path = key_of(IOPATH_NAMED_BY_PATH, "c/d", false);
    long_path.name.front_cut = 1;
    CHECK(only(long_path, failure_of({}, 1)).path == "...c/d");
}

TEST_CASE("descriptors are named by their file, sockets by their address", "[failures]")
{
    const auto by_fd = key_of(IOPATH_NAMED_BY_FD, "", true);
    const Failure file = only(by_fd, failure_of({"file", "tmp"}, 1, IOPATH_NAMES_DELETED));
    CHECK(file.path == "/tmp/file");
    CHECK(file.deleted);
    CHECK(only(by_fd, failure_of({}, 1)).path == "/");
    CHECK_FALSE(only(key_of(IOPATH_NAMED_BY_NOTHING, "", false), failure_of({}, 1)).path);

    auto four = key_of(IOPATH_NAMED_BY_SOCKADDR, "", false);
    const sockaddr_in address{AF_INET, htons(80), {htonl(INADDR_LOOPBACK)}, {}};
    std::memcpy(&four.name.path[0], &address, sizeof(address));
    CHECK(only(four, failure_of({}, 1)).address == "127.0.0.1:80");
    CHECK_FALSE(only(four, failure_of({}, 1)).path);
    auto six = key_of(IOPATH_NAMED_BY_SOCKADDR, "", false);
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_port = htons(443);
    loopback.sin6_addr = in6addr_loopback;
    std::memcpy(&six.name.path[0], &loopback, sizeof(loopback));
    CHECK(only(six, failure_of({}, 1)).address == "[::1]:443");
}

TEST_CASE("a directory that came anew under its name is the same", "[failures]")
{
    FakeMaps maps;
    auto key = key_of(IOPATH_NAMED_BY_PATH, "x", true);
    for (key.name.generation = 1; key.name.generation <= 3; key.name.generation++)
        maps.put<iopath_failure_key, iopath_failure>("failures", key, {failure_of({"tmp"}, 2)});
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].count == 6);
    CHECK(rows[0].time == Nanoseconds(600));
}

TEST_CASE("failures that found no place have neither path nor process", "[failures]")
{
    FakeMaps maps;
    std::vector<iopath_failures_beyond> beyond(1);
    beyond[0].count[IOPATH_OP_open * IOPATH_FAILURE_ERRORS + ENOENT] = 7;
    beyond[0].count[IOPATH_OP_splice * IOPATH_FAILURE_ERRORS + EPIPE] = 2;
    maps.set<iopath_failures_beyond>("failures_beyond", 0, beyond);
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].op == Op::open);
    CHECK(rows[0].error == "ENOENT");
    CHECK(rows[0].count == 7);
    CHECK_FALSE(rows[0].path);
    CHECK(rows[0].pid == 0);
    CHECK(rows[1].op == Op::splice);
    CHECK(rows[1].error == "EPIPE");
}
