// SPDX-License-Identifier: GPL-2.0-only
// Processes and their threads, from /proc. All of it may change while it is read: what has gone is
// simply not there.
#pragma once

#include "sys/host_files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace iopath {

/// From /proc/PID/stat.
struct Process {
    pid_t pid = 0;
    std::string comm;
    char state = '?'; ///< as ps prints it
    pid_t parent = 0;
    pid_t session = 0;
    int threads = 0;
    std::uint64_t start_ticks = 0; ///< since boot: with the pid it names a process for good

    /// Not a zombie; one whose first thread has ended runs on in the others.
    [[nodiscard]] bool live() const { return (state != 'Z' && state != 'X') || threads > 1; }
};

/// The content of /proc/PID/stat; the name in it may hold blanks and parentheses.
std::optional<Process> parse_stat(std::string_view text);

/// Nothing where there is no such process.
std::optional<Process> read_process(const HostFiles& files, pid_t pid);

/// All of this pid namespace, zombies included.
std::vector<Process> read_processes(const HostFiles& files);

/// The name of a process or thread; empty where it has gone.
std::string comm_of(const HostFiles& files, pid_t pid);

/// Is there such a process, and no zombie?
bool process_exists(const HostFiles& files, pid_t pid);

/// Live children of a process.
int count_children(const HostFiles& files, pid_t pid);

/// Live processes whose chain of parents leads to one of `roots`; those themselves are not among
/// them. A process whose parent died is a child of init or of the nearest subreaper: to find all
/// descendants of a command, be its subreaper.
std::vector<pid_t> descendants_of(const HostFiles& files, const std::vector<pid_t>& roots);

/// Threads of a process, its first included; empty where it has gone.
std::vector<pid_t> threads_of(const HostFiles& files, pid_t pid);

/// Is the process in that cgroup (v2; path as in Cgroup::path) or in one below it?
bool in_cgroup(const HostFiles& files, pid_t pid, std::string_view cgroup);

} // namespace iopath
