// SPDX-License-Identifier: GPL-2.0-only
#include "probes/plan.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <set>

using namespace iopath;

namespace {

/// A kernel that has every tracepoint of the table, with the arguments of the first alternative.
Facts full_kernel()
{
    Facts facts;
    facts.btf = true;
    facts.kernel_btf = true;
    facts.kprobes = true;
    facts.preemption = "voluntary";
    facts.functions[std::string(kFprobeReturn)] = 3;
    facts.functions[std::string(kTaskStorage)] = 4;
    for (const Probe& probe : probe_table()) {
        for (const Alternative& way : probe.alternatives) {
            const int arguments = way.arguments == kAnyArguments ? 1 : way.arguments;
            auto& events = is_function(way.how) ? facts.functions : facts.tracepoint_args;
            events.emplace(std::string(way.event), arguments);
        }
    }
    return facts;
}

const PlannedProbe& planned(const Plan& plan, std::string_view name)
{
    const auto found = std::find_if(
        plan.begin(), plan.end(), [&](const PlannedProbe& one) { return one.probe->name == name; });
    REQUIRE(found != plan.end());
    return *found;
}

} // namespace

TEST_CASE("every probe has a name of its own, a layer that exists and programs named after it")
{
    std::set<std::string_view> names;
    std::set<std::string_view> programs;
    for (const Probe& probe : probe_table()) {
        CHECK(names.insert(probe.name).second);
        CHECK(std::count(layers().begin(), layers().end(), probe.layer) == 1);
        CHECK_FALSE(probe.purpose.empty());
        REQUIRE_FALSE(probe.alternatives.empty());
        for (const Alternative& way : probe.alternatives) {
            CHECK(programs.insert(way.program).second);
            const std::string start =
                std::string(probe.name) + "__" + std::string(name_of(way.how));
            CHECK(way.program.substr(0, start.size()) == start);
        }
    }
}

TEST_CASE("exits stand before their entries, so that they are attached first")
{
    const auto position = [](std::string_view name) {
        const auto table = probe_table();
        return std::find_if(table.begin(), table.end(),
                            [&](const Probe& probe) { return probe.name == name; }) -
               table.begin();
    };
    for (const Probe& probe : probe_table()) {
        for (const auto& [begin, end] :
             {std::pair{"_entry", "_exit"}, {"_begin", "_end"}, {"_enter", "_exit"}}) {
            const std::string suffix = begin;
            if (probe.name.size() <= suffix.size() ||
                probe.name.substr(probe.name.size() - suffix.size()) != suffix)
                continue;
            const std::string exit =
                std::string(probe.name.substr(0, probe.name.size() - suffix.size())) + end;
            INFO(exit);
            CHECK(position(exit) < position(probe.name));
        }
    }
}

TEST_CASE("a kernel that has everything lights everything")
{
    for (const PlannedProbe& probe : make_plan(full_kernel(), {}))
        CHECK(probe.chosen != nullptr);
}

TEST_CASE("the number of arguments chooses the variant, never a version")
{
    Facts facts = full_kernel();
    facts.tracepoint_args["sched_switch"] = 3;
    CHECK(planned(make_plan(facts, {}), "sched_switch").chosen->program ==
          "sched_switch__tp_btf_3");
    facts.tracepoint_args["sched_switch"] = 4;
    CHECK(planned(make_plan(facts, {}), "sched_switch").chosen->program == "sched_switch__tp_btf");
    facts.tracepoint_args["balance_dirty_pages"] = 12;
    CHECK(planned(make_plan(facts, {}), "balance_dirty").chosen->program ==
          "balance_dirty__raw_tp_12");
}

TEST_CASE("a tracepoint that is missing or has changed leaves its probe dark, with the reason")
{
    Facts facts = full_kernel();
    facts.tracepoint_args.erase("contention_begin");
    facts.tracepoint_args["sched_switch"] = 5;
    const Plan plan = make_plan(facts, {});
    CHECK(planned(plan, "contention_begin").chosen == nullptr);
    CHECK(planned(plan, "contention_begin").reason ==
          "this kernel has no tracepoint contention_begin");
    CHECK(planned(plan, "sched_switch").chosen == nullptr);
    CHECK_THAT(planned(plan, "sched_switch").reason,
               Catch::Matchers::ContainsSubstring("has 5 arguments"));
    CHECK(planned(plan, "contention_end").chosen != nullptr);
}

