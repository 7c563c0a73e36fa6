// SPDX-License-Identifier: GPL-2.0-only
// One watch: the programs attached, and what they counted read into intervals.
#pragma once

#include "app/cost_meter.h"
#include "app/options.h"
#include "base/result.h"
#include "collect/bpf_map_reader.h"
#include "collect/collector.h"
#include "model/interval.h"
#include "probes/programs.h"
#include "sys/cgroups.h"
#include "sys/devices.h"
#include "sys/host_files.h"
#include "sys/mounts.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iopath {

class Session {
public:
    /// Loads and attaches. The error of a missing privilege or kernel feature has exit status 3.
    static Result<std::unique_ptr<Session>> open(const HostFiles& files,
                                                 const DiagnoseOptions& options,
                                                 const std::optional<Cgroup>& cgroup);

    /// Follows a process and its descendants from its next exec on.
    Status follow(int pid) { return programs_->follow_from_exec(pid); }
    /// Takes in what has come meanwhile: modules, mounts of the device looked at.
    void look_around();
    /// The watch begins now.
    void begin();
    /// What happened since it began, or since the last interval was taken. The last one is read
    /// after the programs were taken off, so that all its parts are of one moment.
    Interval take_interval(bool last);
    /// Live processes of the command's scope at the last take_interval(); nothing where tasks
    /// cannot be walked.
    [[nodiscard]] std::optional<int> live_members() const { return live_members_; }
    /// The devices that file systems of this type are mounted from at present.
    [[nodiscard]] std::vector<std::string> devices_with(const std::string& type);
    [[nodiscard]] CostMeter& cost_meter() { return *meter_; }

private:
    Session(const HostFiles& files, DiagnoseOptions options);

    Status want_devices();
    [[nodiscard]] CollectExtent extent() const;
    [[nodiscard]] Names names();
    [[nodiscard]] Scope scope() const;
    [[nodiscard]] std::optional<std::string> walk_tasks() const;
    void add_in_flight(Interval& interval, const std::string& tasks);
    [[nodiscard]] SelfCost self_cost() const;

    const HostFiles& files_;
    DiagnoseOptions options_;
    std::string cgroup_path_;
    Devices devices_;
    Mounts mounts_;
    CgroupPaths cgroups_;
    std::unique_ptr<Programs> programs_;
    std::unique_ptr<BpfMapReader> reader_;
    std::unique_ptr<Collector> collector_;
    std::unique_ptr<CostMeter> meter_;
    std::chrono::system_clock::time_point start_;
    std::chrono::steady_clock::time_point steady_start_;
    Nanoseconds steal_at_start_{};
    std::optional<Counts> earlier_;
    std::optional<int> live_members_;
};

} // namespace iopath
