// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/parse.h"
#include "unit/sys/fake_tree.h"

#include <algorithm>

using namespace iopath;

TEST_CASE("files are read below the root", "[host_files]")
{
    const FakeTree tree;
    tree.file("/proc/sys/kernel/x", "one\ntwo\n");
    const auto files = tree.files();

    CHECK(files.read("/proc/sys/kernel/x").value() == "one\ntwo\n");
    CHECK(files.line("/proc/sys/kernel/x") == "one");
    CHECK(files.exists("/proc/sys"));
    CHECK(files.line("/proc/none").empty());
    CHECK(files.list("/none").empty());
    CHECK(files.list("/proc/sys") == std::vector<std::string>{"kernel"});

    const auto missing = files.read("/proc/none");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().error_number == ENOENT);
    CHECK(missing.error().where == "/proc/none");
}

TEST_CASE("a file larger than one read is read whole", "[host_files]")
{
    const FakeTree tree;
    const std::string content(100'000, 'x');
    tree.file("/big", content);
    CHECK(tree.files().read("/big").value() == content);
    CHECK_FALSE(tree.files().read("/").ok());
}

TEST_CASE("links are followed to a name", "[host_files]")
{
    const FakeTree tree;
    tree.file("/dev/dm-0");
    tree.link("/dev/mapper/root", "../dm-0");
    CHECK(tree.files().resolved_name("/dev/mapper/root") == "dm-0");
    CHECK(tree.files().resolved_name("/dev/gone") == "gone");
    CHECK(tree.files().link("/dev/mapper/root") == "../dm-0");
    CHECK(tree.files().link("/dev/dm-0").empty());
}

TEST_CASE("kernel text is taken apart", "[parse]")
{
    CHECK(split("a  b c", ' ').size() == 3);
    CHECK(split("a  b", ' ', false).size() == 3);
    CHECK(split("", ' ').empty());

    CHECK(unescape_octal("/mnt/a\\040b\\011c\\134d") == "/mnt/a b\tc\\d");
    CHECK(unescape_octal("no\\escape\\04") == "no\\escape\\04");
    CHECK(unescape_octal("\\777\\-12\\") == "\\777\\-12\\");

    CHECK(cpus_in_list("0") == 1);
    CHECK(cpus_in_list("0-3,8,10-11") == 7);
    CHECK(cpus_in_list("") == 0);
    CHECK(cpus_in_list("3-1") == 0);
    CHECK(cpus_in_list("all") == 0);

    CHECK(number_in<int>("42") == 42);
    CHECK_FALSE(number_in<int>("42x"));
    CHECK_FALSE(number_in<int>(""));
}