TEST_CASE("a probe that is of use with another one only is dark for the other's reason")
{
    Facts facts = full_kernel();
    facts.modules.erase("nvme_core");
    facts.tracepoint_args.erase("nvme_complete_rq");
    const Plan plan = make_plan(facts, {});
    const PlannedProbe& dark = planned(plan, "nvme_done");
    CHECK(dark.chosen == nullptr);
    CHECK(dark.reason == "module nvme_core is not loaded");
    CHECK(dark.remedy == "lights up once it is");
    facts.modules.insert("nvme_core");
    const Plan later = make_plan(facts, {});
    CHECK(planned(later, "nvme_done").chosen != nullptr);
}

TEST_CASE("where the kernel refuses fentry it is not chosen, and what has no other way says why")
{
    const Facts facts = full_kernel();
    PlanLimits limits;
    limits.no_fentry = "not permitted here";
    const auto is_of_a_function = [](const PlannedProbe& one) {
        return is_function(one.probe->alternatives.front().how);
    };
    for (const PlannedProbe& one : make_plan(facts, limits)) {
        INFO(one.probe->name);
        REQUIRE(one.chosen);
        CHECK(one.chosen->how != How::fentry);
    }
    limits.forbidden = {"kprobe", "kprobe_multi"};
    const Plan plan = make_plan(facts, limits);
    CHECK(std::any_of(plan.begin(), plan.end(), is_of_a_function));
    for (const PlannedProbe& one : plan) {
        INFO(one.probe->name);
        CHECK((one.chosen == nullptr) == is_of_a_function(one));
        if (one.probe->alternatives.front().how == How::fentry)
            CHECK_THAT(one.reason, Catch::Matchers::ContainsSubstring("not permitted here"));
    }
}

TEST_CASE("a module's function, whose name only attaching tells, waits for the module")
{
    Facts facts = full_kernel();
    std::erase_if(facts.functions,
                  [](const auto& one) { return one.first.starts_with("__ocfs2_cluster_lock"); });
    facts.functions.erase(std::string(kFprobeReturn));
    const Plan without = make_plan(facts, {});
    CHECK(planned(without, "cluster_lock").chosen == nullptr);
    CHECK_THAT(planned(without, "cluster_lock").reason,
               Catch::Matchers::ContainsSubstring("module ocfs2 is not loaded"));
    facts.modules.insert("ocfs2");
    PlanLimits limits;
    limits.refused[{Flavour::typed, "cluster_lock__kretprobe_isra"}] = "no such function";
    CHECK(planned(make_plan(facts, limits), "cluster_lock").chosen->program ==
          "cluster_lock__kprobe_constprop");
}

TEST_CASE("what is forbidden or refused is not chosen, and says why")
{
    const Facts facts = full_kernel();
    const Plan without_raw = make_plan(facts, {{"raw_tp"}, {}});
    CHECK(planned(without_raw, "softirq_entry").chosen == nullptr);
    CHECK(planned(without_raw, "softirq_entry").reason == "forbidden by --no-attach raw_tp");
    CHECK(planned(without_raw, "sched_switch").chosen != nullptr);
    const Plan without_layer = make_plan(facts, {{"block"}, {}});
    CHECK(planned(without_layer, "block_issue").chosen == nullptr);
    CHECK(planned(without_layer, "bio_queue").chosen == nullptr);
    const Plan refused =
        make_plan(facts, {{},
                          {{{Flavour::typed, "block_issue__raw_tp"}, "EPERM by decree"},
                           {{Flavour::untyped, "block_issue__raw_tp"}, "EPERM by decree"}}});
    CHECK(planned(refused, "block_issue").chosen == nullptr);
    CHECK(planned(refused, "block_issue").reason == "EPERM by decree");
}

TEST_CASE("without typed programs the untyped ones do the same")
{
    Facts facts = full_kernel();
    const auto all_lit_untyped = [](const Plan& plan) {
        CHECK(plan.flavour == Flavour::untyped);
        CHECK_FALSE(plan.useless());
        for (const PlannedProbe& probe : plan)
            CHECK(probe.chosen);
        CHECK(planned(plan, "sched_switch").chosen->how == How::raw_tp);
    };
    all_lit_untyped(make_plan(facts, {{"tp_btf"}, {}}));
    all_lit_untyped(make_plan(facts, {{"typed"}, {}}));
    facts.functions.erase(std::string(kTaskStorage));
    all_lit_untyped(make_plan(facts, {}));
}

