// SPDX-License-Identifier: GPL-2.0-only
// Control groups, version 2 only: a cgroup of version 1 has no id that a BPF program could compare.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "sys/host_files.h"

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace iopath {

struct Cgroup {
    Fd fd;                 ///< of its directory
    std::uint64_t id = 0;  ///< as bpf_get_current_cgroup_id() gives it: its inode number
    std::string path;      ///< as in /proc/PID/cgroup: "/system.slice/x.service"; "/" is the root
    std::string directory; ///< canonical: "/sys/fs/cgroup/system.slice/x.service"
};

/// Where cgroup v2 is mounted; empty where it is not.
std::string cgroup2_mount(const HostFiles& files);

/// Opens the cgroup that the user names: a directory, or a path below the v2 mount with or without
/// a slash before it. The error says which version was found instead, and where v2 is.
Result<Cgroup> open_cgroup(const HostFiles& files, const std::string& path);

/// Paths of cgroups by id. They are kept, so that what a removed cgroup did still has its name; ids
/// are never given out twice, so an id that was not found is not looked for again.
class CgroupPaths {
public:
    explicit CgroupPaths(HostFiles files) : files_(std::move(files)) {}

    /// Looks all of them up that are not known yet, in one walk of the tree (about 5 us for each
    /// directory in it); none if nothing is new.
    void learn(std::span<const std::uint64_t> ids);

    /// The path, as in Cgroup::path; empty where there is none.
    std::string path(std::uint64_t id);

private:
    void walk();
    void walk_below(const std::string& directory, const std::string& path);

    HostFiles files_;
    std::unordered_map<std::uint64_t, std::string> paths_;
    std::unordered_set<std::uint64_t> unknown_;
};

} // namespace iopath
