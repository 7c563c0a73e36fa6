// SPDX-License-Identifier: GPL-2.0-only
// The behaviours that rows of the two system call tables share.
#pragma once

#include "sys/syscalls.h"

namespace iopath {

/// A Syscall without its number and name.
struct Behaviour {
    std::optional<Op> op;
    FileArg file{};
    int fd_arg = 0;
    int other_arg = 0;
    bool bytes = false;
    Naming naming = Naming::fd;
    bool twice = false;
};

constexpr Syscall row(int number, std::string_view name, const Behaviour& how)
{
    return {number,        name,      how.op,     how.file, how.fd_arg,
            how.other_arg, how.bytes, how.naming, how.twice};
}

/// The same call, which names its file otherwise.
constexpr Behaviour named(Behaviour how, Naming naming)
{
    how.naming = naming;
    return how;
}

/// The same call, which names another path in the same way.
constexpr Behaviour twice(Behaviour how)
{
    how.twice = true;
    return how;
}

inline constexpr Behaviour kRead{Op::read, FileArg::fd, 0, 0, true};
inline constexpr Behaviour kWrite{Op::write, FileArg::fd, 0, 0, true};
inline constexpr Behaviour kSync{Op::sync, FileArg::fd};
inline constexpr Behaviour kSyncMany = named({Op::sync, FileArg::path}, Naming::nothing);
inline constexpr Behaviour kOpen = named({Op::open, FileArg::returned}, Naming::path_0);
inline constexpr Behaviour kOpenAt = named(kOpen, Naming::at_0);
inline constexpr Behaviour kOpenHandle = named(kOpen, Naming::nothing);
inline constexpr Behaviour kClose{Op::close, FileArg::fd};

inline constexpr Behaviour kMetadataPath = named({Op::metadata, FileArg::path}, Naming::path_0);
inline constexpr Behaviour kMetadataAt = named(kMetadataPath, Naming::at_0);
inline constexpr Behaviour kSymlink = named(kMetadataPath, Naming::path_1); // the link itself
inline constexpr Behaviour kSymlinkAt = named(kMetadataPath, Naming::at_1);
inline constexpr Behaviour kMetadataFd{Op::metadata, FileArg::fd};
inline constexpr Behaviour kMetadataFlags2 =
    named({Op::metadata, FileArg::empty_path, 0, 2}, Naming::at_0);
inline constexpr Behaviour kMetadataFlags3 =
    named({Op::metadata, FileArg::empty_path, 0, 3}, Naming::at_0);
inline constexpr Behaviour kMetadataFlags4 =
    named({Op::metadata, FileArg::empty_path, 0, 4}, Naming::at_0);
inline constexpr Behaviour kMetadataNullPath =
    named({Op::metadata, FileArg::null_path, 0, 1}, Naming::at_0);

inline constexpr Behaviour kFlock{Op::lock, FileArg::fd};
inline constexpr Behaviour kFcntl{Op::lock, FileArg::fcntl};

inline constexpr Behaviour kRecv{Op::recv, FileArg::fd, 0, 0, true};
inline constexpr Behaviour kSend{Op::send, FileArg::fd, 0, 0, true};
// These return the number of messages.
inline constexpr Behaviour kRecvMany{Op::recv, FileArg::fd};
inline constexpr Behaviour kSendMany{Op::send, FileArg::fd};
inline constexpr Behaviour kConnect = named({Op::connect, FileArg::fd}, Naming::address);
inline constexpr Behaviour kAccept{Op::accept, FileArg::fd};

inline constexpr Behaviour kSendfile{Op::splice, FileArg::both, 0, 1, true};
inline constexpr Behaviour kSplice{Op::splice, FileArg::both, 2, 0, true};
inline constexpr Behaviour kTee{Op::splice, FileArg::both, 1, 0, true};
inline constexpr Behaviour kVmsplice{Op::splice, FileArg::fd, 0, 0, true};

inline constexpr Behaviour kIoUring =
    named({std::nullopt, FileArg::not_followed, 0}, Naming::nothing);
inline constexpr Behaviour kAio = named({std::nullopt, FileArg::not_followed, 1}, Naming::nothing);
inline constexpr Behaviour kAioReap =
    named({std::nullopt, FileArg::not_followed, 2}, Naming::nothing);

// Younger than the headers of the distributions we build on. Since 5.1 new calls have one number
// on all architectures, 32-bit ones included.
inline constexpr int kFchmodat2 = 452;  // 6.6
inline constexpr int kSetxattrat = 463; // 6.13, as the next three
inline constexpr int kGetxattrat = 464;
inline constexpr int kListxattrat = 465;
inline constexpr int kRemovexattrat = 466;

} // namespace iopath
