// SPDX-License-Identifier: GPL-2.0-only
#include "app/doctor.h"

#include "analyze/coverage.h"
#include "app/console.h"
#include "caps/facts.h"
#include "output/json/json.h"
#include "output/terminal/terminal.h"
#include "probes/config.h"
#include "probes/programs.h"
#include "sys/host.h"
#include "sys/kernel_symbols.h"

namespace iopath {

namespace {

struct Examination {
    Coverage coverage;
    FactsView plan;               ///< which programs, and where operations begin and end
    std::optional<Error> verdict; ///< why nothing useful can be observed
};

/// Loads and attaches everything, for an instant: what a kernel lists is no promise.
Examination examine(const Facts& facts, const DoctorOptions& options)
{
    Examination result;
    WatchOptions watch;
    watch.forbidden = options.attach.no_attach;
    watch.boundary = options.attach.boundary;
    watch.reject = options.attach.reject;
    result.verdict = missing_kernel_feature(facts);
    if (!result.verdict)
        result.verdict = missing_privileges(facts);
    if (!result.verdict) {
        auto programs = Programs::load(facts, watch);
        if (programs) {
            if (Status attached = (*programs)->attach(); !attached)
                result.verdict = attached.error();
            result.coverage = (*programs)->coverage();
            result.plan = {{"flavour", std::string(name_of((*programs)->flavour()))},
                           {"boundary", std::string(name_of((*programs)->boundary()))}};
        } else {
            result.verdict = programs.error();
        }
    }
    if (result.coverage.empty()) {
        PlanLimits limits;
        limits.forbidden = options.attach.no_attach;
        limits.boundary = options.attach.boundary;
        result.coverage = dark_coverage(make_plan(facts, limits), *result.verdict);
    }
    Counts none;
    add_asynchronous(result.coverage, none);
    add_helpers(result.coverage, none);
    return result;
}

} // namespace

int run_doctor(const DoctorOptions& options)
{
    const HostFiles files;
    const Facts facts = detect_facts(files, {functions_of_interest(), modules_of_interest(),
                                             options.attach.btf_file, fields_of_interest()});
    const Examination examination = examine(facts, options);
    FactsView shown = options.json ? to_pairs(facts) : summary(facts);
    shown.insert(shown.begin(), examination.plan.begin(), examination.plan.end());
    shown.emplace_back("kernel_symbols", shows_kernel_symbols(files)
                                             ? "readable"
                                             : "hidden (kernel.kptr_restrict, or no CAP_SYSLOG): "
                                               "callers of kernel locks show as addresses");
    Sink sink = Sink::standard_output();
    const Host host = read_host(files);
    const std::string text = options.json ? doctor_json(host, examination.coverage, shown) + "\n"
                                          : render_doctor(host, examination.coverage, shown,
                                                          style_for(sink, options.colour));
    if (Status written = sink.write(text); !written) {
        complain(written.error());
        return kExitFailed;
    }
    if (!examination.verdict)
        return 0;
    complain(*examination.verdict);
    return kExitMissing;
}

} // namespace iopath
