// SPDX-License-Identifier: GPL-2.0-only
// Which alternative of each probe to try, decided from facts alone.
#pragma once

#include "caps/facts.h"
#include "model/coverage.h"
#include "probes/table.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// What rules alternatives out.
struct PlanLimits {
    std::set<std::string> forbidden; ///< by the user: what can_be_forbidden()
    /// By the kernel, and its reason: what one flavour's program does another's may be let do.
    std::map<std::pair<Flavour, std::string>, std::string> refused{};
    std::optional<std::string> no_fentry{}; ///< by the kernel, for all of that way, and its reason
    std::optional<Boundary> boundary{};     ///< only this one
    std::optional<Flavour> flavour{};       ///< only this one
    bool follows = false;                   ///< a plan that cannot follow processes is useless
};

/// One probe with the alternative chosen, or none and why.
struct PlannedProbe {
    const Probe* probe = nullptr;
    const Alternative* chosen = nullptr; ///< null: dark
    std::string reason;                  ///< why dark
    std::string remedy;
};

struct Plan {
    Flavour flavour = Flavour::typed;
    Boundary boundary = Boundary::syscall;
    bool follows = false;             ///< processes, with their threads and descendants
    std::vector<PlannedProbe> probes; ///< those that this flavour and boundary need

    [[nodiscard]] auto begin() const { return probes.begin(); }
    [[nodiscard]] auto end() const { return probes.end(); }
    /// Is the probe of this name possible?
    [[nodiscard]] bool is_lit(std::string_view name) const;
    /// Why nothing useful can be seen with it; nothing where operations are seen.
    [[nodiscard]] std::optional<Error> useless() const;
};

/// The best of what is possible: one that sees operations; at system calls rather than at
/// functions; with as few dark probes as can be; typed rather than untyped. Of a probe's
/// alternatives the first that is possible; before all those of which the kernel skips runs here.
/// Pure: the same facts and limits make the same plan.
Plan make_plan(const Facts& facts, const PlanLimits& limits);

/// Is this a name that PlanLimits::forbidden knows: of a layer, a probe, a way, a program or a
/// flavour?
bool can_be_forbidden(const std::string& name);

/// The plan as lines of coverage.
Coverage coverage_of(const Plan& plan);

/// The coverage where nothing could be loaded at all: what the plan would have lit is dark for
/// `why`.
Coverage dark_coverage(const Plan& plan, const Error& why);

} // namespace iopath
