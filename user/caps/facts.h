// SPDX-License-Identifier: GPL-2.0-only
// What decides which probes can be lit here: facts of the kernel and of this process's rights. A
// pure value, so that plans can be tested on the recorded facts of any kernel.
#pragma once

#include "base/result.h"
#include "caps/btf_scan.h"
#include "model/facts_view.h"
#include "sys/host_files.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace iopath {

struct Facts {
    bool btf = false;        ///< there is an account of the kernel's types, and we could read it
    std::string btf_problem; ///< why not, where there is something to say
    std::string btf_file;    ///< where it is, if it is not the kernel's own
    bool kernel_btf = false; ///< the kernel has its own: typed programs can be attached

    /// Arguments of tp_btf/NAME, for each tracepoint of the kernel itself (modules left out).
    /// Its presence here lies at times; the trial load decides.
    std::map<std::string, int, std::less<>> tracepoint_args;
    /// Those of the modules asked for that are loaded; what is built in is not among them.
    std::set<std::string, std::less<>> modules;
    /// Its tracepoints do not switch off preemption (from 7.0 on).
    bool preemptible_programs = false;
    /// How the kernel preempts threads in the kernel: "none", "voluntary", "full", "lazy";
    /// "unknown" where it can be switched and nobody may read to what.
    std::string preemption = "unknown";
    /// Arguments of the functions that were asked for, of those that the kernel has.
    std::map<std::string, int, std::less<>> functions;
    /// Offsets of the fields that were asked for, by "structure.field".
    std::map<std::string, int, std::less<>> fields;

    /// Effective ones, as capabilities(7) names them in lower case: "cap_bpf". Only those that
    /// matter to iopath.
    std::set<std::string, std::less<>> capabilities;
    unsigned euid = 0;
    /// In another user namespace capabilities do not count for bpf(2).
    bool initial_user_namespace = true;

    /// "none", "integrity", "confidentiality"; "unavailable" without the file; "unknown".
    std::string lockdown = "unknown";
    // Settings of the kernel; nothing where it has not the file.
    std::optional<int> perf_event_paranoid;
    std::optional<int> unprivileged_bpf_disabled;
    std::optional<int> bpf_stats_enabled;
    std::optional<int> bpf_jit_enable; ///< readable by root only
    bool kprobes = false;              ///< the kernel has them
    std::string tracefs;               ///< where it is mounted; empty: nowhere
    std::string cgroup2;               ///< where it is mounted; empty: nowhere

    bool operator==(const Facts&) const = default;

    [[nodiscard]] bool has_tracepoint(std::string_view name) const
    {
        return tracepoint_args.contains(name);
    }
    /// Arguments of a tracepoint; -1 where there is none.
    [[nodiscard]] int arguments(std::string_view tracepoint) const;
    [[nodiscard]] bool has_function(std::string_view name) const
    {
        return functions.contains(name);
    }
    [[nodiscard]] bool can_preempt() const
    {
        return preemption != "none" && preemption != "voluntary";
    }
    [[nodiscard]] bool can(std::string_view capability) const
    {
        return capabilities.contains(capability);
    }
};

// Functions of the kernel for BPF programs, always asked for.
inline constexpr std::string_view kRdonlyCast = "bpf_rdonly_cast";         // 6.2
inline constexpr std::string_view kPreemptDisable = "bpf_preempt_disable"; // 6.11
// kprobe.multi by the function graph tracer (6.14), which keeps the returns with their threads.
inline constexpr std::string_view kFprobeReturn = "fprobe_return";
// Tracepoints guarded by SRCU-fast, with preemption on, have this variable and this function; the
// variable alone was there before 6.13, for the idle.
inline constexpr std::string_view kSrcuFast = "init_srcu_struct_fast";
inline constexpr std::string_view kTracepointSrcu = "tracepoint_srcu_srcu_data";
inline constexpr std::string_view kTaskStorage = "bpf_task_storage_get"; // 5.11; for tracing 5.13

/// What else to look for.
struct Wanted {
    std::set<std::string_view> functions;
    std::set<std::string_view> modules;
    std::string btf_file; ///< read this in place of the kernel's own BTF
    WantedFields fields;
};

/// Looks at this host (2 ms where the kernel lets its BTF be mapped, from 6.16 on; 5 ms elsewhere).
/// Fails never: what cannot be found out is left at its default.
Facts detect_facts(const HostFiles& files, const Wanted& wanted = {});

/// Those of `wanted` that are loaded now.
std::set<std::string, std::less<>> loaded_modules(const HostFiles& files,
                                                  const std::set<std::string_view>& wanted);

/// All of it, as names and values: what doctor --json records.
FactsView to_pairs(const Facts& facts);

/// The same with the number of tracepoints in place of each of them: what a human reads.
FactsView summary(const Facts& facts);

/// The inverse of to_pairs(). Names that are not known are passed over.
Facts from_pairs(const FactsView& pairs);

/// Why this process may not load BPF programs, and the remedy; nothing if it may. Exit status 3.
std::optional<Error> missing_privileges(const Facts& facts);

/// What this kernel lacks that iopath cannot do without; nothing if all is there. Exit status 3.
std::optional<Error> missing_kernel_feature(const Facts& facts);

} // namespace iopath
