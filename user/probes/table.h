// SPDX-License-Identifier: GPL-2.0-only
// Every probe, and the ways to attach it, in the order of preference.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace iopath {

/// How a BPF program is attached.
enum class How { tp_btf, raw_tp, iter };

std::string_view name_of(How how);

/// One way to attach a probe.
struct Alternative {
    How how;
    std::string_view program; ///< its name in the object of the layer
    std::string_view event;   ///< the tracepoint
    int arguments; ///< that the tracepoint must have; kAnyArguments where it does not matter
};

inline constexpr int kAnyArguments = -1;

/// One logical kernel event.
struct Probe {
    std::string_view name;
    std::string_view layer; ///< also the BPF object it lives in
    std::string_view purpose;
    std::vector<Alternative> alternatives;
    bool required = false; ///< without it nothing useful is seen
};

/// All probes in the order in which they are attached: an exit before its entry, so that no entry
/// is left without its exit, and system calls last, so that what they open is complete.
std::span<const Probe> probe_table();

/// The layers, each one BPF object.
std::span<const std::string_view> layers();

} // namespace iopath
