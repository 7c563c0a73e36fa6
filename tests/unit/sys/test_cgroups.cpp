// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/cgroups.h"
#include "unit/sys/fake_tree.h"

#include <array>
#include <fcntl.h>
#include <sys/stat.h>

using namespace iopath;

namespace {

std::uint64_t inode(const std::filesystem::path& path)
{
    struct stat about {};
    REQUIRE(::stat(path.c_str(), &about) == 0);
    return about.st_ino;
}

void mount_at(const FakeTree& tree, std::string_view point)
{
    tree.directory(point);
    tree.file("/proc/self/mountinfo",
              "31 23 0:38 / " + std::string(point) + " rw - cgroup2 cgroup2 rw\n");
}

} // namespace

TEST_CASE("a descriptor has one owner", "[fd]")
{
    Fd first(::open("/", O_RDONLY | O_CLOEXEC));
    REQUIRE(first);
    const int number = first.get();
    Fd second(std::move(first));
    CHECK_FALSE(first); // NOLINT(bugprone-use-after-move): that is the question
    CHECK(second.get() == number);
    second.reset();
    CHECK(::fcntl(number, F_GETFD) == -1);
}

TEST_CASE("errors of cgroups say what was found and where v2 is", "[cgroups]")
{
    const FakeTree tree;
    mount_at(tree, "/sys/fs/cgroup");
    tree.file("/plain");
    const auto files = tree.files();
    const auto message = [&](const std::string& path) {
        const auto opened = open_cgroup(files, path);
        REQUIRE_FALSE(opened.ok());
        return opened.error().text();
    };
    const std::string plain = tree.at("/plain").string();

    CHECK(message("no/such.slice") ==
          "there is no cgroup no/such.slice (iopath needs cgroup v2, mounted at /sys/fs/cgroup)");
    CHECK(message(plain) == plain + " is not a directory, so no cgroup (iopath needs cgroup v2, "
                                    "mounted at /sys/fs/cgroup)");
    // The fake tree is an ordinary file system.
    CHECK(message(tree.at("/").string()).find("is not a cgroup directory") != std::string::npos);
    CHECK(message("").find("empty") != std::string::npos);

    tree.file("/proc/self/mountinfo", "");
    CHECK(message("x").find("mount -t cgroup2") != std::string::npos);
}

TEST_CASE("cgroups are named by id", "[cgroups]")
{
    const FakeTree tree;
    mount_at(tree, "/sys/fs/cgroup");
    tree.directory("/sys/fs/cgroup/system.slice/x.service");
    tree.file("/sys/fs/cgroup/cgroup.procs");
    const auto files = tree.files();
    CgroupPaths paths(files);

    const auto service = inode(tree.at("/sys/fs/cgroup/system.slice/x.service"));
    CHECK(paths.path(inode(tree.at("/sys/fs/cgroup"))) == "/");
    CHECK(paths.path(service) == "/system.slice/x.service");
    CHECK(paths.path(inode(tree.at("/sys/fs/cgroup/cgroup.procs"))).empty());

    // One that appears is found, one that goes keeps its name.
    tree.directory("/sys/fs/cgroup/late.slice");
    const auto late = inode(tree.at("/sys/fs/cgroup/late.slice"));
    CHECK(paths.path(late) == "/late.slice");
    tree.remove("/sys/fs/cgroup/late.slice");
    CHECK(paths.path(late) == "/late.slice");
    CHECK(paths.path(service) == "/system.slice/x.service");
}

TEST_CASE("several cgroups are learnt in one walk, misses are kept", "[cgroups]")
{
    const FakeTree tree;
    mount_at(tree, "/cg");
    tree.directory("/cg/a");
    const auto files = tree.files();
    CgroupPaths paths(files);
    const auto a = inode(tree.at("/cg/a"));
    const std::array<std::uint64_t, 2> ids{a, 1};
    paths.learn(ids);

    // With the mount gone only what is remembered can be answered.
    tree.file("/proc/self/mountinfo", "");
    CHECK(paths.path(a) == "/a");
    CHECK(paths.path(1).empty());
}

TEST_CASE("a cgroup of this host is opened", "[cgroups]")
{
    const HostFiles files;
    const std::string mount = cgroup2_mount(files);
    if (mount.empty()) {
        WARN("skipped: cgroup v2 is not mounted here");
        return;
    }
    const auto root = open_cgroup(files, mount);
    REQUIRE(root.ok());
    CHECK(root->id == inode(mount));
    CHECK(root->path == "/");
    CHECK(root->directory == mount);
    CHECK(CgroupPaths(files).path(root->id) == "/");
}
