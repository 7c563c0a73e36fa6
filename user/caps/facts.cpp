// SPDX-License-Identifier: GPL-2.0-only
#include "caps/facts.h"

#include "caps/btf_scan.h"
#include "caps/kernel_btf.h"
#include "sys/cgroups.h"
#include "sys/mounts.h"
#include "sys/parse.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <linux/capability.h>
#include <unistd.h>

namespace iopath {

namespace {

struct Capability {
    int number;
    std::string_view name;
};

constexpr std::array kCapabilities{
    Capability{CAP_DAC_READ_SEARCH, "cap_dac_read_search"},
    Capability{CAP_KILL, "cap_kill"},
    Capability{CAP_NET_ADMIN, "cap_net_admin"},
    Capability{CAP_SYS_PTRACE, "cap_sys_ptrace"},
    Capability{CAP_SYS_ADMIN, "cap_sys_admin"},
    Capability{CAP_SYS_RESOURCE, "cap_sys_resource"},
    Capability{CAP_SYSLOG, "cap_syslog"},
    Capability{CAP_PERFMON, "cap_perfmon"},
    Capability{CAP_BPF, "cap_bpf"},
};

void detect_btf(const HostFiles& files, const Wanted& wanted, Facts& facts)
{
    const auto own = files.at(kKernelBtf);
    facts.kernel_btf = ::access(own.c_str(), R_OK) == 0;
    facts.btf_file = wanted.btf_file;
    const auto btf =
        KernelBtf::open(wanted.btf_file.empty() ? own : std::filesystem::path(wanted.btf_file));
    if (!btf) {
        facts.btf_problem = btf.error().text();
        return;
    }
    auto functions = wanted.functions;
    functions.insert(
        {kRdonlyCast, kTaskStorage, kPreemptDisable, kTracepointSrcu, kSrcuFast, kFprobeReturn});
    auto names = scan_btf(btf->bytes(), functions, wanted.fields);
    if (!names) {
        facts.btf_problem = names.error().text();
        return;
    }
    facts.btf = true;
    facts.tracepoint_args = std::move(names->tracepoint_args);
    facts.functions = std::move(names->functions);
    facts.fields = std::move(names->fields);
    facts.preemptible_programs =
        names->variables.contains(kTracepointSrcu) && facts.functions.contains(kSrcuFast);
}

void detect_rights(const HostFiles& files, Facts& facts)
{
    facts.euid = ::geteuid();
    if (const auto status = files.read("/proc/self/status")) {
        constexpr std::string_view kKey = "CapEff:\t";
        for (const auto line : split(*status, '\n')) {
            if (!line.starts_with(kKey))
                continue;
            const auto effective = number_in<std::uint64_t>(line.substr(kKey.size()), 16);
            for (const auto& [number, name] : kCapabilities) {
                if (effective.value_or(0) >> number & 1)
                    facts.capabilities.emplace(name);
            }
        }
    }
    // The initial namespace maps every id to itself: "0 0 4294967295".
    const std::string map = files.line("/proc/self/uid_map");
    const auto ids = split(map, ' ');
    facts.initial_user_namespace =
        ids.size() != 3 || (ids[0] == "0" && ids[1] == "0" && ids[2] == "4294967295");
}

/// Of "none [integrity] confidentiality" the word in brackets; empty where none is.
std::string marked_word(std::string_view words, char open, char close)
{
    const auto begin = words.find(open);
    const auto end = words.find(close, begin);
    if (begin == std::string_view::npos || end == std::string_view::npos)
        return "";
    return std::string(words.substr(begin + 1, end - begin - 1));
}

std::string detect_lockdown(const HostFiles& files)
{
    const auto text = files.read("/sys/kernel/security/lockdown");
    if (!text)
        return text.error().error_number == ENOENT ? "unavailable" : "unknown";
    std::string mode = marked_word(*text, '[', ']');
    return mode.empty() ? "unknown" : mode;
}

/// Root reads it, of debugfs; what the kernel was built and booted with says the rest.
std::string detect_preemption(const HostFiles& files)
{
    const std::string modes = files.line("/sys/kernel/debug/sched/preempt");
    if (std::string mode = marked_word(modes, '(', ')'); !mode.empty())
        return mode;
    const std::string booted = files.line("/proc/cmdline");
    for (const auto word : split(booted, ' ')) {
        constexpr std::string_view kKey = "preempt=";
        if (word.starts_with(kKey))
            return std::string(word.substr(kKey.size()));
    }
    // Of /proc/version, as in "#1 SMP PREEMPT_DYNAMIC Debian".
    const std::string built = files.line("/proc/version");
    if (built.find("PREEMPT_DYNAMIC") != std::string::npos || built.empty())
        return "unknown";
    if (built.find("PREEMPT_LAZY") != std::string::npos)
        return "lazy";
    return built.find(" PREEMPT") == std::string::npos ? "none" : "full";
}

void detect_settings(const HostFiles& files, Facts& facts)
{
    const auto setting = [&files](std::string_view name) {
        return number_in<int>(files.line("/proc/sys/" + std::string(name)));
    };
    facts.perf_event_paranoid = setting("kernel/perf_event_paranoid");
    facts.unprivileged_bpf_disabled = setting("kernel/unprivileged_bpf_disabled");
    facts.bpf_stats_enabled = setting("kernel/bpf_stats_enabled");
    facts.bpf_jit_enable = setting("net/core/bpf_jit_enable");
    facts.lockdown = detect_lockdown(files);
    facts.preemption = detect_preemption(files);
    facts.kprobes = ::access(files.at("/sys/bus/event_source/devices/kprobe").c_str(), F_OK) == 0;

    const auto mounts = read_mounts(files);
    const auto mounted = [&mounts](std::string_view type) {
        const auto found = std::ranges::find(mounts, type, &Mount::type);
        return found == mounts.end() ? std::string() : found->point;
    };
    facts.tracefs = mounted("tracefs");
    facts.cgroup2 = mounted("cgroup2");
}

} // namespace

int Facts::arguments(std::string_view tracepoint) const
{
    const auto found = tracepoint_args.find(tracepoint);
    return found == tracepoint_args.end() ? -1 : found->second;
}

Facts detect_facts(const HostFiles& files, const Wanted& wanted)
{
    Facts facts;
    detect_btf(files, wanted, facts);
    detect_rights(files, facts);
    detect_settings(files, facts);
    facts.modules = loaded_modules(files, wanted.modules);
    return facts;
}

/// What is built in has a folder, too, but no such file.
std::set<std::string, std::less<>> loaded_modules(const HostFiles& files,
                                                  const std::set<std::string_view>& wanted)
{
    std::set<std::string, std::less<>> loaded;
    for (const std::string_view module : wanted) {
        if (files.line("/sys/module/" + std::string(module) + "/initstate") == "live")
            loaded.emplace(module);
    }
    return loaded;
}

} // namespace iopath
