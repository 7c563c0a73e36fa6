// SPDX-License-Identifier: GPL-2.0-only
#include "probes/programs.h"

#include "probes/config.h"
#include "probes/descriptors.h"
#include "probes/layer_programs.h"
#include "probes/objects.h"
#include "probes/relocation_btf.h"
#include "probes/section_handlers.h"
#include "probes/shared_maps.h"
#include "probes/trial.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <future>
#include <malloc.h>
#include <thread>
#include <unistd.h>

namespace iopath {

namespace {

std::uint64_t monotonic_ns()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(now.tv_nsec);
}

Result<std::string> read_iterator(const bpf_program* program)
{
    bpf_link* link = bpf_program__attach_iter(program, nullptr);
    if (!link)
        return Error{"cannot walk the tasks", "", errno, descriptor_hint(errno)};
    const Fd fd(bpf_iter_create(bpf_link__fd(link)));
    Error error{"cannot walk the tasks", "", errno, ""};
    std::string output;
    std::array<char, 16384> buffer{};
    ssize_t length = fd ? 1 : -1;
    while (length > 0) {
        length = read(fd.get(), buffer.data(), buffer.size());
        error.error_number = errno;
        if (length > 0)
            output.append(buffer.data(), static_cast<std::size_t>(length));
        else if (length < 0 && errno == EAGAIN) // the kernel wants to be asked again
            length = 1;
    }
    bpf_link__destroy(link);
    error.hint = descriptor_hint(error.error_number);
    if (length < 0)
        return error;
    return output;
}

std::optional<bpf_prog_info> info_of(const bpf_program* program)
{
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    const int fd = bpf_program__fd(program);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
        return std::nullopt;
    return info;
}

/// Makes a program begin with its end: no verifier accepts a result that was never set.
void spoil(bpf_program* program)
{
    if (!program)
        return;
    const std::size_t count = bpf_program__insn_cnt(program);
    std::vector<bpf_insn> code(bpf_program__insns(program), bpf_program__insns(program) + count);
    code.front() = {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
    bpf_program__set_insns(program, code.data(), count);
}

/// Keeps freed memory for what comes next: libbpf takes 12 MB for each copy of the kernel's BTF,
/// and 6 of its 9 ms are page faults. At its end all of it goes back: threads must not have heaps
/// of their own, malloc_trim leaves what is free at the end of those.
class BigHeap {
public:
    BigHeap()
    {
        mallopt(M_ARENA_MAX, 1);
        mallopt(M_MMAP_THRESHOLD, 32 << 20);
        mallopt(M_TRIM_THRESHOLD, 64 << 20);
    }
    ~BigHeap()
    {
        // As they are by default; said, they stay.
        mallopt(M_MMAP_THRESHOLD, 128 << 10);
        mallopt(M_TRIM_THRESHOLD, 128 << 10);
        malloc_trim(0);
    }
    BigHeap(const BigHeap&) = delete;
    BigHeap& operator=(const BigHeap&) = delete;
};

MapSizes sizes_for(const WatchOptions& options)
{
    MapSizes sizes = suitable_sizes(libbpf_num_possible_cpus(), options.by);
    if (options.max_rows != 0)
        sizes.rows = std::max<std::uint32_t>(options.max_rows, IOPATH_FIRST_FREE_ROW);
    if (options.max_files != 0)
        sizes.files = options.max_files;
    return sizes;
}

/// Could a run of this program that the kernel skipped have counted anything?
bool misses_count(const Plan& plan, std::string_view program)
{
    return std::ranges::none_of(plan, [program](const PlannedProbe& planned) {
        return planned.chosen && planned.chosen->program == program &&
               planned.probe->ignores_interrupts;
    });
}

} // namespace

Programs::Programs(Facts facts, WatchOptions options)
    : facts_(std::move(facts)), options_(std::move(options))
{
    limits_.forbidden = options_.forbidden;
    limits_.boundary = options_.boundary;
    limits_.no_fentry = fentry_refusal();
    limits_.follows = options_.scope == ScopeKind::command || options_.scope == ScopeKind::pid;
}

Programs::~Programs()
{
    detach();
}

Result<std::unique_ptr<Programs>> Programs::load(const Facts& facts, const WatchOptions& options)
{
    std::unique_ptr<Programs> programs(new Programs(facts, options));
    if (Status loaded = programs->open_and_load(); !loaded)
        return loaded.error();
    return programs;
}

/// What the kernel refuses may make the other flavour, or the other boundary, the better plan: each
/// round refuses more, so it ends.
Status Programs::open_and_load()
{
    const BigHeap heap;
    allow_descriptors();
    auto relocation = RelocationBtf::make(facts_.btf_file);
    if (!relocation)
        return relocation.error();
    relocation_ = std::make_unique<RelocationBtf>(std::move(*relocation));
    auto handlers = SectionHandlers::make(*relocation_);
    if (!handlers)
        return handlers.error();
    handlers_ = std::move(*handlers);
    for (;;) {
        plan_ = make_plan(facts_, limits_);
        if (const auto useless = plan_.useless())
            return *useless;
        if (Status loaded = load_flavour(); !loaded)
            return loaded;
        note_refusals();
        const Plan better = make_plan(facts_, limits_);
        if (better.flavour == plan_.flavour && better.boundary == plan_.boundary) {
            plan_ = better;
            break;
        }
        layers_.clear();
    }
    const auto useless = plan_.useless();
    return useless ? Status{*useless} : Status{};
}

Status Programs::load_flavour()
{
    const MapSizes sizes = sizes_for(options_);
    const ObjectKind kind{plan_.flavour, facts_.btf_file};
    auto making = std::async(std::launch::async, SharedMaps::make, kind, sizes);
    const iopath_config config = config_of(facts_, options_, sizes);
    configure_ = [config, only = options_.op, &reject = options_.reject](BpfObject& object) {
        *object.config() = config;
        for (const std::string& name : reject)
            spoil(bpf_object__find_program_by_name(object.handle(), name.c_str()));
        if (iopath_syscall_pair* table = object.syscalls())
            fill_syscalls(table, only);
    };
    for (const std::string_view name : layers())
        layers_.push_back(
            std::make_unique<LayerPrograms>(name, facts_, limits_of_this_plan(), kind, configure_));
    Status opened = open_layers(layers_);
    auto maps = making.get();
    if (!opened)
        return opened;
    if (!maps)
        return maps.error();
    maps_ = std::move(*maps);
    if (options_.cgroup_fd >= 0) {
        const std::uint32_t zero = 0;
        if (bpf_map_update_elem(maps_->fd("scope_cgroup"), &zero, &options_.cgroup_fd, BPF_ANY) !=
            0)
            return Error{"cannot watch the cgroup", "", errno, ""};
    }
    load_layers();
    return {};
}

Status Programs::open_layers(std::span<const std::unique_ptr<LayerPrograms>> layers)
{
    std::set<std::string, std::less<>> names;
    for (const auto& layer : layers)
        layer->open(relocation_->path(), names);
    return relocation_->include(names);
}

/// What is loaded later joins what is there.
PlanLimits Programs::limits_of_this_plan() const
{
    PlanLimits limits = limits_;
    limits.flavour = plan_.flavour;
    limits.boundary = plan_.boundary;
    return limits;
}

/// A thread for each CPU, the largest layers first, so that none is left to one thread at the end.
/// What one layer's copy of the kernel's BTF took of the heap serves the next.
void Programs::load_layers()
{
    std::vector<std::pair<std::size_t, LayerPrograms*>> waiting;
    waiting.reserve(layers_.size());
    for (const auto& layer : layers_)
        waiting.emplace_back(layer->instructions(), layer.get());
    std::ranges::stable_sort(waiting, std::greater{}, [](const auto& one) { return one.first; });
    std::atomic<std::size_t> next = 0;
    const auto load_next = [&] {
        for (std::size_t i = next++; i < waiting.size(); i = next++)
            waiting[i].second->load(*maps_);
    };
    const std::size_t count =
        std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, waiting.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < count; ++i)
        threads.emplace_back(load_next);
    load_next();
}

