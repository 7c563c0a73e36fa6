// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/kernel_symbols.h"
#include "unit/sys/fake_tree.h"

using namespace iopath;

TEST_CASE("addresses are named by the function they lie in", "[kernel_symbols]")
{
    const FakeTree tree;
    tree.file("/proc/kallsyms", "0000000000000000 A fixed_percpu_data\n"
                                "ffffffff81000000 T _text\n"
                                "ffffffff81000300 t ext4_write.constprop.0\n"
                                "ffffffff81000100 T down_write\n"
                                "ffffffff81000200 D jiffies\n"
                                "ffffffff81000400 t folio_wait_bit_common\n"
                                "nonsense\n"
                                "ffffffffc0000000 t xfs_file_write\t[xfs]\n");
    const auto files = tree.files();
    const auto names =
        kernel_symbols(files, {0xffffffffc0000010, 0xffffffff81000100, 0xffffffff81000250,
                               0xffffffff81000301, 0xffffffff81000400, 5});
    CHECK(names.size() == 5);
    CHECK(names.at(0xffffffff81000100).name == "down_write");
    CHECK(names.at(0xffffffff81000250).name == "down_write"); // data is no function
    CHECK(names.at(0xffffffff81000250).of_lock);
    CHECK(names.at(0xffffffff81000301).name == "ext4_write");
    CHECK_FALSE(names.at(0xffffffff81000301).of_lock);
    CHECK(names.at(0xffffffff81000400).of_lock);
    CHECK(names.at(0xffffffffc0000010).name == "xfs_file_write");
    CHECK(shows_kernel_symbols(files));
}

TEST_CASE("hidden addresses name nothing", "[kernel_symbols]")
{
    const FakeTree tree;
    tree.file("/proc/kallsyms", "0000000000000000 T _text\n0000000000000000 T down_write\n");
    CHECK(kernel_symbols(tree.files(), {0xffffffff81000100}).empty());
    CHECK_FALSE(shows_kernel_symbols(tree.files()));
}
