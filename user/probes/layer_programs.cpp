// SPDX-License-Identifier: GPL-2.0-only
#include "probes/layer_programs.h"

#include "probes/descriptors.h"
#include "probes/libbpf_log.h"
#include "probes/section_handlers.h"

#include <algorithm>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>

namespace iopath {

namespace {

/// Of a pair the end comes first, so that no beginning is left without its end.
std::vector<std::string_view> programs_of(const Alternative& way)
{
    if (way.end_program.empty())
        return {way.program};
    return {way.end_program, way.program};
}

/// Of "tp/category/event".
std::string category_of(const bpf_program* program)
{
    const std::string_view section = bpf_program__section_name(program);
    const std::size_t begin = section.find('/') + 1;
    return std::string(section.substr(begin, section.rfind('/') - begin));
}

bpf_link* attach_program(const bpf_program* program, const Alternative& way, std::string_view name)
{
    const std::string event(way.event);
    const bool at_return = name == way.end_program;
    switch (way.how) {
    case How::raw_tp:
        return bpf_program__attach_raw_tracepoint(program, event.c_str());
    case How::tp:
        return bpf_program__attach_tracepoint(program, category_of(program).c_str(), event.c_str());
    case How::kprobe:
        return bpf_program__attach_kprobe(program, at_return, event.c_str());
    case How::kprobe_multi: {
        // By a pattern libbpf would read all of /proc/kallsyms, each time.
        const char* functions[] = {event.c_str()};
        LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = functions, .cnt = 1,
                    .retprobe = at_return);
        return bpf_program__attach_kprobe_multi_opts(program, nullptr, &options);
    }
    case How::tp_btf:
    case How::fentry:
    case How::iter:
        break;
    }
    return bpf_program__attach_trace(program);
}

/// Only attaching tells what events a module has.
std::string why_not_attached(const Alternative& way, int error)
{
    if (!way.module.empty() && error == ENOENT)
        return "module " + std::string(way.module) +
               (is_function(way.how) ? " has no function " : " has no tracepoint ") +
               std::string(way.event) + " on this kernel";
    return std::string("attach refused: ") + strerror(error);
}

} // namespace

LayerPrograms::LayerPrograms(std::string_view layer, const Facts& facts, PlanLimits limits,
                             ObjectKind kind, Configure configure, std::set<std::string> lit)
    : layer_(layer), facts_(facts), limits_(std::move(limits)), kind_(std::move(kind)),
      configure_(std::move(configure)), lit_(std::move(lit))
{
    choose();
}

LayerPrograms::~LayerPrograms()
{
    detach();
}

void LayerPrograms::choose()
{
    chosen_.clear();
    for (const PlannedProbe& planned : make_plan(facts_, limits_)) {
        if (planned.probe->layer == layer_ && planned.chosen &&
            !lit_.contains(std::string(planned.chosen->program)))
            chosen_.push_back(planned.chosen);
    }
}

/// False where that is known already.
bool LayerPrograms::refuse(std::string_view program, const std::string& reason)
{
    if (!limits_.refused.emplace(std::pair(kind_.flavour, program), reason).second)
        return false;
    choose();
    return true;
}

void LayerPrograms::refuse_all(const std::string& reason)
{
    for (const Alternative* way : std::vector(chosen_)) // which refuse() changes
        refuse(way->program, reason);
}

/// That is no program's fault, and one program less does not help: all go.
bool LayerPrograms::out_of_descriptors(int error_number)
{
    const std::string hint = descriptor_hint(error_number);
    if (!hint.empty())
        refuse_all(std::string(strerror(error_number)) + ": " + hint);
    return !hint.empty();
}

bpf_program* LayerPrograms::program(std::string_view name) const
{
    return object_ ? bpf_object__find_program_by_name(object_->handle(), std::string(name).c_str())
                   : nullptr;
}

/// Types of modules are not in the kernel's own BTF.
bool LayerPrograms::names_modules() const
{
    return std::ranges::any_of(
        chosen_, [this](const Alternative* way) { return facts_.modules.contains(way->module); });
}

void LayerPrograms::open(const std::string& excerpt, std::set<std::string, std::less<>>& names)
{
    if (chosen_.empty())
        return;
    const LibbpfLog log; // nothing of it on our standard error
    const bool whole = names_modules();
    if (!whole)
        kind_.btf_file = excerpt;
    object_ = open_object(layer_, kind_);
    if (!object_)
        return;
    SectionHandlers::add_names(object_->handle(), names);
    if (!whole)
        add_type_names(*object_, names);
}

std::size_t LayerPrograms::instructions() const
{
    std::size_t sum = 0;
    for (const Alternative* way : chosen_) {
        for (const std::string_view name : programs_of(*way)) {
            if (const bpf_program* found = program(name))
                sum += bpf_program__insn_cnt(found);
        }
    }
    return sum;
}

bool LayerPrograms::try_load()
{
    const LibbpfLog log;
    if (!object_)
        object_ = open_object(layer_, kind_);
    if (!object_) {
        refuse_all(std::string("cannot open the BPF object: ") + strerror(errno));
        return false;
    }
    configure_(*object_);
    if (const Status lent = maps_->lend_to(object_->handle()); !lent) {
        refuse_all(lent.error().text());
        return false;
    }
    for (const Alternative* way : std::vector(chosen_)) { // which refuse() changes
        for (const std::string_view name : programs_of(*way)) {
            if (bpf_program* found = program(name))
                bpf_program__set_autoload(found, true);
            else
                refuse(name, "not for this architecture");
        }
    }
    const int failed = object_->load();
    if (failed == 0)
        return true;
    object_.reset();
    if (out_of_descriptors(-failed))
        return false;
    const auto [name, reason] = refused_program(log.text());
    if (name.empty() || !refuse(name, reason))
        refuse_all(std::string("the BPF object is refused: ") + strerror(-failed));
    return false;
}

void LayerPrograms::load(const SharedMaps& maps)
{
    maps_ = &maps;
    // Ends: every round loads, or strikes at least one program.
    while (!chosen_.empty() && !try_load()) {
    }
}

bool LayerPrograms::try_attach()
{
    const LibbpfLog log;
    for (const Alternative* way : chosen_) {
        for (const std::string_view name : programs_of(*way)) {
            bpf_program* found = program(name);
            if (!found || way->how == How::iter)
                continue;
            bpf_link* link = attach_program(found, *way, name);
            if (!link) {
                const int failed = errno;
                if (!out_of_descriptors(failed))
                    refuse(name, why_not_attached(*way, failed));
                return false;
            }
            links_.push_back(link);
        }
    }
    return true;
}

void LayerPrograms::attach()
{
    while (object_ && !try_attach()) {
        detach();
        object_.reset();
        load(*maps_);
    }
}

void LayerPrograms::detach()
{
    // Entries go before their exits, so that nothing is left half seen.
    for (; !links_.empty(); links_.pop_back())
        bpf_link__destroy(links_.back());
}

} // namespace iopath