void Programs::note_refusals()
{
    for (const auto& layer : layers_)
        limits_.refused.insert(layer->refused().begin(), layer->refused().end());
}

Status Programs::attach()
{
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer)
        (*layer)->attach();
    note_refusals();
    plan_ = make_plan(facts_, limits_of_this_plan());
    if (const auto useless = plan_.useless())
        return *useless;
    if (LayerPrograms* block = layer("block"); block && block->object())
        *block->object()->attached_ns() = monotonic_ns();
    if (options_.pids.empty())
        return {};
    return mark_processes(options_.pids, IOPATH_MARK_MEMBER);
}

Status Programs::want_devices(const std::vector<std::uint32_t>& numbers)
{
    const std::uint32_t wanted = 1;
    for (const std::uint32_t number : numbers) {
        if (bpf_map_update_elem(maps_->fd("wanted_devices"), &number, &wanted, BPF_ANY) != 0)
            return Error{"cannot watch the device", "", errno, ""};
    }
    return {};
}

Status Programs::follow_from_exec(int pid)
{
    return mark_processes({pid}, IOPATH_MARK_PENDING);
}

Status Programs::mark_processes(const std::vector<int>& pids, std::uint32_t flags)
{
    for (const int pid : pids) {
        const auto key = static_cast<std::uint32_t>(pid);
        if (bpf_map_update_elem(maps_->fd("scope_pids"), &key, &flags, BPF_ANY) != 0)
            return Error{"cannot follow process", std::to_string(pid), errno, ""};
    }
    const LayerPrograms* sched = layer("sched");
    const bpf_program* marker = sched ? sched->program("mark_scope__iter") : nullptr;
    if (!marker || bpf_program__fd(marker) < 0)
        return {}; // untyped programs look at the list, too
    const auto walked = read_iterator(marker);
    return walked ? Status{} : Status{walked.error()};
}

