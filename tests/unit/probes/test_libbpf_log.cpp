// SPDX-License-Identifier: GPL-2.0-only
#include "probes/libbpf_log.h"
#include "tests/support/catch.h"

using namespace iopath;

TEST_CASE("the program that a failed load names, with the verifier's last words")
{
    // As libbpf 1.1 prints it.
    const std::string log =
        "libbpf: prog 'sched_waking__tp_btf': BPF program load failed: Permission denied\n"
        "libbpf: prog 'sched_waking__tp_btf': -- BEGIN PROG LOAD LOG --\n"
        "0: R1=ctx() R10=fp0\n"
        "; int BPF_PROG(sched_waking__tp_btf)\n"
        "12: (61) r4 = *(u32 *)(r1 +0)        ; R4=scalar()\n"
        "R4 unbounded memory access\n"
        "processed 13 insns (limit 1000000)\n"
        "-- END PROG LOAD LOG --\n"
        "libbpf: failed to load object 'iopath_sched_bpf'\n";
    const auto [name, reason] = refused_program(log);
    CHECK(name == "sched_waking__tp_btf");
    CHECK(reason == "BPF program load failed: Permission denied (R4 unbounded memory access)");
}

TEST_CASE("a load that failed for another reason names no program")
{
    CHECK(refused_program("libbpf: Error loading vmlinux BTF: -2\n").first.empty());
    CHECK(refused_program("").first.empty());
}
