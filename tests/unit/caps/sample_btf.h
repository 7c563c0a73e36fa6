// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace iopath {

/// Raw BTF with a type of every kind, the tracepoints sched_switch (4 arguments) and no_arguments,
/// three typedefs that only look like tracepoints, the functions bpf_rdonly_cast and vfs_read, and
/// the structures request and other.
std::string sample_btf();

} // namespace iopath
