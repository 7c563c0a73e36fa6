// SPDX-License-Identifier: GPL-2.0-only
#include "probes/section_handlers.h"

#include "bpf/iopath.h"

#include <algorithm>
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <optional>

namespace iopath {

namespace {

/// A kind of program by what its section begins with, as libbpf has it.
struct Section {
    const char* name; ///< with the + of libbpf: that, or that and / and more
    bpf_prog_type type;
    bpf_attach_type attach_type;
    std::string_view btf_prefix; ///< BPF_PROG_TYPE_TRACING: what BTF calls events is this and those
};

constexpr auto kNoAttachType = static_cast<bpf_attach_type>(0);
constexpr std::array kSections{
    Section{"tp_btf+", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "btf_trace_"},
    Section{"iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_"},
    Section{"fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, ""},
    Section{"fexit+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT, ""},
    Section{"raw_tp+", BPF_PROG_TYPE_RAW_TRACEPOINT, kNoAttachType, ""},
    Section{"tp+", BPF_PROG_TYPE_TRACEPOINT, kNoAttachType, ""},
    Section{"kprobe+", BPF_PROG_TYPE_KPROBE, kNoAttachType, ""},
    Section{"kretprobe+", BPF_PROG_TYPE_KPROBE, kNoAttachType, ""},
    Section{"kprobe.multi+", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, ""},
    Section{"kretprobe.multi+", BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI, ""},
};

#define IOPATH_NAME(name) #name,
constexpr std::array kKernelCalls{IOPATH_KERNEL_CALLS(IOPATH_NAME)};
constexpr std::array kKernelTypes{IOPATH_KERNEL_TYPES(IOPATH_NAME)};
#undef IOPATH_NAME

/// What BTF calls the event of a tracing program; nothing for others.
std::optional<std::string> attach_name(const bpf_program* program)
{
    const std::string_view section = bpf_program__section_name(program);
    const std::size_t slash = section.find('/');
    const std::string start = std::string(section.substr(0, slash)) + '+';
    const auto found = std::ranges::find(kSections, start, &Section::name);
    if (found == kSections.end() || found->type != BPF_PROG_TYPE_TRACING ||
        slash == std::string_view::npos)
        return std::nullopt;
    return std::string(found->btf_prefix).append(section.substr(slash + 1));
}

bool is_call(const bpf_insn& code)
{
    return code.code == (BPF_JMP | BPF_CALL) && code.src_reg == 0 &&
           code.imm >= IOPATH_CALL_FIRST && code.imm < IOPATH_CALL_END;
}

bool is_type(const bpf_insn& code)
{
    const int operation = code.code & ~(BPF_ALU ^ BPF_ALU64);
    return operation == (BPF_ALU | BPF_MOV | BPF_K) && code.imm >= IOPATH_TYPE_FIRST &&
           code.imm < IOPATH_TYPE_END;
}

/// What the kernel does not have is left, in dead code.
void put_in_ids(bpf_program* program, const RelocationBtf& ids)
{
    const bpf_insn* const begin = bpf_program__insns(program);
    std::vector<bpf_insn> code(begin, begin + bpf_program__insn_cnt(program));
    for (bpf_insn& one : code) {
        std::uint32_t id = 0;
        if (is_call(one))
            id = ids.function(kKernelCalls.at(one.imm - IOPATH_CALL_FIRST));
        else if (is_type(one))
            id = ids.structure(kernel_name(kKernelTypes.at(one.imm - IOPATH_TYPE_FIRST)));
        if (id == 0)
            continue;
        if (is_call(one))
            one.src_reg = BPF_PSEUDO_KFUNC_CALL;
        one.imm = static_cast<std::int32_t>(id);
    }
    bpf_program__set_insns(program, code.data(), code.size());
}

/// Called by libbpf with a program's last code. libbpf takes it for another type until now, as it
/// reads the kernel's BTF for any tracing program.
int prepare(bpf_program* program, bpf_prog_load_opts* options, long cookie)
{
    // NOLINTNEXTLINE(performance-no-int-to-ptr): all that libbpf keeps for a handler is a number
    const auto& ids = *reinterpret_cast<const RelocationBtf*>(cookie);
    put_in_ids(program, ids);
    const auto event = attach_name(program);
    if (!event)
        return 0;
    options->attach_btf_id = ids.function(*event);
    if (options->attach_btf_id == 0)
        return -ESRCH; // as libbpf
    return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

} // namespace

Result<std::unique_ptr<SectionHandlers>> SectionHandlers::make(const RelocationBtf& ids)
{
    std::unique_ptr<SectionHandlers> handlers(new SectionHandlers);
    for (const Section& section : kSections) {
        LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = reinterpret_cast<long>(&ids),
                    .prog_prepare_load_fn = prepare);
        const bool tracing = section.type == BPF_PROG_TYPE_TRACING;
        const int handler = libbpf_register_prog_handler(
            section.name, tracing ? BPF_PROG_TYPE_RAW_TRACEPOINT : section.type,
            section.attach_type, &options);
        if (handler < 0)
            return Error{"cannot prepare BPF programs", "", -handler, ""};
        handlers->registered_.push_back(handler);
    }
    return handlers;
}

SectionHandlers::~SectionHandlers()
{
    for (const int handler : registered_)
        libbpf_unregister_prog_handler(handler);
}

void SectionHandlers::add_names(const bpf_object* object, std::set<std::string, std::less<>>& names)
{
    names.insert(kKernelCalls.begin(), kKernelCalls.end());
    for (const std::string_view type : kKernelTypes)
        names.emplace(kernel_name(type));
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object)
    {
        if (auto event = attach_name(program))
            names.insert(std::move(*event));
    }
}

} // namespace iopath
