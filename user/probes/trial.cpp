// SPDX-License-Identifier: GPL-2.0-only
#include "probes/trial.h"

#include "base/fd.h"

#include <array>
#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>

namespace iopath {

std::optional<std::string> fentry_refusal()
{
    const std::array<bpf_insn, 2> code{{
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    }};
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
                .attach_btf_id = 1); // no function: where one may, it is invalid
    const Fd program(bpf_prog_load(BPF_PROG_TYPE_TRACING, "iopath_trial", "GPL", code.data(),
                                   code.size(), &options));
    if (program || errno != EPERM)
        return std::nullopt;
    return std::string("the kernel refuses programs on functions: ") + strerror(EPERM);
}

} // namespace iopath
