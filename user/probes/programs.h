// SPDX-License-Identifier: GPL-2.0-only
// The loaded BPF programs and their maps: owns every object, link and descriptor.
#pragma once

#include "base/fd.h"
#include "base/result.h"
#include "caps/facts.h"
#include "model/coverage.h"
#include "model/interval.h"
#include "probes/plan.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// What to watch; fixed once loaded.
struct WatchOptions {
    ScopeKind scope = ScopeKind::system;
    std::string comm;            ///< only threads of this name; empty: all
    int cgroup_fd = -1;          ///< with scope cgroup; borrowed
    std::uint64_t cgroup_id = 0; ///< with scope cgroup
    std::vector<int> pids;       ///< with scope pid
    Breakdown by = Breakdown::none;
    std::optional<Op> op;             ///< only this op, and the requests it makes
    bool one_device = false;          ///< only operations on what want_devices() names
    std::uint32_t disk = 0;           ///< only its requests; 0: all
    std::uint32_t max_rows = 0;       ///< 0: as many as suit this machine
    std::uint32_t max_files = 0;      ///< likewise
    std::set<std::string> forbidden;  ///< --no-attach
    std::optional<Boundary> boundary; ///< only this one
    std::set<std::string> reject;     ///< programs to be spoilt, so that the verifier rejects them
};

/// What one program has cost so far, by the kernel's own count.
struct ProgramCost {
    std::string name;
    std::uint64_t runs = 0; ///< counted, like run_ns, only while bpf_stats are enabled
    std::uint64_t run_ns = 0;
    std::uint64_t missed = 0; ///< runs skipped because the program was already running; only
                              ///< those that may have had something to count
};

class BpfObject;
class LayerPrograms;
class RelocationBtf;
class SectionHandlers;
class SharedMaps;

class Programs {
public:
    /// Opens and loads what the facts allow; what the kernel refuses goes dark. Fails where nothing
    /// useful can be seen.
    static Result<std::unique_ptr<Programs>> load(const Facts& facts, const WatchOptions& options);
    ~Programs();
    Programs(const Programs&) = delete;
    Programs& operator=(const Programs&) = delete;

    /// Attaches everything; what the kernel refuses goes dark. Marks the processes of the scope.
    Status attach();
    /// Adds a process to the scope of a command; it counts from its next exec on.
    Status follow_from_exec(int pid);
    /// Adds to the devices, by the kernel's number, whose operations are looked at.
    Status want_devices(const std::vector<std::uint32_t>& numbers);
    /// These modules are loaded now: attaches what waited for them.
    void light_modules(const std::set<std::string, std::less<>>& modules);
    /// Takes every program off again, as the destructor does.
    void detach();

    [[nodiscard]] Coverage coverage() const;
    [[nodiscard]] Flavour flavour() const { return plan_.flavour; }
    [[nodiscard]] Boundary boundary() const { return plan_.boundary; }
    /// Descriptor of a shared map; -1 where there is none of that name.
    [[nodiscard]] int map_fd(std::string_view name) const;
    [[nodiscard]] std::uint32_t rows_taken() const;
    /// 0 where completions are dark: nothing is known of requests then.
    [[nodiscard]] std::uint32_t block_rows_taken() const;
    [[nodiscard]] std::uint32_t submitters_taken() const;
    /// Output of the task iterator: iopath_task_record after iopath_task_record. Fails where it is
    /// dark.
    [[nodiscard]] Result<std::string> walk_tasks() const;
    [[nodiscard]] std::vector<ProgramCost> costs() const;
    /// The kernel keeps run statistics while the descriptor is open; none where it refuses.
    [[nodiscard]] static Fd enable_statistics();

private:
    Programs(Facts facts, WatchOptions options);

    Status open_and_load();
    Status load_flavour();
    Status open_layers(std::span<const std::unique_ptr<LayerPrograms>> layers);
    void load_layers();
    void note_refusals();
    [[nodiscard]] PlanLimits limits_of_this_plan() const;
    Status mark_processes(const std::vector<int>& pids, std::uint32_t flags);
    [[nodiscard]] std::uint32_t numbers_taken(std::uint32_t kind, std::uint32_t first) const;
    [[nodiscard]] LayerPrograms* layer(std::string_view name) const;

    Facts facts_;
    WatchOptions options_;
    PlanLimits limits_;
    Plan plan_;
    std::unique_ptr<SharedMaps> maps_;
    std::unique_ptr<RelocationBtf> relocation_;
    std::unique_ptr<SectionHandlers> handlers_;
    std::function<void(BpfObject&)> configure_;
    std::vector<std::unique_ptr<LayerPrograms>> layers_;
};

} // namespace iopath
