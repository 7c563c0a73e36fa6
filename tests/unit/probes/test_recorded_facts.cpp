// SPDX-License-Identifier: GPL-2.0-only
// Plans for kernels that are not at hand: tests/golden/facts/KERNEL.json is what doctor said on
// Debian's kernels (scripts/refresh-facts), and make_plan() must make of the facts what attached
// there.
#include "caps/facts.h"
#include "probes/plan.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

using namespace iopath;
using nlohmann::json;

namespace {

std::filesystem::path facts_folder()
{
    return std::filesystem::path(IOPATH_TESTS_DIR) / "golden" / "facts";
}

json recording(const std::string& kernel)
{
    std::ifstream file(facts_folder() / (kernel + ".json"));
    REQUIRE(file.is_open());
    return json::parse(file);
}

FactsView pairs_in(const json& recorded)
{
    FactsView pairs;
    for (const json& fact : recorded.at("facts"))
        pairs.emplace_back(fact.at("name"), fact.at("value"));
    return pairs;
}

std::string value_of(const FactsView& pairs, std::string_view name)
{
    const auto found = std::ranges::find(pairs, name, &FactsView::value_type::first);
    return found == pairs.end() ? "" : found->second;
}

std::set<std::string> recorded_kernels()
{
    std::set<std::string> kernels;
    for (const auto& entry : std::filesystem::directory_iterator(facts_folder()))
        kernels.insert(entry.path().stem().string());
    return kernels;
}

Plan plan_for(const std::string& kernel)
{
    return make_plan(from_pairs(pairs_in(recording(kernel))), {});
}

const PlannedProbe* find(const Plan& plan, std::string_view probe)
{
    const auto found = std::ranges::find_if(
        plan.probes, [probe](const PlannedProbe& planned) { return planned.probe->name == probe; });
    return found == plan.probes.end() ? nullptr : &*found;
}

/// Of a probe that was added since, the recorded facts may say nothing.
std::set<std::string> dark_probes(const std::string& kernel)
{
    const Plan plan = plan_for(kernel);
    const json recorded = recording(kernel);
    std::set<std::string> dark;
    for (const json& line : recorded.at("coverage")) {
        const PlannedProbe* planned = find(plan, line.at("probe").get<std::string>());
        if (planned && !planned->chosen)
            dark.emplace(planned->probe->name);
    }
    return dark;
}

std::string chosen_for(const Plan& plan, std::string_view probe)
{
    const PlannedProbe* planned = find(plan, probe);
    return planned && planned->chosen ? std::string(planned->chosen->program) : "";
}

bool is_of_this_architecture(const json& recorded)
{
#if defined(__x86_64__)
    return recorded.at("host").at("arch") == "x86_64";
#else
    return recorded.at("host").at("arch") == "aarch64";
#endif
}

} // namespace

TEST_CASE("what is planned from recorded facts is what attached on that kernel")
{
    const std::set<std::string> kernels = recorded_kernels();
    REQUIRE(kernels.size() >= 5);
    for (const std::string& kernel : kernels) {
        INFO(kernel << "; recorded anew by scripts/refresh-facts " << kernel);
        const json recorded = recording(kernel);
        const FactsView pairs = pairs_in(recorded);
        const Plan plan = make_plan(from_pairs(pairs), {});
        CHECK(name_of(plan.flavour) == value_of(pairs, "flavour"));
        CHECK(name_of(plan.boundary) == value_of(pairs, "boundary"));
        // A probe that was added since is no fault of the recording.
        for (const json& line : recorded.at("coverage")) {
            const std::string probe = line.at("probe");
            INFO(probe);
            const PlannedProbe* planned = find(plan, probe);
            if (!planned && !is_of_this_architecture(recorded))
                continue; // interrupts differ
            if (line.at("how") != "dark" && line.at("programs").empty())
                continue; // what other probes' events tell
            REQUIRE(planned);
            const std::string reason = line.at("reason");
            if (line.at("how") == "dark" && reason.ends_with("on this kernel") &&
                reason.starts_with("module "))
                continue; // what events a module has only attaching tells
            if (line.at("how") == "dark") {
                CHECK(planned->chosen == nullptr);
                CHECK_FALSE(planned->reason.empty());
                continue;
            }
            REQUIRE(planned->chosen);
            CHECK(name_of(planned->chosen->how) == line.at("how"));
            // What a module's function is called where the compiler copied it, only attaching
            // tells.
            if (planned->chosen->module.empty() || planned->chosen->how != How::kprobe)
                CHECK(planned->chosen->program == line.at("programs").at(0));
        }
    }
}

TEST_CASE("recorded facts are read whole")
{
    for (const std::string& kernel : recorded_kernels()) {
        INFO(kernel);
        FactsView recorded = pairs_in(recording(kernel));
        std::erase_if(recorded, [](const auto& pair) {
            return pair.first == "flavour" || pair.first == "boundary" || // of the plan
                   pair.first == "kernel_symbols";                        // of the session
        });
        FactsView again = to_pairs(from_pairs(recorded));
        std::ranges::sort(recorded);
        std::ranges::sort(again);
        CHECK(again == recorded);
    }
}

TEST_CASE("Debian's kernels from 6.1 on have every tracepoint that we use")
{
    for (const char* kernel : {"6.1", "6.12", "6.18", "7.3"}) {
        INFO(kernel);
        const Plan plan = plan_for(kernel);
        CHECK(dark_probes(kernel).empty());
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
    CHECK(dark_probes("5.10") == std::set<std::string>{"contention_begin", "contention_end"});
    CHECK(chosen_for(plan, "sched_switch") == "sched_switch__raw_tp_3");
    CHECK(chosen_for(plan, "bio_backmerge") == "bio_backmerge__raw_tp_3");
}
