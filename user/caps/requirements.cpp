// SPDX-License-Identifier: GPL-2.0-only
// What iopath cannot do without, and what to do where it is missing.
#include "caps/facts.h"

namespace iopath {

namespace {

std::string remedy(const Facts& facts)
{
    // Root without the right: a container or a service manager took it away, setcap is no help.
    if (facts.euid == 0)
        return "root was deprived of them: with docker or podman, add --cap-add BPF --cap-add "
               "PERFMON or --privileged; in a systemd unit, CapabilityBoundingSet=CAP_BPF "
               "CAP_PERFMON";
    return "run iopath as root, or once: sudo setcap cap_bpf,cap_perfmon+ep $(command -v iopath)";
}

} // namespace

std::optional<Error> missing_privileges(const Facts& facts)
{
    if (!facts.initial_user_namespace)
        return Error{"the kernel does not honour CAP_BPF and CAP_PERFMON of a user namespace", "",
                     0, "run iopath on the host, or in a container without user namespace"};
    if (facts.can("cap_sys_admin"))
        return std::nullopt;

    std::string missing;
    if (!facts.can("cap_bpf"))
        missing = "CAP_BPF";
    if (!facts.can("cap_perfmon"))
        missing += missing.empty() ? "CAP_PERFMON" : ", CAP_PERFMON";
    if (missing.empty())
        return std::nullopt;
    return Error{"iopath needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN); missing: " + missing, "",
                 0, remedy(facts)};
}

std::optional<Error> missing_kernel_feature(const Facts& facts)
{
    if (facts.lockdown == "confidentiality")
        return Error{"this kernel is locked down (confidentiality): BPF programs may not read its "
                     "memory",
                     "", 0, "boot with lockdown=integrity"};
    if (facts.btf)
        return std::nullopt;
    if (!facts.btf_file.empty())
        return Error{"--btf: no account of the kernel's types in " + facts.btf_file + ": " +
                         facts.btf_problem,
                     "", 0, "a copy of /sys/kernel/btf/vmlinux of a kernel of the same build"};
    std::string what = "iopath needs /sys/kernel/btf/vmlinux, the kernel's account of its types";
    if (!facts.btf_problem.empty())
        what += ": " + facts.btf_problem;
    return Error{what, "", 0, "a kernel built with CONFIG_DEBUG_INFO_BTF=y, and sysfs mounted"};
}

} // namespace iopath
