// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_scan.h"
#include "caps/kernel_btf.h"
#include "probes/config.h"
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

using Fields = std::map<std::string, int, std::less<>>;

TEST_CASE("offsets of fields, also of those in structures without a name", "[btf]")
{
    const auto names =
        scan_btf(sample_btf(), {}, {{"request", {"opcode", "state", "cqe", "link", "absent"}}});
    REQUIRE(names.ok());
    CHECK(names->fields == Fields{{"request.opcode", 0},
                                  {"request.state", 5},
                                  {"request.cqe", 8},
                                  {"request.link", 12}});
}

TEST_CASE("fields belong to their structure, and only those asked for are told", "[btf]")
{
    const auto fields = [](const WantedFields& wanted) {
        return scan_btf(sample_btf(), {}, wanted)->fields;
    };
    CHECK(fields({{"other", {"link"}}}) == Fields{{"other.link", 4}});
    CHECK(fields({{"request", {"link"}}, {"other", {"link", "number"}}}) ==
          Fields{{"request.link", 12}, {"other.link", 4}, {"other.number", 0}});
    CHECK(fields({{"pair", {"second"}}}) == Fields{{"pair.second", 4}});
    // No structures: a union, an enumeration, nothing.
    CHECK(fields({{"either", {"first"}}, {"colour", {"red"}}, {"absent", {"first"}}}).empty());
    CHECK(fields({}).empty());
}

TEST_CASE("structures that hold each other without a name do not go on for ever", "[btf]")
{
    const std::unique_ptr<btf, decltype(&btf__free)> made(btf__new_empty(), btf__free);
    const int integer = btf__add_int(made.get(), "int", 4, BTF_INT_SIGNED);
    const int itself = btf__add_struct(made.get(), "ring", 4);
    REQUIRE(btf__add_field(made.get(), "", itself, 0, 0) == 0);
    REQUIRE(btf__add_field(made.get(), "tail", integer, 0, 0) == 0);
    __u32 size = 0;
    const auto* const bytes = static_cast<const char*>(btf__raw_data(made.get(), &size));
    const auto names = scan_btf({bytes, size}, {}, {{"ring", {"tail"}}});
    REQUIRE(names.ok());
    CHECK(names->fields == Fields{{"ring.tail", 0}});
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
        const auto names = scan_btf(damaged, {"vfs_read"}, {{"request", {"opcode", "link"}}});
        if (names.ok()) {
            CHECK(names->tracepoint_args.size() <= 2);
            CHECK(names->fields.size() <= 2);
        }
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

/// The offset of a field by libbpf; -1: none.
int offset_by_libbpf(const btf* types, int structure, const std::string& field)
{
    const btf_type* type = btf__type_by_id(types, static_cast<__u32>(structure));
    for (__u32 i = 0; i < btf_vlen(type); i++) {
        const btf_member& member = btf_members(type)[i];
        const std::string name = btf__name_by_offset(types, member.name_off);
        const int base = static_cast<int>(btf_member_bit_offset(type, i) / 8);
        if (name == field)
            return base;
        if (!name.empty() || !btf_is_composite(btf__type_by_id(types, member.type)))
            continue;
        const int inside = offset_by_libbpf(types, static_cast<int>(member.type), field);
        if (inside >= 0)
            return base + inside;
    }
    return -1;
}

TEST_CASE("offsets of fields agree with libbpf on this kernel", "[btf]")
{
    constexpr const char* kPath = "/sys/kernel/btf/vmlinux";
    if (::access(kPath, R_OK) != 0) {
        WARN("skipped: this kernel has no readable BTF");
        return;
    }
    const WantedFields wanted = fields_of_interest();
    const auto names = scan_btf(KernelBtf::open(kPath)->bytes(), {}, wanted);
    REQUIRE(names.ok());
    const std::unique_ptr<btf, decltype(&btf__free)> theirs(btf__parse_raw(kPath), btf__free);
    REQUIRE(theirs);
    Fields expected;
    for (const auto& [structure, fields] : wanted) {
        const int id =
            btf__find_by_name_kind(theirs.get(), std::string(structure).c_str(), BTF_KIND_STRUCT);
        for (const auto& field : fields) {
            const std::string name(field);
            const int offset = id < 0 ? -1 : offset_by_libbpf(theirs.get(), id, name);
            if (offset >= 0)
                expected[std::string(structure) + "." + name] = offset;
        }
    }
    CHECK(names->fields == expected);
    CHECK_FALSE(expected.empty());
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
