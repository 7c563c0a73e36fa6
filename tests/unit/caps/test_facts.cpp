// SPDX-License-Identifier: GPL-2.0-only
#include "caps/facts.h"
#include "support/catch.h"
#include "unit/caps/sample_btf.h"
#include "unit/sys/fake_tree.h"

#include <algorithm>

using namespace iopath;

namespace {

void build_host(const FakeTree& tree)
{
    tree.file("/sys/kernel/btf/vmlinux", sample_btf());
    tree.file("/proc/self/status", "Name:\tx\nCapPrm:\t0000000000000000\n"
                                   "CapEff:\t000000c000001000\nCapBnd:\t0\n");
    tree.file("/proc/self/uid_map", "         0          0 4294967295\n");
    tree.file("/proc/self/mountinfo", "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                                      "42 23 0:13 / /sys/kernel/tracing rw - tracefs tracefs rw\n");
    tree.file("/proc/sys/kernel/perf_event_paranoid", "-1\n");
    tree.file("/proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
    tree.file("/proc/sys/net/core/bpf_jit_enable", "1\n");
    tree.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
}

Facts privileged()
{
    Facts facts;
    facts.btf = true;
    facts.capabilities = {"cap_bpf", "cap_perfmon"};
    return facts;
}

} // namespace

TEST_CASE("the facts of a host are detected", "[facts]")
{
    const FakeTree tree;
    build_host(tree);
    const Facts facts = detect_facts(tree.files());

    CHECK(facts.btf);
    CHECK(facts.btf_problem.empty());
    CHECK(facts.arguments("sched_switch") == 4);
    CHECK(facts.arguments("absent") == -1);
    CHECK(facts.has_tracepoint("no_arguments"));
    CHECK(facts.has_function(kRdonlyCast));
    CHECK(facts.capabilities ==
          std::set<std::string, std::less<>>{"cap_net_admin", "cap_bpf", "cap_perfmon"});
    CHECK(facts.initial_user_namespace);
    CHECK(facts.lockdown == "integrity");
    CHECK(facts.perf_event_paranoid == -1);
    CHECK(facts.unprivileged_bpf_disabled == 2);
    CHECK_FALSE(facts.bpf_stats_enabled);
    CHECK(facts.bpf_jit_enable == 1);
    CHECK(facts.tracefs == "/sys/kernel/tracing");
    CHECK(facts.cgroup2 == "/sys/fs/cgroup");
    CHECK_FALSE(missing_privileges(facts));
    CHECK_FALSE(missing_kernel_feature(facts));
}

TEST_CASE("a host that says nothing gives facts all the same", "[facts]")
{
    const FakeTree tree;
    const Facts facts = detect_facts(tree.files());
    CHECK_FALSE(facts.btf);
    CHECK_FALSE(facts.btf_problem.empty());
    CHECK(facts.capabilities.empty());
    CHECK(facts.lockdown == "unavailable");
    CHECK(facts.tracefs.empty());
}

TEST_CASE("how the kernel preempts is read where it stands", "[facts]")
{
    const FakeTree tree;
    const auto preemption = [&] { return detect_facts(tree.files()).preemption; };
    CHECK(preemption() == "unknown");
    tree.file("/proc/version", "Linux version 5.10.0-1 (x@y) (gcc) #1 SMP Debian 5.10.1-1\n");
    CHECK(preemption() == "none");
    tree.file("/proc/version", "Linux version 6.1.0 (x@y) (gcc) #1 SMP PREEMPT Sun Jan 1\n");
    CHECK(preemption() == "full");
    tree.file("/proc/version", "Linux version 6.18.0 (x@y) (gcc) #1 SMP PREEMPT_DYNAMIC\n");
    CHECK(preemption() == "unknown");
    tree.file("/proc/cmdline", "root=/dev/vda quiet preempt=voluntary\n");
    CHECK(preemption() == "voluntary");
    tree.file("/sys/kernel/debug/sched/preempt", "none voluntary full (lazy) \n");
    CHECK(preemption() == "lazy");
}

TEST_CASE("BTF that cannot be read is a problem with a reason", "[facts]")
{
    const FakeTree tree;
    tree.file("/sys/kernel/btf/vmlinux", "no BTF, but long enough for a header");
    const Facts facts = detect_facts(tree.files());
    CHECK_FALSE(facts.btf);
    CHECK(facts.btf_problem == "is no BTF");

    tree.file("/sys/kernel/btf/vmlinux", "");
    CHECK_FALSE(detect_facts(tree.files()).btf);
}

TEST_CASE("facts survive being recorded", "[facts]")
{
    const FakeTree tree;
    build_host(tree);
    const Facts facts = detect_facts(tree.files(), {{}, {}, "", {{"request", {"link"}}}});
    REQUIRE(facts.fields == std::map<std::string, int, std::less<>>{{"request.link", 12}});
    CHECK(from_pairs(to_pairs(facts)) == facts);
    CHECK(from_pairs(to_pairs(Facts{})) == Facts{});

    FactsView pairs = to_pairs(facts);
    pairs.emplace_back("from_the_future", "1");
    pairs.emplace_back("tracepoint.broken", "many");
    CHECK(from_pairs(pairs) == facts);
}

TEST_CASE("the summary counts tracepoints", "[facts]")
{
    Facts facts = privileged();
    facts.tracepoint_args = {{"a", 1}, {"b", 2}};
    const auto pairs = summary(facts);
    CHECK(std::ranges::count(pairs, FactsView::value_type("tracepoints", "2")) == 1);
    CHECK(pairs.size() < 20);
}

TEST_CASE("missing privileges are named with their remedy", "[facts]")
{
    Facts facts = privileged();
    CHECK_FALSE(missing_privileges(facts));

    facts.capabilities = {"cap_bpf"};
    facts.euid = 1000;
    CHECK(missing_privileges(facts).value().text() ==
          "iopath needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN); missing: CAP_PERFMON (run "
          "iopath as root, or once: sudo setcap cap_bpf,cap_perfmon+ep $(command -v iopath))");

    facts.capabilities.clear();
    CHECK(missing_privileges(facts)->what.ends_with("missing: CAP_BPF, CAP_PERFMON"));
    facts.euid = 0;
    CHECK(missing_privileges(facts)->hint.find("--cap-add") != std::string::npos);

    facts.capabilities = {"cap_sys_admin"};
    CHECK_FALSE(missing_privileges(facts));

    facts.initial_user_namespace = false;
    CHECK(missing_privileges(facts)->what.find("user namespace") != std::string::npos);
}

TEST_CASE("a kernel without BTF is told so", "[facts]")
{
    Facts facts = privileged();
    CHECK_FALSE(missing_kernel_feature(facts));
    facts.btf = false;
    const std::string text = missing_kernel_feature(facts).value().text();
    CHECK(text.find("/sys/kernel/btf/vmlinux") != std::string::npos);
    CHECK(text.find("CONFIG_DEBUG_INFO_BTF") != std::string::npos);
}