void Programs::light_modules(const std::set<std::string, std::less<>>& modules)
{
    if (facts_.modules == modules)
        return;
    facts_.modules = modules;
    std::set<std::string> lit;
    for (const PlannedProbe& planned : plan_) {
        if (planned.chosen)
            lit.emplace(planned.chosen->program);
    }
    std::set<std::string_view> waiting;
    for (const PlannedProbe& planned : make_plan(facts_, limits_of_this_plan())) {
        if (planned.chosen && !lit.contains(std::string(planned.chosen->program)))
            waiting.insert(planned.probe->layer);
    }
    for (const std::string_view name : waiting) {
        layers_.push_back(std::make_unique<LayerPrograms>(
            name, facts_, limits_of_this_plan(), ObjectKind{plan_.flavour, facts_.btf_file},
            configure_, lit));
        if (const Status opened = open_layers({&layers_.back(), 1}); !opened)
            layers_.back()->refuse_all(opened.error().text());
        layers_.back()->load(*maps_);
        layers_.back()->attach();
    }
    note_refusals();
    plan_ = make_plan(facts_, limits_of_this_plan());
}

void Programs::detach()
{
    for (const auto& layer : layers_)
        layer->detach();
}

LayerPrograms* Programs::layer(std::string_view name) const
{
    const auto found = std::find_if(layers_.begin(), layers_.end(),
                                    [&](const auto& layer) { return layer->name() == name; });
    return found == layers_.end() ? nullptr : found->get();
}

Coverage Programs::coverage() const
{
    Coverage coverage = coverage_of(plan_);
    for (CoverageLine& line : coverage) {
        for (const std::string& name : line.programs) {
            for (const auto& home : layers_) {
                const bpf_program* program = home->program(name);
                const auto info = program ? info_of(program) : std::nullopt;
                if (info && info->verified_insns != 0) // 5.16
                    line.verified = line.verified.value_or(0) + info->verified_insns;
            }
        }
    }
    return coverage;
}

int Programs::map_fd(std::string_view name) const
{
    return maps_->fd(name);
}

std::uint32_t Programs::numbers_taken(std::uint32_t kind, std::uint32_t first) const
{
    std::uint32_t taken = 0;
    if (bpf_map_lookup_elem(maps_->fd("numbers_taken"), &kind, &taken) != 0)
        return first;
    return first + taken;
}

std::uint32_t Programs::rows_taken() const
{
    return numbers_taken(IOPATH_NUMBERED_ROW, IOPATH_FIRST_FREE_ROW);
}

std::uint32_t Programs::submitters_taken() const
{
    return numbers_taken(IOPATH_NUMBERED_SUBMITTER, IOPATH_FIRST_FREE_SUBMITTER);
}

std::uint32_t Programs::block_rows_taken() const
{
    if (!plan_.is_lit("block_complete"))
        return 0;
    return numbers_taken(IOPATH_NUMBERED_BLOCK_ROW, IOPATH_FIRST_FREE_BLOCK_ROW);
}

Result<std::string> Programs::walk_tasks() const
{
    const LayerPrograms* syscall = layer("syscall");
    const bpf_program* walker = syscall ? syscall->program("walk_tasks__iter") : nullptr;
    if (!walker || bpf_program__fd(walker) < 0)
        return Error{"cannot walk the tasks", "the task iterator is dark", 0, ""};
    return read_iterator(walker);
}

Fd Programs::enable_statistics()
{
    return Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
}

std::vector<ProgramCost> Programs::costs() const
{
    std::vector<ProgramCost> all;
    for (const auto& layer : layers_) {
        if (!layer->object())
            continue;
        bpf_program* program = nullptr;
        bpf_object__for_each_program(program, layer->object()->handle())
        {
            const auto info = info_of(program);
            if (!info)
                continue;
            const std::string name = bpf_program__name(program);
            all.push_back({name, info->run_cnt, info->run_time_ns,
                           misses_count(plan_, name) ? info->recursion_misses : 0});
        }
    }
    return all;
}

} // namespace iopath
