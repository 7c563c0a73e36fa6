// SPDX-License-Identifier: GPL-2.0-only
// Plans for kernels that are not at hand, from what their BTF says: tests/golden/facts/KERNEL.txt
// has the tracepoints of the probe table with the number of their arguments, read from Debian's
// kernels.
#include "caps/facts.h"
#include "probes/plan.h"
#include "tests/support/catch.h"

#include <fstream>
#include <set>
#include <string>

using namespace iopath;

namespace {

Plan plan_for(const std::string& kernel)
{
    std::ifstream file(std::string(IOPATH_TESTS_DIR) + "/golden/facts/" + kernel + ".txt");
    REQUIRE(file.is_open());
    FactsView pairs;
    for (std::string name, value; file >> name >> value;)
        pairs.emplace_back(name, value);
    Facts facts = from_pairs(pairs);
    facts.kernel_btf = true;
    if (kernel != "5.10")
        facts.functions[std::string(kTaskStorage)] = 4;
    REQUIRE(facts.tracepoint_args.size() >= 40);
    return make_plan(facts, {});
}

std::set<std::string> dark_probes(const Plan& plan)
{
    std::set<std::string> dark;
    for (const PlannedProbe& planned : plan) {
        if (!planned.chosen)
            dark.emplace(planned.probe->name);
    }
    return dark;
}

std::string chosen_for(const Plan& plan, std::string_view probe)
{
    for (const PlannedProbe& planned : plan) {
        if (planned.probe->name == probe && planned.chosen)
            return std::string(planned.chosen->program);
    }
    return "";
}

} // namespace

TEST_CASE("Debian's kernels from 6.1 on have every tracepoint that we use")
{
    for (const char* kernel : {"6.1", "6.12", "6.18", "7.3"}) {
        INFO(kernel);
        const Plan plan = plan_for(kernel);
        CHECK(dark_probes(plan).empty());
        CHECK(chosen_for(plan, "sched_switch") == "sched_switch__tp_btf");
    }
}

TEST_CASE("the pause of balance_dirty_pages is where the kernel has it")
{
    CHECK(chosen_for(plan_for("6.12"), "balance_dirty") == "balance_dirty__raw_tp_12");
    CHECK(chosen_for(plan_for("6.18"), "balance_dirty") == "balance_dirty__raw_tp");
}

TEST_CASE("5.10 has neither task storage nor contention events, and other arguments")
{
    const Plan plan = plan_for("5.10");
    CHECK(plan.flavour == Flavour::untyped);
    CHECK(dark_probes(plan) == std::set<std::string>{"contention_begin", "contention_end"});
    CHECK(chosen_for(plan, "sched_switch") == "sched_switch__raw_tp_3");
    CHECK(chosen_for(plan, "bio_backmerge") == "bio_backmerge__raw_tp_3");
}
