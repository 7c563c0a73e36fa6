// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/mounts.h"
#include "unit/sys/fake_tree.h"

using namespace iopath;

namespace {

constexpr std::string_view kMountInfo =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
    "30 27 0:40 /@home /home rw shared:2 master:3 - btrfs /dev/mapper/data rw,subvol=/@home\n"
    "31 27 254:1 / /var/lib/docker rw - xfs /dev/vda1 rw\n"
    "32 27 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay "
    "rw,lowerdir=/l:/m,upperdir=/var/lib/docker/overlay2/x\\040y\\054z/diff,workdir=/w\n"
    "33 27 0:51 / /merged rw - overlay overlay rw,lowerdir=/a,upperdir=/home/me/up,workdir=/w\n"
    "34 27 0:52 / /readonly ro - overlay overlay ro,lowerdir=/a:/b\n"
    "35 27 0:60 / /mnt/nfs rw - nfs4 server:/export rw,vers=4.2\n"
    "36 27 0:61 / /mnt/a\\040b rw - fuse.sshfs /dev/fuse rw\n"
    "37 27 0:62 / /run rw - tmpfs tmpfs rw\n"
    "38 27 0:63 / /empty rw -  tmpfs  rw\n"
    "39 27 0:64 / /other rw - overlay overlay rw,upperdir=/var/lib/dockers/diff,workdir=/w\n"
    "nonsense\n";

constexpr std::uint32_t anonymous(std::uint32_t minor)
{
    return DeviceNumber{0, minor}.value();
}

void build(const FakeTree& tree)
{
    tree.file("/proc/self/mountinfo", kMountInfo);
    tree.block_device("254:0", "virtio/block/vda");
    tree.block_device("254:1", "virtio/block/vda/vda1");
    tree.block_device("253:0", "virtual/block/dm-0");
    tree.link("/dev/mapper/data", "../dm-0");
}

} // namespace

TEST_CASE("the mount table is parsed", "[mounts]")
{
    const auto mounts = parse_mountinfo(kMountInfo);
    REQUIRE(mounts.size() == 12);
    CHECK(mounts[1].dev == 0xfe00000);
    CHECK(mounts[1].point == "/");
    CHECK(mounts[1].type == "ext4");
    CHECK(mounts[1].source == "/dev/vda");
    CHECK(mounts[2].source == "/dev/mapper/data");
    CHECK(mounts[8].point == "/mnt/a b");
    CHECK(parse_mountinfo("").empty());
}

TEST_CASE("anonymous devices are named through the mount table", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);

    CHECK(mounts.device_of(anonymous(40), "btrfs") == "dm-0");
    // The upper directory of the first lies on /dev/vda1, of the second on the btrfs.
    CHECK(mounts.device_of(anonymous(50), "overlay") == "vda1");
    CHECK(mounts.device_of(anonymous(51), "overlay") == "dm-0");
    CHECK(mounts.device_of(anonymous(52), "overlay").empty());
    CHECK(mounts.device_of(anonymous(60), "nfs4").empty());
    CHECK(mounts.device_of(anonymous(61), "fuse").empty());
    CHECK(mounts.device_of(anonymous(62), "tmpfs").empty());
    CHECK(mounts.device_of(anonymous(99), "btrfs").empty());
    // /var/lib/dockers is not below /var/lib/docker.
    CHECK(mounts.device_of(anonymous(64), "overlay") == "vda");
}

TEST_CASE("what is below an overlay and a FUSE mount", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    const Below root{"ext4", "vda", 0, ""};
    CHECK(mounts.below(anonymous(50), "overlay") ==
          std::vector<Below>{{"xfs", "vda1", 0, ""}, root});
    CHECK(mounts.below(anonymous(52), "overlay") == std::vector<Below>{root});
    CHECK(mounts.below(anonymous(62), "tmpfs").empty());
    CHECK(mounts.below(anonymous(61), "fuse").empty());

    tree.file("/proc/77/comm", "sshfs\n");
    tree.link("/proc/77/fd/3", "/dev/fuse");
    tree.file("/proc/77/fdinfo/3", "pos:\t0\n");
    tree.directory("/sys/fs/fuse/connections/61");
    const std::vector<Below> daemon{{"", "", 77, "sshfs"}};
    CHECK(mounts.below(anonymous(61), "fuse") == daemon);
    tree.directory("/sys/fs/fuse/connections/62");
    CHECK(mounts.below(anonymous(61), "fuse").empty()); // whose is it?
    tree.file("/proc/77/fdinfo/3", "pos:\t0\nfuse_connection:\t61\n");
    CHECK(mounts.below(anonymous(61), "fuse") == daemon);
    CHECK(mounts.below(anonymous(62), "fuse").empty());
}

TEST_CASE("a number that another type of file system has now is not named", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    CHECK(mounts.device_of(anonymous(40), "overlay").empty());
    CHECK(mounts.device_of(anonymous(40), "") == "dm-0");
}

TEST_CASE("a file's device comes from sysfs or from the mount table", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    CHECK(file_device(devices, mounts, DeviceNumber{254, 1}.value(), "xfs") == "vda1");
    CHECK(file_device(devices, mounts, anonymous(40), "btrfs") == "dm-0");
    CHECK(file_device(devices, mounts, 0, "").empty());
}

TEST_CASE("what was unmounted is remembered until its number is reused", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    Mounts mounts(files, devices);

    tree.file("/proc/self/mountinfo", "27 1 254:0 / / rw - ext4 /dev/vda rw\n");
    mounts.refresh();
    CHECK(mounts.device_of(anonymous(40), "btrfs") == "dm-0");

    tree.file("/proc/self/mountinfo", "27 1 0:40 / /t rw - tmpfs tmpfs rw\n");
    mounts.refresh();
    CHECK(mounts.device_of(anonymous(40), "btrfs").empty());
    CHECK(mounts.device_of(anonymous(40), "tmpfs").empty());
}

TEST_CASE("without a mount table nothing is named", "[mounts]")
{
    const FakeTree tree;
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    CHECK(mounts.device_of(anonymous(40), "btrfs").empty());
}

TEST_CASE("a path in a file system is found through a mount that shows it", "[mounts]")
{
    const FakeTree tree;
    build(tree);
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    CHECK(mounts.path_of(anonymous(62), "/a/b") == "/run/a/b");
    CHECK(mounts.path_of(anonymous(40), "/@home/me") == "/home/me");
    CHECK(mounts.path_of(anonymous(40), "/@homes/me").empty()); // another subvolume
    CHECK(mounts.path_of(DeviceNumber{254, 0}.value(), "/etc/x") == "/etc/x");
    CHECK(mounts.path_of(anonymous(99), "/a").empty());
    CHECK(mounts.type_of(anonymous(40)) == "btrfs");
    CHECK(mounts.type_of(anonymous(99)).empty());
}
