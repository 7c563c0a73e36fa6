// SPDX-License-Identifier: GPL-2.0-only
#include "probes/plan.h"

#include <algorithm>
#include <tuple>

namespace iopath {

namespace {

struct Objection {
    std::string reason;
    std::string remedy;
};

std::vector<std::string_view> names_of(const Probe& probe, const Alternative& way)
{
    std::vector<std::string_view> names = {name_of(way.how), probe.layer, probe.name, way.program};
    if (!way.end_program.empty())
        names.push_back(way.end_program);
    if (way.flavour)
        names.push_back(name_of(*way.flavour));
    return names;
}

/// Why no program of this flavour can run here.
std::optional<Objection> objection(Flavour flavour, const Facts& facts, const PlanLimits& limits)
{
    if (limits.forbidden.contains(std::string(name_of(flavour))))
        return Objection{"forbidden by --no-attach " + std::string(name_of(flavour)),
                         "leave it out"};
    if (flavour == Flavour::typed && !facts.has_function(kTaskStorage))
        return Objection{"this kernel has no task storage for tracing programs", ""};
    if (flavour == Flavour::typed && !facts.kernel_btf)
        return Objection{"this kernel has no BTF of its own", ""};
    return std::nullopt;
}

/// Why the event cannot be attached to in this way.
std::optional<Objection> objection(const Alternative& way, const Facts& facts)
{
    const bool by_btf = way.how == How::tp_btf || way.how == How::fentry || way.how == How::iter;
    if (by_btf && !facts.kernel_btf)
        return Objection{"this kernel has no BTF of its own", ""};
    if (way.how == How::iter)
        return std::nullopt;
    if (way.how == How::kprobe && !facts.kprobes)
        return Objection{"this kernel has no kprobes", ""};
    // Earlier ones keep few returns at a time, as kprobes do, and are no better.
    if (way.how == How::kprobe_multi && !facts.has_function(kFprobeReturn))
        return Objection{"this kernel has no kprobe.multi that keeps every return", ""};
    const bool function = is_function(way.how);
    const auto& events = function ? facts.functions : facts.tracepoint_args;
    const std::string event = (function ? "function " : "tracepoint ") + std::string(way.event);
    const auto known = events.find(way.event);
    if (known == events.end() && facts.modules.contains(way.module))
        return std::nullopt; // the kernel's BTF says nothing of it: try
    if (known == events.end() && !way.module.empty())
        return Objection{"module " + std::string(way.module) + " is not loaded",
                         "lights up once it is"};
    if (known == events.end())
        return Objection{"this kernel has no " + event, ""};
    if (way.arguments != kAnyArguments && way.arguments != known->second)
        return Objection{event + " has " + std::to_string(known->second) +
                             " arguments on this kernel, unknown to this iopath",
                         "a newer iopath"};
    return std::nullopt;
}

/// Why this alternative cannot be tried; nothing where it can.
std::optional<Objection> objection(const Probe& probe, const Alternative& way, Flavour flavour,
                                   const Facts& facts, const PlanLimits& limits)
{
    for (const std::string_view name : names_of(probe, way)) {
        if (limits.forbidden.contains(std::string(name)))
            return Objection{"forbidden by --no-attach " + std::string(name), "leave it out"};
    }
    for (const std::string_view program : {way.program, way.end_program}) {
        if (const auto refused = limits.refused.find({flavour, std::string(program)});
            refused != limits.refused.end())
            return Objection{refused->second, ""};
    }
    if (way.how == How::fentry && limits.no_fentry)
        return Objection{*limits.no_fentry, ""};
    return objection(way, facts);
}

bool suits(const Alternative& way, Flavour flavour)
{
    return !way.flavour || *way.flavour == flavour;
}

/// Can a thread be preempted inside such a program? Meanwhile the kernel skips its runs for others.
bool is_preempted(How how, const Facts& facts)
{
    const bool tracepoint = how == How::tp_btf || how == How::raw_tp;
    return facts.can_preempt() &&
           (how == How::fentry || (tracepoint && facts.preemptible_programs));
}

/// The alternatives that this flavour has, best first.
std::vector<const Alternative*> ways_of(const Probe& probe, Flavour flavour, const Facts& facts)
{
    std::vector<const Alternative*> ways;
    for (const Alternative& way : probe.alternatives) {
        if (suits(way, flavour))
            ways.push_back(&way);
    }
    // A kprobe misses the returns of what waits long: worse than being preempted.
    std::stable_partition(ways.begin(), ways.end(), [&](const Alternative* way) {
        return way->how != How::kprobe && !is_preempted(way->how, facts);
    });
    return ways;
}

/// Every alternative's reason, once.
void add_reason(PlannedProbe& planned, std::string_view way, const std::string& reason)
{
    if (planned.reason.find(reason) != std::string::npos)
        return;
    if (!planned.reason.empty())
        planned.reason += "; " + std::string(way) + ": ";
    planned.reason += reason;
}

/// A probe in a plan of this flavour; nothing where the flavour has no need of it.
std::optional<PlannedProbe> plan_probe(const Probe& probe, Flavour flavour, const Facts& facts,
                                       const PlanLimits& limits)
{
    const auto against_all = objection(flavour, facts, limits);
    const auto ways = ways_of(probe, flavour, facts);
    if (ways.empty())
        return std::nullopt;
    PlannedProbe planned{&probe, nullptr, "", ""};
    for (const Alternative* way : ways) {
        auto against = against_all ? against_all : objection(probe, *way, flavour, facts, limits);
        if (!against) {
            planned.chosen = way;
            break;
        }
        if (planned.reason.empty())
            planned.remedy = against->remedy;
        add_reason(planned, name_of(way->how), against->reason);
    }
    return planned;
}

const PlannedProbe* find(const Plan& plan, std::string_view name)
{
    const auto found = std::ranges::find_if(
        plan.probes, [name](const PlannedProbe& planned) { return planned.probe->name == name; });
    return found == plan.end() ? nullptr : &*found;
}

Plan plan_of(Flavour flavour, Boundary boundary, const Facts& facts, const PlanLimits& limits)
{
    Plan plan{flavour, boundary, limits.follows, {}};
    for (const Probe& probe : probe_table()) {
        if (probe.boundary && *probe.boundary != boundary)
            continue;
        if (const PlannedProbe* other = find(plan, probe.instead_of); other && other->chosen)
            continue;
        auto planned = plan_probe(probe, flavour, facts, limits);
        if (const PlannedProbe* other = find(plan, probe.with); planned && other && !other->chosen)
            planned = PlannedProbe{&probe, nullptr, other->reason, other->remedy};
        if (planned)
            plan.probes.push_back(std::move(*planned));
    }
    return plan;
}

constexpr const char* kAskDoctor = "iopath doctor tells more";

/// Untyped programs look for processes in a list; typed ones want them marked.
bool is_for_following(const Probe& probe, Flavour flavour)
{
    return probe.name == "process_fork" || probe.name == "process_exec" ||
           (probe.name == "mark_scope" && flavour == Flavour::typed);
}

Error dark_error(const std::string& what, const PlannedProbe& planned)
{
    return {what + ": probe " + std::string(planned.probe->name) + " is dark: " + planned.reason,
            "", 0, kAskDoctor};
}

/// Smaller is better.
auto rank(const Plan& plan)
{
    const auto dark = std::ranges::count(plan.probes, nullptr, &PlannedProbe::chosen);
    return std::tuple(plan.useless().has_value(), plan.boundary, dark, plan.flavour);
}

} // namespace

bool Plan::is_lit(std::string_view name) const
{
    return std::ranges::any_of(probes, [name](const PlannedProbe& planned) {
        return planned.chosen && planned.probe->name == name;
    });
}

/// At system calls both ends are needed, of functions one at least.
std::optional<Error> Plan::useless() const
{
    const PlannedProbe* missing = nullptr;
    bool seen = false;
    for (const PlannedProbe& planned : probes) {
        if (follows && !planned.chosen && is_for_following(*planned.probe, flavour))
            return dark_error("cannot follow processes", planned);
        if (planned.probe->boundary != boundary)
            continue;
        seen = seen || planned.chosen;
        if (!planned.chosen)
            missing = &planned;
    }
    if (seen && (!missing || boundary == Boundary::function))
        return std::nullopt;
    if (missing)
        return dark_error("nothing can be observed", *missing);
    return Error{"nothing can be observed: boundary " + std::string(name_of(boundary)) +
                     " has no probe",
                 "", 0, kAskDoctor};
}

Plan make_plan(const Facts& facts, const PlanLimits& limits)
{
    std::optional<Plan> best;
    for (const Boundary boundary : {Boundary::syscall, Boundary::function}) {
        if (limits.boundary && *limits.boundary != boundary)
            continue;
        for (const Flavour flavour : {Flavour::typed, Flavour::untyped}) {
            if (limits.flavour && *limits.flavour != flavour)
                continue;
            Plan plan = plan_of(flavour, boundary, facts, limits);
            if (!best || rank(plan) < rank(*best))
                best = std::move(plan);
        }
    }
    return std::move(*best);
}

bool can_be_forbidden(const std::string& name)
{
    for (const Probe& probe : probe_table()) {
        for (const Alternative& way : probe.alternatives) {
            const auto names = names_of(probe, way);
            if (std::ranges::find(names, name) != names.end())
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
            if (!planned.probe->while_dark.empty())
                line.reason += "; " + std::string(planned.probe->while_dark);
            line.remedy = planned.remedy;
        } else {
            line.programs.emplace_back(planned.chosen->program);
            if (!planned.chosen->end_program.empty())
                line.programs.emplace_back(planned.chosen->end_program);
        }
        coverage.push_back(std::move(line));
    }
    if (plan.boundary == Boundary::function) {
        CoverageLine rest{"other_calls", "function", "dark", "", "", "all other operations"};
        rest.reason = "sync, sync_file_range, msync, locks, and metadata but stats and reads of "
                      "directories are seen at system calls only";
        rest.remedy = "--boundary syscall";
        coverage.push_back(std::move(rest));
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
        line.programs.clear();
        line.reason = "not attached: " + why.what + (why.where.empty() ? "" : ": " + why.where);
        line.remedy = "";
    }
    return coverage;
}

} // namespace iopath
