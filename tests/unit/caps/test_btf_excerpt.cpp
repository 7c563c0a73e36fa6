// SPDX-License-Identifier: GPL-2.0-only
#include "caps/btf_excerpt.h"
#include "caps/kernel_btf.h"
#include "support/catch.h"
#include "unit/caps/sample_btf.h"

#include <bpf/btf.h>
#include <memory>
#include <unistd.h>

using namespace iopath;

namespace {

using Btf = std::unique_ptr<btf, decltype(&btf__free)>;

Btf parsed(std::string_view bytes)
{
    return {btf__new(bytes.data(), static_cast<__u32>(bytes.size())), btf__free};
}

std::string name_of(const Btf& types, __u32 offset)
{
    return btf__name_by_offset(types.get(), offset);
}

const btf_type* find(const Btf& types, const char* name, __u32 kind)
{
    return btf__type_by_id(types.get(), btf__find_by_name_kind(types.get(), name, kind));
}

/// The same structure in both: members with their names, places and types.
void check_same(const Btf& whole, const Btf& excerpt, const char* name)
{
    INFO(name);
    const btf_type* theirs = find(whole, name, BTF_KIND_STRUCT);
    const btf_type* ours = find(excerpt, name, BTF_KIND_STRUCT);
    REQUIRE(theirs);
    REQUIRE(ours);
    CHECK(ours->info == theirs->info);
    CHECK(ours->size == theirs->size);
    for (__u32 i = 0; i < btf_vlen(theirs); ++i) {
        const btf_member& member = btf_members(theirs)[i];
        const btf_member& copy = btf_members(ours)[i];
        CHECK(name_of(excerpt, copy.name_off) == name_of(whole, member.name_off));
        CHECK(copy.offset == member.offset);
        const btf_type* type = btf__type_by_id(whole.get(), member.type);
        const btf_type* type_of_copy = btf__type_by_id(excerpt.get(), copy.type);
        CHECK(type_of_copy->info == type->info);
        CHECK(name_of(excerpt, type_of_copy->name_off) == name_of(whole, type->name_off));
        CHECK(btf__resolve_size(excerpt.get(), copy.type) ==
              btf__resolve_size(whole.get(), member.type));
    }
}

} // namespace

TEST_CASE("an excerpt keeps what is named with all that lies in it, and no more", "[btf]")
{
    const auto made = excerpt_btf(sample_btf(), {"request", "absent"});
    REQUIRE(made.ok());
    const Btf whole = parsed(sample_btf());
    const Btf excerpt = parsed(made->bytes);
    REQUIRE(whole);
    REQUIRE(excerpt);
    check_same(whole, excerpt, "request");
    CHECK(btf__find_by_name_kind(whole.get(), "other", BTF_KIND_STRUCT) > 0);
    CHECK(btf__find_by_name_kind(excerpt.get(), "other", BTF_KIND_STRUCT) < 0);
    CHECK(btf__find_by_name_kind(excerpt.get(), "vfs_read", BTF_KIND_FUNC) < 0);
}

TEST_CASE("an excerpt tells what ids the whole has for what is named", "[btf]")
{
    const auto made = excerpt_btf(
        sample_btf(), {"vfs_read", "btf_trace_sched_switch", "request", "bpf_preempt_enable"});
    REQUIRE(made.ok());
    const Btf whole = parsed(sample_btf());
    const auto id = [&whole](const char* name, __u32 kind) {
        return static_cast<std::uint32_t>(btf__find_by_name_kind(whole.get(), name, kind));
    };
    CHECK(made->functions ==
          BtfIds{{"btf_trace_sched_switch", id("btf_trace_sched_switch", BTF_KIND_TYPEDEF)},
                 {"vfs_read", id("vfs_read", BTF_KIND_FUNC)}});
    CHECK(made->structures == BtfIds{{"request", id("request", BTF_KIND_STRUCT)}});
}

TEST_CASE("an excerpt of nothing is empty, of no BTF an error", "[btf]")
{
    const auto nothing = excerpt_btf(sample_btf(), {});
    REQUIRE(nothing.ok());
    CHECK(btf__type_cnt(parsed(nothing->bytes).get()) == 1); // void
    CHECK_FALSE(excerpt_btf("no BTF at all, by any reckoning", {}).ok());
}

TEST_CASE("an excerpt of BTF cut anywhere is an error, of damaged BTF never a crash", "[btf]")
{
    const std::string whole = sample_btf();
    for (std::size_t size = 0; size < whole.size(); size++)
        CHECK_FALSE(excerpt_btf(whole.substr(0, size), {"request"}).ok());
    for (std::size_t at = sizeof(btf_header); at < whole.size(); at++) {
        std::string damaged = whole;
        damaged[at] = '\xff';
        if (const auto excerpt = excerpt_btf(damaged, {"request", "other"}))
            CHECK(excerpt->bytes.size() < 2 * whole.size());
    }
}

TEST_CASE("an excerpt of this kernel's BTF agrees with the whole", "[btf]")
{
    if (::access(kKernelBtf, R_OK) != 0) {
        WARN("skipped: this kernel has no readable BTF");
        return;
    }
    const auto file = KernelBtf::open(kKernelBtf);
    REQUIRE(file.ok());
    const auto made =
        excerpt_btf(file->bytes(), {"task_struct", "request", "bio", "pt_regs", "req_op"});
    REQUIRE(made.ok());
    CHECK(made->bytes.size() < file->bytes().size() / 10);
    const Btf whole = parsed(file->bytes());
    const Btf excerpt = parsed(made->bytes);
    REQUIRE(whole);
    REQUIRE(excerpt);
    for (const char* name : {"task_struct", "request", "bio", "pt_regs"})
        check_same(whole, excerpt, name);
    const btf_type* operations = find(excerpt, "req_op", BTF_KIND_ENUM);
    REQUIRE(operations);
    CHECK(btf_vlen(operations) == btf_vlen(find(whole, "req_op", BTF_KIND_ENUM)));
    CHECK(btf__find_by_name_kind(excerpt.get(), "inode", BTF_KIND_STRUCT) < 0);
}
