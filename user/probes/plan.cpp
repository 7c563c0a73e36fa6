// SPDX-License-Identifier: GPL-2.0-only
#include "probes/plan.h"

#include <algorithm>
#include <array>

namespace iopath {

namespace {

struct Objection {
    std::string reason;
    std::string remedy;
};

std::array<std::string_view, 4> names_of(const Probe& probe, const Alternative& way)
{
    return {name_of(way.how), probe.layer, probe.name, way.program};
}

/// Why this alternative cannot be tried; nothing where it can.
std::optional<Objection> objection(const Probe& probe, const Alternative& way, const Facts& facts,
                                   const PlanLimits& limits)
{
    for (const std::string_view name : names_of(probe, way)) {
        if (limits.forbidden.contains(std::string(name)))
            return Objection{"forbidden by --no-attach " + std::string(name), "leave it out"};
    }
    if (const auto refused = limits.refused.find(std::string(way.program));
        refused != limits.refused.end())
        return Objection{refused->second, ""};
    if (way.how == How::iter)
        return std::nullopt;
    const std::string event(way.event);
    const auto known = facts.tracepoint_args.find(event);
    if (known == facts.tracepoint_args.end())
        return Objection{"this kernel has no tracepoint " + event, ""};
    if (way.arguments != kAnyArguments && way.arguments != known->second)
        return Objection{"tracepoint " + event + " has " + std::to_string(known->second) +
                             " arguments on this kernel, unknown to this iopath",
                         "a newer iopath"};
    return std::nullopt;
}

} // namespace

Plan make_plan(const Facts& facts, const PlanLimits& limits)
{
    Plan plan;
    for (const Probe& probe : probe_table()) {
        PlannedProbe planned{&probe, nullptr, "", ""};
        for (const Alternative& way : probe.alternatives) {
            auto against = objection(probe, way, facts, limits);
            if (!against) {
                planned.chosen = &way;
                break;
            }
            // What was refused by the kernel says more than what it never had.
            if (planned.reason.empty() || limits.refused.contains(std::string(way.program))) {
                planned.reason = std::move(against->reason);
                planned.remedy = std::move(against->remedy);
            }
        }
        plan.push_back(std::move(planned));
    }
    return plan;
}

bool can_be_forbidden(const std::string& name)
{
    for (const Probe& probe : probe_table()) {
        for (const Alternative& way : probe.alternatives) {
            const auto names = names_of(probe, way);
            if (std::find(names.begin(), names.end(), name) != names.end())
                return true;
        }
    }
    return false;
}

Coverage coverage_of(const Plan& plan)
{
    Coverage coverage;
    for (const PlannedProbe& planned : plan) {
        CoverageLine line;
        line.probe = planned.probe->name;
        line.layer = planned.probe->layer;
        line.sees = planned.probe->purpose;
        line.how = planned.chosen ? name_of(planned.chosen->how) : "dark";
        if (!planned.chosen) {
            line.reason = planned.reason;
            line.remedy = planned.remedy;
        }
        coverage.push_back(std::move(line));
    }
    return coverage;
}

Coverage dark_coverage(const Plan& plan, const Error& why)
{
    Coverage coverage = coverage_of(plan);
    for (CoverageLine& line : coverage) {
        if (line.dark())
            continue;
        line.how = "dark";
        line.reason = "not attached: " + why.what + (why.where.empty() ? "" : ": " + why.where);
        line.remedy = "";
    }
    return coverage;
}

} // namespace iopath
