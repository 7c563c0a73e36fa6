// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_scan.h"
#include "caps/kernel_btf.h"
#include "support/catch.h"
#include "sys/host_files.h"
#include "unit/caps/sample_btf.h"

#include <bpf/btf.h>
#include <cstring>
#include <memory>
#include <unistd.h>

using namespace iopath;

TEST_CASE("tracepoints and functions are found between all kinds of types", "[btf]")
{
    const auto names = scan_btf(sample_btf(), {"bpf_rdonly_cast", "absent"});
    REQUIRE(names.ok());
    CHECK(names->tracepoint_args ==
          std::map<std::string, int, std::less<>>{{"sched_switch", 4}, {"no_arguments", 0}});
    CHECK(names->functions == std::map<std::string, int, std::less<>>{{"bpf_rdonly_cast", 2}});
    CHECK(scan_btf(sample_btf(), {})->functions.empty());
}

TEST_CASE("BTF cut anywhere is an error or less, never a crash", "[btf]")
{
    const std::string whole = sample_btf();
    for (std::size_t size = 0; size < whole.size(); size++) {
        const std::string cut = whole.substr(0, size);
        CHECK_FALSE(scan_btf(cut, {"vfs_read"}).ok());
    }
}

TEST_CASE("damaged BTF does not lead outside", "[btf]")
{
    const std::string whole = sample_btf();
    for (std::size_t at = sizeof(btf_header); at < whole.size(); at++) {
        std::string damaged = whole;
        damaged[at] = '\xff';
        const auto names = scan_btf(damaged, {"vfs_read"});
        if (names.ok())
            CHECK(names->tracepoint_args.size() <= 2);
    }
}

TEST_CASE("a type section that overlaps the end is refused", "[btf]")
{
    std::string bytes = sample_btf();
    btf_header header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    header.type_len = 0xfffffff0;
    std::memcpy(bytes.data(), &header, sizeof(header));
    CHECK_FALSE(scan_btf(bytes, {}).ok());
}

TEST_CASE("the pass agrees with libbpf on this kernel", "[btf]")
{
    constexpr const char* kPath = "/sys/kernel/btf/vmlinux";
    if (::access(kPath, R_OK) != 0) {
        WARN("skipped: this kernel has no readable BTF");
        return;
    }
    const auto file = KernelBtf::open(kPath);
    REQUIRE(file.ok());
    const auto names = scan_btf(file->bytes(), {"bpf_rdonly_cast"});
    REQUIRE(names.ok());

    const std::unique_ptr<btf, decltype(&btf__free)> theirs(btf__parse_raw(kPath), btf__free);
    REQUIRE(theirs);
    std::map<std::string, int, std::less<>> expected;
    for (__u32 id = 1; id < btf__type_cnt(theirs.get()); id++) {
        const btf_type* type = btf__type_by_id(theirs.get(), id);
        const std::string name = btf__name_by_offset(theirs.get(), type->name_off);
        if (!btf_is_typedef(type) || !name.starts_with("btf_trace_"))
            continue;
        const btf_type* pointer = btf__type_by_id(theirs.get(), type->type);
        const btf_type* prototype = btf__type_by_id(theirs.get(), pointer->type);
        expected[name.substr(10)] = btf_vlen(prototype) - 1;
    }
    CHECK(names->tracepoint_args == expected);
}

TEST_CASE("BTF that cannot be mapped is read", "[btf]")
{
    // Such as other files of sysfs, whose size is a page whatever they say.
    const std::string_view path = "/sys/devices/system/cpu/possible";
    const auto read = KernelBtf::open(path);
    REQUIRE(read.ok());
    CHECK(read->bytes() == HostFiles().read(path).value());

    CHECK(KernelBtf::open("/proc/self/status")->bytes().empty());
    CHECK_FALSE(KernelBtf::open("/none").ok());
}
