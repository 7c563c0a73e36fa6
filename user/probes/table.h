// SPDX-License-Identifier: GPL-2.0-only
// Every probe, and the ways to attach it, in the order of preference.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace iopath {

/// How a BPF program is attached. fentry, kprobe_multi and kprobe stand for a pair, at a function's
/// entry and at its return. tp: by way of perf.
enum class How { tp_btf, raw_tp, tp, fentry, kprobe_multi, kprobe, iter };

std::string_view name_of(How how);

/// Is this attached to a function of the kernel, in place of a tracepoint?
bool is_function(How how);

/// Which of the two builds of the BPF objects (bpf/compat.bpf.h): with pointers that the verifier
/// knows and task storage, or with nothing but numbers, for kernels before 5.13 or without BTF.
enum class Flavour { typed, untyped };

std::string_view name_of(Flavour flavour);

/// Where operations begin and end: at system calls, or at functions of the kernel that only I/O
/// enters.
enum class Boundary { syscall, function };

std::string_view name_of(Boundary boundary);

inline constexpr int kAnyArguments = -1;

/// One way to attach a probe.
struct Alternative {
    How how;
    std::string_view program;                      ///< its name in the object of the layer
    std::string_view event;                        ///< the tracepoint or function
    int arguments = kAnyArguments;                 ///< that the event must have
    std::optional<Flavour> flavour = std::nullopt; ///< the objects that have it; nothing: both
    std::string_view end_program = {};             ///< of a pair: the one at the function's return
    std::string_view module = {}; ///< that has the event, where it is not the kernel itself
};

/// One logical kernel event.
struct Probe {
    std::string_view name;
    std::string_view layer; ///< also the BPF object it lives in
    std::string_view purpose;
    std::vector<Alternative> alternatives;
    std::optional<Boundary> boundary = std::nullopt; ///< needed only for this one
    std::string_view instead_of = {};                ///< needed only where this other probe is dark
    /// Its programs look at threads alone: a run that the kernel skips because it would nest in
    /// another one is that of an interrupt, and no loss.
    bool ignores_interrupts = false;
    std::string_view with = {};       ///< of no use where this probe, which comes earlier, is dark
    std::string_view while_dark = {}; ///< where what it would have seen is counted instead
};

/// All probes in the order in which they are attached: an exit before its entry, so that no entry
/// is left without its exit, and system calls last, so that what they open is complete.
std::span<const Probe> probe_table();

/// The layers, each one BPF object.
std::span<const std::string_view> layers();

/// The kernel's functions that alternatives attach to.
std::set<std::string_view> functions_of_interest();

/// The modules that alternatives attach to.
std::set<std::string_view> modules_of_interest();

} // namespace iopath
