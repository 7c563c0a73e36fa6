// SPDX-License-Identifier: GPL-2.0-only
// Directories that lookups took time in.
#include "collect/collector.h"
#include "fake_maps.h"
#include "names.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace iopath::test;
using std::chrono::nanoseconds;

namespace {

iopath_names names_upwards(std::initializer_list<std::string_view> names, std::uint32_t flags = 0)
{
    iopath_names out{};
    out.flags = flags;
    for (const std::string_view name : names) {
        name.copy(&out.text[out.bytes], name.size());
        out.bytes += name.size() + 1;
    }
    return out;
}

void add_searched(FakeMaps& maps, std::uint64_t inode, const iopath_names& names)
{
    const iopath_directory_key key{inode, 1, kSda};
    iopath_directory directory{};
    directory.misses = {10, 1000, 700, 300};
    directory.negative = 4;
    directory.reads = 9;
    directory.read_bytes = 36'864;
    std::string_view("ext4").copy(&directory.fs[0], sizeof(directory.fs));
    directory.names = names;
    maps.put<iopath_directory_key, iopath_directory>("directories", key, {directory});
}

void add_slow(FakeMaps& maps, std::string_view path, bool relative, const iopath_names& names)
{
    iopath_call_name key{};
    key.naming = IOPATH_NAMED_BY_PATH;
    path.copy(&key.path[0], sizeof(key.path) - 1);
    key.begins_at = relative ? 1 : 0;
    key.dev = relative ? kSda : 0;
    iopath_slow_directory slow{};
    slow.operations = {3, 90'000, 60'000, 40'000};
    slow.names = names;
    maps.put<iopath_call_name, iopath_slow_directory>("slow_directories", key, {slow});
}

std::vector<DirectoryLookups> collected(FakeMaps& maps)
{
    Names known = names();
    known.path = [](std::uint32_t, std::string_view inner) {
        return inner == "/hidden" ? std::string() : "/mnt" + std::string(inner);
    };
    known.mount = [](std::string_view path) {
        return path.starts_with("/home") ? Below{"xfs", "sdb", 0, ""} : Below{};
    };
    Collector collector(maps, known);
    return collector.counts({}, "").directories;
}

} // namespace

TEST_CASE("misses and slow operations of one directory are one row", "[lookups]")
{
    FakeMaps maps;
    add_searched(maps, 12, names_upwards({"b", "a"}));
    add_slow(maps, "/mnt/a/b/", false, {});
    add_slow(maps, "b/", true, names_upwards({"a", "mnt"}));
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].path == "/mnt/a/b");
    CHECK_FALSE(rows[0].cut);
    CHECK(rows[0].fs == "ext4");
    CHECK(rows[0].device == "sda");
    REQUIRE(rows[0].misses);
    CHECK(rows[0].misses->count == 10);
    CHECK(rows[0].misses->negative == 4);
    CHECK(rows[0].misses->time == nanoseconds(1000));
    CHECK(rows[0].misses->device == nanoseconds(700));
    CHECK(rows[0].misses->reads == 9);
    CHECK(rows[0].misses->read_bytes == 36'864);
    CHECK(rows[0].miss_max == nanoseconds(300));
    CHECK(rows[0].slow == 6);
    CHECK(rows[0].slow_time == nanoseconds(180'000));
    CHECK(rows[0].slow_device == nanoseconds(120'000));
    CHECK(rows[0].slow_max == nanoseconds(40'000));
    CHECK(rows[0].cost() == nanoseconds(180'000));
}

TEST_CASE("directories have the file system that is known of them", "[lookups]")
{
    FakeMaps maps;
    add_slow(maps, "/home/user/", false, {});
    add_slow(maps, "/", false, {});
    add_slow(maps, "", true, names_upwards({"work"}));
    add_slow(maps, "deep/", true, names_upwards({"x"}, IOPATH_NAMES_CUT));
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 4);
    CHECK(rows[0].path == "/home/user");
    CHECK(rows[0].fs == "xfs");
    CHECK(rows[0].device == "sdb");
    CHECK(rows[1].path == "/");
    CHECK(rows[1].fs.empty());
    CHECK(rows[2].path == "/work");
    CHECK(rows[2].device == "sda");
    CHECK(rows[3].path == ".../x/deep");
    CHECK(rows[3].cut);
}

TEST_CASE("a directory that no mount shows has the path inside its file system", "[lookups]")
{
    FakeMaps maps;
    add_searched(maps, 12, names_upwards({"hidden"}));
    add_searched(maps, 13, names_upwards({"far", "up"}, IOPATH_NAMES_CUT));
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].path == ".../hidden");
    CHECK(rows[0].cut);
    CHECK(rows[1].path == ".../up/far");
    CHECK(rows[1].cut);
}

TEST_CASE("directories without room are one row without a path", "[lookups]")
{
    FakeMaps maps;
    iopath_directories_beyond beyond{};
    beyond.misses = {5, 500, 0, 200};
    beyond.negative = 2;
    beyond.reads = 3;
    beyond.read_bytes = 12'288;
    maps.set<iopath_directories_beyond>("directories_beyond", 0, {beyond});
    const auto rows = collected(maps);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].path.empty());
    CHECK(rows[0].misses->count == 5);
    CHECK(rows[0].misses->reads == 3);
    CHECK(rows[0].misses->read_bytes == 12'288);
    CHECK(rows[0].slow == 0);
}

TEST_CASE("reads of a search stay unknown once they are", "[lookups]")
{
    NameMisses known{4, 1, nanoseconds(90), nanoseconds(40), 6, 24'576};
    NameMisses unknown = known;
    unknown.reads.reset();
    unknown.read_bytes.reset();
    NameMisses sum = known;
    sum.add(known);
    CHECK(sum.reads == 12);
    sum.subtract(known);
    CHECK(sum.read_bytes == 24'576);
    sum.add(unknown);
    CHECK_FALSE(sum.reads);
    CHECK_FALSE(sum.read_bytes);
    CHECK(sum.count == 8);
}

TEST_CASE("hits are known where all else is", "[lookups]")
{
    Lookups lookups;
    lookups.paths = 10;
    lookups.components = 30;
    lookups.misses = NameMisses{4, 0, {}, {}};
    CHECK(lookups.hits(10) == 26);
    CHECK_FALSE(lookups.hits(11)); // of one the components are not known
    lookups.misses->count = 31;    // symbolic links lead further
    CHECK_FALSE(lookups.hits(10));
    lookups.misses.reset();
    CHECK_FALSE(lookups.hits(10));
}
