// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/devices.h"
#include "unit/sys/fake_tree.h"

using namespace iopath;

namespace {

constexpr std::uint32_t dev(std::uint32_t major, std::uint32_t minor)
{
    return DeviceNumber{major, minor}.value();
}

} // namespace

TEST_CASE("a dev_t is taken apart as the kernel does", "[devices]")
{
    CHECK(dev(8, 1) == 0x800001);
    CHECK(DeviceNumber::of(0x10300042).major == 259);
    CHECK(DeviceNumber::of(0x10300042).minor == 0x42);
    REQUIRE(DeviceNumber::in("259:66"));
    CHECK(DeviceNumber::in("259:66")->value() == 0x10300042);
    for (const char* other : {"", "259", ":", "259:", ":66", "a:b", "259:66 ", "-1:0"})
        CHECK_FALSE(DeviceNumber::in(other));
    CHECK(DeviceNumber::of(dev(4095, 0xfffff)).minor == 0xfffff);
}

TEST_CASE("devices are named from sysfs", "[devices]")
{
    const FakeTree tree;
    tree.block_device("254:0", "pci0/virtio1/block/vda");
    tree.block_device("254:1", "pci0/virtio1/block/vda/vda1");
    tree.file("/sys/devices/pci0/virtio1/block/vda/vda1/partition", "1\n");
    tree.block_device("104:0", "pci0/block/cciss!c0d0");
    const auto files = tree.files();
    Devices devices(files);

    CHECK(devices.name(dev(254, 0)) == "vda");
    CHECK(devices.name(dev(254, 1)) == "vda1");
    CHECK(devices.name(dev(104, 0)) == "cciss/c0d0");
    CHECK(devices.name(dev(7, 7)).empty());
    CHECK(devices.name(0).empty());

    CHECK(devices.whole_disk("vda1") == "vda");
    CHECK(devices.whole_disk("vda") == "vda");
    CHECK(devices.whole_disk("gone") == "gone");
    CHECK(devices.exists("cciss/c0d0"));
    CHECK_FALSE(devices.exists("gone"));
    CHECK_FALSE(devices.exists(""));
}

TEST_CASE("a device that appears is found, one that goes keeps its name", "[devices]")
{
    const FakeTree tree;
    const auto files = tree.files();
    Devices devices(files);
    CHECK(devices.name(dev(7, 0)).empty());

    tree.block_device("7:0", "virtual/block/loop0");
    CHECK(devices.name(dev(7, 0)) == "loop0");

    tree.remove("/sys/dev/block/7:0");
    devices.refresh();
    CHECK(devices.name(dev(7, 0)) == "loop0");
}

TEST_CASE("a number given to another device is noticed at a refresh", "[devices]")
{
    const FakeTree tree;
    tree.block_device("259:0", "virtual/block/nvme0n1");
    const auto files = tree.files();
    Devices devices(files);
    CHECK(devices.name(dev(259, 0)) == "nvme0n1");

    tree.remove("/sys/dev/block/259:0");
    tree.block_device("259:0", "virtual/block/nvme1n1");
    CHECK(devices.name(dev(259, 0)) == "nvme0n1");
    devices.refresh();
    CHECK(devices.name(dev(259, 0)) == "nvme1n1");
}
