// SPDX-License-Identifier: GPL-2.0-only
// What only trying tells, asked with a program of two instructions before real ones are loaded.
#pragma once

#include <optional>
#include <string>

namespace iopath {

/// Why this process may not attach programs to functions by fentry; nothing where it may. A
/// security module or a system call filter can refuse just these. Asked of two instructions: the
/// refused load of a real program took 15 ms, for libbpf's copy of the kernel's BTF and a
/// verifier's log that stays empty.
std::optional<std::string> fentry_refusal();

} // namespace iopath
