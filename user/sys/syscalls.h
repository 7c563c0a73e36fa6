// SPDX-License-Identifier: GPL-2.0-only
// The system calls that are I/O: what each does, and where it names its file.
#pragma once

#include "model/words.h"

#include <optional>
#include <span>
#include <string_view>

namespace iopath {

/// Where a system call names its file. The order is that of enum iopath_file_arg in bpf/iopath.h.
enum class FileArg {
    path,        ///< by a path, or no file at all: file system and device unknown
    fd,          ///< descriptor in fd_arg
    returned,    ///< the descriptor it returns
    empty_path,  ///< descriptor in fd_arg if the flags in other_arg have AT_EMPTY_PATH
    null_path,   ///< descriptor in fd_arg if the path in other_arg is NULL
    both,        ///< descriptors in fd_arg (output) and other_arg (input)
    fcntl,       ///< descriptor in fd_arg; an operation only for locks that wait
    not_followed ///< no operation, but others come by it: fd_arg is the counter, 0 io_uring_enter,
                 ///< 1 io_submit, 2 io_getevents
};

/// Where a call has the name of what it failed on. The order is that of enum iopath_naming in
/// bpf/iopath.h.
enum class Naming {
    nothing,
    fd,     ///< the descriptor in fd_arg, or in other_arg where that has no name
    path_0, ///< a path in argument 0
    path_1,
    at_0, ///< a path in argument 1, beginning at the directory of descriptor 0
    at_1,
    address ///< a sockaddr in argument 1, its length in 2
};

struct Syscall {
    int number = 0;
    std::string_view name; ///< as strace prints it
    std::optional<Op> op;  ///< nothing with not_followed
    FileArg file{};
    int fd_arg = 0;     ///< arguments are counted from 0
    int other_arg = 0;  ///< 0 where `file` needs none
    bool bytes = false; ///< a positive return value is a number of bytes moved
    Naming naming{};    ///< of two paths the first is looked at
    bool twice = false; ///< another path follows that one, in the same way
};

/// Those of the architecture that iopath was built for. close_range closes many files and is left
/// out.
std::span<const Syscall> native_syscalls();

/// Those of 32-bit programs: of x86 on x86_64, of arm on arm64; empty elsewhere. socketcall, a
/// multiplexer that old C libraries of x86 use for sockets, is left out, see kCompatSocketcall.
std::span<const Syscall> compat_syscalls();

/// What it does stands in its first argument, its descriptor in memory of the program: it can be
/// counted as lost, not followed.
inline constexpr int kCompatSocketcall = 102;

/// The name of a native call of the table; empty for others.
std::string_view syscall_name(int number);

} // namespace iopath
