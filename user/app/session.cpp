// SPDX-License-Identifier: GPL-2.0-only
#include "app/session.h"

#include "analyze/coverage.h"
#include "app/device_filter.h"
#include "app/fs_filter.h"
#include "caps/facts.h"
#include "probes/config.h"
#include "sys/dirty_limits.h"
#include "sys/host.h"
#include "sys/io_limits.h"
#include "sys/kernel_symbols.h"
#include "sys/processes.h"
#include "sys/syscalls.h"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

namespace iopath {

namespace {

Nanoseconds nanoseconds_of(const timeval& time)
{
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

std::uint64_t monotonic_ns()
{
    return static_cast<std::uint64_t>(
        Nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

ScopeKind scope_kind(const DiagnoseOptions& options)
{
    if (!options.command.empty())
        return ScopeKind::command;
    if (!options.pids.empty())
        return ScopeKind::pid;
    return options.cgroup.empty() ? ScopeKind::system : ScopeKind::cgroup;
}

/// By limits of the block layer.
bool is_held_back(const Counts& counts)
{
    return std::ranges::any_of(counts.operations, [](const Operation& row) {
        return row.stage(Stage::throttle).time > row.dirty;
    });
}

bool has_dirty_pauses(const Counts& counts)
{
    return std::ranges::any_of(counts.operations,
                               [](const Operation& row) { return row.pauses.count > 0; });
}

WatchOptions watch_options(const DiagnoseOptions& options, const std::optional<Cgroup>& cgroup)
{
    WatchOptions watch;
    watch.scope = scope_kind(options);
    watch.comm = options.comm;
    watch.cgroup_fd = cgroup ? cgroup->fd.get() : -1;
    watch.cgroup_id = cgroup ? cgroup->id : 0;
    watch.pids = options.pids;
    watch.by = options.by;
    watch.op = options.op;
    watch.max_rows = options.max_rows;
    watch.max_files = options.max_files;
    watch.forbidden = options.attach.no_attach;
    watch.boundary = options.attach.boundary;
    watch.reject = options.attach.reject;
    return watch;
}

} // namespace

Session::Session(const HostFiles& files, DiagnoseOptions options)
    : files_(files), options_(std::move(options)), devices_(files), mounts_(files, devices_),
      cgroups_(files)
{
}

Result<std::unique_ptr<Session>> Session::open(const HostFiles& files,
                                               const DiagnoseOptions& options,
                                               const std::optional<Cgroup>& cgroup)
{
    const Facts facts = detect_facts(files, {functions_of_interest(), modules_of_interest(),
                                             options.attach.btf_file, fields_of_interest()});
    if (auto missing = missing_kernel_feature(facts))
        return *missing;
    if (auto missing = missing_privileges(facts))
        return *missing;
    std::unique_ptr<Session> session(new Session(files, options));
    if (cgroup)
        session->cgroup_path_ = cgroup->path;
    WatchOptions watch = watch_options(options, cgroup);
    if (!options.device.empty()) {
        watch.one_device = true;
        watch.disk = disk_of_requests(files, session->devices_, options.device);
    }
    auto programs = Programs::load(facts, watch);
    if (!programs)
        return programs.error();
    session->programs_ = std::move(*programs);
    if (Status wanted = session->want_devices(); !wanted)
        return wanted.error();
    if (Status attached = session->programs_->attach(); !attached)
        return attached.error();
    Session* self = session.get();
    session->reader_ = std::make_unique<BpfMapReader>(
        [self](std::string_view name) { return self->programs_->map_fd(name); });
    session->collector_ = std::make_unique<Collector>(*session->reader_, session->names());
    session->meter_ = std::make_unique<CostMeter>(
        *session->programs_, [self] { return self->collector_->activity(self->extent()); });
    return session;
}

/// What is mounted from a device later joins it.
Status Session::want_devices()
{
    if (options_.device.empty())
        return {};
    return programs_->want_devices(numbers_on(devices_, mounts_, options_.device));
}

void Session::look_around()
{
    if (!options_.device.empty()) {
        mounts_.refresh();
        static_cast<void>(want_devices()); // as far as there is room
    }
    programs_->light_modules(loaded_modules(files_, modules_of_interest()));
}

std::vector<std::string> Session::devices_with(const std::string& type)
{
    return iopath::devices_with(files_, devices_, mounts_, type);
}

void Session::begin()
{
    start_ = std::chrono::system_clock::now();
    steady_start_ = std::chrono::steady_clock::now();
    steal_at_start_ = read_steal(files_);
}

CollectExtent Session::extent() const
{
    return {programs_->rows_taken(),           programs_->block_rows_taken(),
            options_.by == Breakdown::process, options_.by == Breakdown::cgroup,
            programs_->submitters_taken(),     monotonic_ns(),
            options_.by == Breakdown::file};
}

Names Session::names()
{
    Names names;
    names.device = [this](std::uint32_t dev, std::string_view fs) {
        return file_device(devices_, mounts_, dev, fs);
    };
    names.below = [this](std::uint32_t dev, std::string_view fs) { return mounts_.below(dev, fs); };
    names.disk = [this](std::uint32_t dev) { return devices_.name(dev); };
    names.file_systems = [this](std::string_view disk) {
        return file_systems_on(devices_, mounts_, disk);
    };
    names.is_device = [this](std::string_view name) { return devices_.exists(name); };
    names.file_system = [this](std::uint32_t dev) { return mounts_.type_of(dev); };
    names.path = [this](std::uint32_t dev, std::string_view inner) {
        return mounts_.path_of(dev, inner);
    };
    names.mount = [this](std::string_view path) { return mounts_.mount_of(path); };
    names.functions = [this](std::vector<std::uint64_t> addresses) {
        std::map<std::uint64_t, KernelFunction> functions;
        for (auto& [address, symbol] : kernel_symbols(files_, std::move(addresses)))
            functions[address] = {std::move(symbol.name), symbol.of_lock};
        return functions;
    };
    names.process = [this](int pid) { return comm_of(files_, pid); };
    names.irq = [this](std::uint32_t irq) { return irq_actions(files_, irq); };
    names.cgroup = [this](std::uint64_t id) {
        const std::string path = cgroups_.path(id);
        return path.empty() ? "id:" + std::to_string(id) : path;
    };
    names.syscall = syscall_name;
    return names;
}

Scope Session::scope() const
{
    Scope scope;
    scope.kind = scope_kind(options_);
    scope.command = options_.command;
    scope.pids = options_.pids;
    scope.cgroup = cgroup_path_;
    scope.comm = options_.comm;
    return scope;
}

void Session::add_in_flight(Interval& interval, const std::string& tasks)
{
    for (InFlight& open : collector_->in_flight(tasks)) {
        if (open.begun_before) {
            // The iterator cannot ask about another task's cgroup.
            if (!cgroup_path_.empty() && !in_cgroup(files_, open.pid, cgroup_path_))
                continue;
            open.open_for = interval.length;
        }
        interval.in_flight.push_back(std::move(open));
    }
    for (InFlight& open : collector_->async_in_flight(monotonic_ns())) {
        open.comm = files_.line("/proc/" + std::to_string(open.pid) + "/comm");
        interval.in_flight.push_back(std::move(open));
    }
}

SelfCost Session::self_cost() const
{
    SelfCost cost;
    cost.bpf = meter_->estimate();
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        cost.user = nanoseconds_of(usage.ru_utime) + nanoseconds_of(usage.ru_stime);
    const std::string pages = files_.line("/proc/self/statm");
    if (const auto blank = pages.find(' '); blank != std::string::npos)
        cost.rss_bytes = std::strtoull(pages.c_str() + blank, nullptr, 10) *
                         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return cost;
}

/// Nothing where it cannot be done.
std::optional<std::string> Session::walk_tasks() const
{
    const auto walked = programs_->walk_tasks();
    return walked ? std::optional(*walked) : std::nullopt;
}

Interval Session::take_interval(bool last)
{
    Interval interval;
    interval.start = start_;
    interval.length = std::chrono::steady_clock::now() - steady_start_;
    // What is open is asked for while ends are still seen, the rest when nothing moves any more.
    const auto walked = walk_tasks();
    const std::string open_tasks = walked.value_or("");
    if (last)
        programs_->detach();
    const std::string tasks = last ? walk_tasks().value_or("") : open_tasks;
    interval.steal = read_steal(files_) - steal_at_start_;
    mounts_.refresh();
    Counts counts = collector_->counts(extent(), tasks);
    for (const ProgramCost& cost : programs_->costs())
        counts.losses.at(static_cast<std::size_t>(Loss::skipped_run)) += cost.missed;
    if (walked)
        live_members_ = Collector::live_members(*walked);
    interval.host = read_host(files_);
    interval.scope = scope();
    interval.coverage = programs_->coverage();
    add_asynchronous(interval.coverage, counts);
    add_helpers(interval.coverage, counts);
    add_in_flight(interval, open_tasks);
    interval.counts = counts;
    if (earlier_)
        interval.counts.subtract(*earlier_);
    if (is_held_back(interval.counts))
        interval.limits = read_io_limits(files_, devices_);
    if (has_dirty_pauses(interval.counts))
        interval.dirty_limits = read_dirty_limits(files_);
    disown_unknown_stages(interval);
    disown_unknown_pages(interval);
    disown_unknown_misses(interval);
    earlier_ = std::move(counts);
    interval.self = self_cost();
    begin();
    return interval;
}

} // namespace iopath