TEST_CASE("a kernel without BTF of its own is watched with untyped programs, iterators dark")
{
    Facts facts = full_kernel();
    facts.kernel_btf = false;
    const Plan plan = make_plan(facts, {});
    CHECK(plan.flavour == Flavour::untyped);
    CHECK_FALSE(plan.useless());
    CHECK(planned(plan, "walk_tasks").reason == "this kernel has no BTF of its own");
}

TEST_CASE("a refused typed program is replaced by the untyped flavour as a whole")
{
    const Plan plan = make_plan(
        full_kernel(),
        {{}, {{{Flavour::typed, "sched_waking__tp_btf"}, "the verifier did not like it"}}});
    CHECK(plan.flavour == Flavour::untyped);
    CHECK(planned(plan, "sched_waking").chosen->program == "sched_waking__raw_tp");
}

TEST_CASE("what one flavour is refused another may still try")
{
    PlanLimits limits;
    limits.boundary = Boundary::function;
    limits.refused = {{{Flavour::typed, "vfs_read__fentry"}, "EPERM by decree"}};
    limits.flavour = Flavour::untyped;
    CHECK(planned(make_plan(full_kernel(), limits), "vfs_read").chosen->how == How::fentry);
    limits.flavour = Flavour::typed;
    CHECK(planned(make_plan(full_kernel(), limits), "vfs_read").chosen->how == How::kprobe_multi);
}

TEST_CASE("ways whose runs the kernel skips come after those that it does not")
{
    Facts facts = full_kernel();
    const auto syscall_way = [&] {
        return planned(make_plan(facts, {}), "syscall_enter").chosen->how;
    };
    const auto function_way = [&] {
        PlanLimits limits;
        limits.boundary = Boundary::function;
        return planned(make_plan(facts, limits), "vfs_read").chosen->how;
    };
    CHECK(syscall_way() == How::tp_btf);
    CHECK(function_way() == How::fentry);
    facts.preemption = "lazy"; // as on 6.18
    CHECK(syscall_way() == How::tp_btf);
    CHECK(function_way() == How::kprobe_multi);
    facts.preemptible_programs = true; // as on 7.3
    CHECK(syscall_way() == How::tp);
    facts.functions.erase(std::string(kFprobeReturn)); // as on 6.12 with preempt=full
    CHECK(function_way() == How::fentry);
    facts.preemption = "none";
    CHECK(syscall_way() == How::tp_btf);
}

TEST_CASE("a plan that is to follow processes needs what follows them")
{
    PlanLimits limits;
    limits.forbidden = {"mark_scope"};
    CHECK(make_plan(full_kernel(), limits).flavour == Flavour::typed);
    limits.follows = true;
    CHECK(make_plan(full_kernel(), limits).flavour == Flavour::untyped);
    CHECK_FALSE(make_plan(full_kernel(), limits).useless());
    limits.forbidden = {"process_exec"};
    const auto useless = make_plan(full_kernel(), limits).useless();
    REQUIRE(useless);
    CHECK_THAT(useless->what, Catch::Matchers::ContainsSubstring("probe process_exec is dark"));
}

TEST_CASE("where neither flavour has it, the typed one stays and the probe is dark")
{
    const Plan plan = make_plan(full_kernel(), {{"sched_waking"}, {}});
    CHECK(plan.flavour == Flavour::typed);
    CHECK(planned(plan, "sched_waking").chosen == nullptr);
}

TEST_CASE("only names that mean something can be forbidden")
{
    CHECK(can_be_forbidden("tp_btf"));
    CHECK(can_be_forbidden("block"));
    CHECK(can_be_forbidden("sched_waking"));
    CHECK(can_be_forbidden("sched_switch__tp_btf_3"));
    CHECK_FALSE(can_be_forbidden("sched_wakin"));
    CHECK_FALSE(can_be_forbidden(""));
}

TEST_CASE("where nothing could be loaded, everything is dark, each for its own reason")
{
    Facts facts = full_kernel();
    facts.tracepoint_args.erase("napi_poll");
    const Coverage coverage =
        dark_coverage(make_plan(facts, {}), {"needs CAP_BPF", "", 0, "run as root"});
    for (const CoverageLine& line : coverage) {
        CHECK(line.dark());
        if (line.probe == "napi_poll")
            CHECK(line.reason == "this kernel has no tracepoint napi_poll");
        else
            CHECK(line.reason == "not attached: needs CAP_BPF");
    }
}
