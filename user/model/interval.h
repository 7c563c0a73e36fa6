// SPDX-License-Identifier: GPL-2.0-only
// One watch: what was counted between two moments, and under which circumstances. A pure value; the
// report is made from it, now or from a recording.
#pragma once

#include "model/counts.h"
#include "model/coverage.h"
#include "model/limits.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iopath {

struct Host {
    std::string kernel;
    std::string arch;
    int cpus = 0;
    std::string hostname;
};

enum class ScopeKind { system, command, pid, cgroup };

/// What rows are told apart by, beyond op and target.
enum class Breakdown { none, process, cgroup, device, fs, file };

struct Scope {
    ScopeKind kind = ScopeKind::system;
    std::vector<std::string> command; ///< with command
    std::vector<int> pids;            ///< with pid
    std::string cgroup;               ///< with cgroup
    std::string comm;                 ///< --comm, with any kind; empty: all
};

/// An operation still open at the end of the watch.
struct InFlight {
    OperationKey key;
    int pid = 0; ///< of the thread
    std::string comm;
    std::string syscall; ///< its name
    bool begun_before =
        false; ///< before attaching: `open_for` is a lower bound, stages and file are unknown
    bool target_unknown = false; ///< of a request whose file is looked at when it ends
    Nanoseconds open_for{};
    std::array<Nanoseconds, kStages> stages{};
};

/// How CMD ended, for scope command.
struct CommandEnd {
    int status = 0;                      ///< exit status as the shell counts it
    std::optional<int> descendants_left; ///< nothing where tasks cannot be walked
};

/// What the watch itself cost.
struct SelfCost {
    Nanoseconds bpf{}; ///< estimate
    Nanoseconds user{};
    std::uint64_t rss_bytes = 0;
};

struct Interval {
    std::chrono::system_clock::time_point start;
    Nanoseconds length{};
    Host host;
    Scope scope;
    Counts counts;
    std::vector<InFlight> in_flight;
    std::vector<IoLimit> limits; ///< as set at its end; looked up only if some held I/O back
    std::optional<DirtyLimits> dirty_limits; ///< likewise, if writers were held back by them
    Coverage coverage;
    Nanoseconds steal{}; ///< of all CPUs, from /proc/stat
    SelfCost self;
    std::optional<CommandEnd> command_end;
};

} // namespace iopath
