// SPDX-License-Identifier: GPL-2.0-only
#include "app/fs_filter.h"
#include "tests/support/catch.h"
#include "unit/sys/fake_tree.h"

using namespace iopath;

namespace {

constexpr const char* kMounts = "21 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
                                "22 21 0:40 / /data rw - btrfs /dev/vdb rw\n"
                                "23 21 0:41 / /far rw - fuse.sshfs host:/ rw\n";

} // namespace

TEST_CASE("a type of file system is known if the kernel has it or a module for it")
{
    const FakeTree tree;
    const auto files = tree.files();
    CHECK(check_file_system(files, "any", "6.1")); // nothing is known at all
    tree.file("/proc/filesystems", "nodev\ttmpfs\n\text4\nnodev\tfuse\n");
    tree.file("/proc/self/mountinfo", kMounts);
    tree.file("/lib/modules/6.1/modules.alias", "alias fs-xfs xfs\nalias fs-ocfs2 ocfs2\n");
    tree.file("/lib/modules/6.1/modules.dep", "kernel/fs/f2fs/f2fs.ko.xz: kernel/lib/crc32.ko\n");
    for (const char* type : {"ext4", "tmpfs", "fuse", "xfs", "f2fs"})
        CHECK(check_file_system(files, type, "6.1"));
    CHECK_FALSE(check_file_system(files, "f2fs", "6.2"));
    for (const char* type : {"ext5", "ext", "ext4,xfs", "nodev", "fs"}) {
        const Status known = check_file_system(files, type, "6.1");
        REQUIRE_FALSE(known);
        CHECK(known.error().where == type);
        CHECK(known.error().hint == "mounted here: btrfs, ext4, fuse; the kernel also has tmpfs");
    }
}

TEST_CASE("the devices of a type are those of its mounts, and all of btrfs")
{
    const FakeTree tree;
    tree.block_device("254:1", "pci0/block/vda/vda1");
    tree.block_device("254:16", "pci0/block/vdb");
    tree.block_device("254:32", "pci0/block/vdc");
    tree.file("/proc/self/mountinfo", kMounts);
    tree.directory("/sys/fs/btrfs/0123-4567/devices/vdb");
    tree.directory("/sys/fs/btrfs/0123-4567/devices/vdc");
    tree.directory("/sys/fs/btrfs/features");
    const auto files = tree.files();
    Devices devices(files);
    const Mounts mounts(files, devices);
    CHECK(devices_with(files, devices, mounts, "ext4") == std::vector<std::string>{"vda1"});
    CHECK(devices_with(files, devices, mounts, "btrfs") == std::vector<std::string>{"vdb", "vdc"});
    CHECK(devices_with(files, devices, mounts, "xfs").empty());
}
