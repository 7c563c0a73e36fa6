// SPDX-License-Identifier: GPL-2.0-only
#include "sys/syscall_rows.h"

#include <algorithm>
#include <array>
#include <sys/syscall.h>

namespace iopath {

namespace {

#define NATIVE(call, how) row(__NR_##call, #call, how)

constexpr std::array kNative{
    NATIVE(read, kRead),
    NATIVE(pread64, kRead),
    NATIVE(readv, kRead),
    NATIVE(preadv, kRead),
    NATIVE(preadv2, kRead),
    NATIVE(write, kWrite),
    NATIVE(pwrite64, kWrite),
    NATIVE(writev, kWrite),
    NATIVE(pwritev, kWrite),
    NATIVE(pwritev2, kWrite),

    NATIVE(fsync, kSync),
    NATIVE(fdatasync, kSync),
    NATIVE(sync_file_range, kSync),
    NATIVE(syncfs, kSync),
    NATIVE(sync, kSyncMany),
    NATIVE(msync, kSyncMany),

    NATIVE(openat, kOpenAt),
    NATIVE(openat2, kOpenAt),
    NATIVE(open_by_handle_at, kOpenHandle),
    NATIVE(close, kClose),

    NATIVE(fstat, kMetadataFd),
    NATIVE(newfstatat, kMetadataFlags3),
    NATIVE(statx, kMetadataFlags2),
    NATIVE(statfs, kMetadataPath),
    NATIVE(fstatfs, kMetadataFd),
    NATIVE(faccessat, kMetadataAt),
    NATIVE(faccessat2, kMetadataFlags3),
    NATIVE(readlinkat, kMetadataAt),
    NATIVE(getdents64, kMetadataFd),
    NATIVE(unlinkat, kMetadataAt),
    NATIVE(linkat, twice(kMetadataFlags4)),
    NATIVE(symlinkat, kSymlinkAt),
    NATIVE(renameat, twice(kMetadataAt)),
    NATIVE(renameat2, twice(kMetadataAt)),
    NATIVE(mkdirat, kMetadataAt),
    NATIVE(mknodat, kMetadataAt),
    NATIVE(fchmod, kMetadataFd),
    NATIVE(fchmodat, kMetadataAt),
    row(kFchmodat2, "fchmodat2", kMetadataFlags3),
    NATIVE(fchown, kMetadataFd),
    NATIVE(fchownat, kMetadataFlags4),
    NATIVE(utimensat, kMetadataNullPath),
    NATIVE(truncate, kMetadataPath),
    NATIVE(ftruncate, kMetadataFd),
    NATIVE(fallocate, kMetadataFd),

    NATIVE(setxattr, kMetadataPath),
    NATIVE(lsetxattr, kMetadataPath),
    NATIVE(fsetxattr, kMetadataFd),
    NATIVE(getxattr, kMetadataPath),
    NATIVE(lgetxattr, kMetadataPath),
    NATIVE(fgetxattr, kMetadataFd),
    NATIVE(listxattr, kMetadataPath),
    NATIVE(llistxattr, kMetadataPath),
    NATIVE(flistxattr, kMetadataFd),
    NATIVE(removexattr, kMetadataPath),
    NATIVE(lremovexattr, kMetadataPath),
    NATIVE(fremovexattr, kMetadataFd),
    row(kSetxattrat, "setxattrat", kMetadataFlags2),
    row(kGetxattrat, "getxattrat", kMetadataFlags2),
    row(kListxattrat, "listxattrat", kMetadataFlags2),
    row(kRemovexattrat, "removexattrat", kMetadataFlags2),

    NATIVE(flock, kFlock),
    NATIVE(fcntl, kFcntl),

    NATIVE(recvfrom, kRecv),
    NATIVE(recvmsg, kRecv),
    NATIVE(recvmmsg, kRecvMany),
    NATIVE(sendto, kSend),
    NATIVE(sendmsg, kSend),
    NATIVE(sendmmsg, kSendMany),
    NATIVE(connect, kConnect),
    NATIVE(accept, kAccept),
    NATIVE(accept4, kAccept),

    NATIVE(sendfile, kSendfile),
    NATIVE(splice, kSplice),
    NATIVE(copy_file_range, kSplice),
    NATIVE(tee, kTee),
    NATIVE(vmsplice, kVmsplice),

    NATIVE(io_uring_enter, kIoUring),
    NATIVE(io_submit, kAio),
    NATIVE(io_getevents, kAioReap),
    NATIVE(io_pgetevents, kAioReap),

// Architectures younger than the *at calls have none of these.
#ifdef __NR_open
    NATIVE(open, kOpen),
    NATIVE(creat, kOpen),
    NATIVE(stat, kMetadataPath),
    NATIVE(lstat, kMetadataPath),
    NATIVE(access, kMetadataPath),
    NATIVE(readlink, kMetadataPath),
    NATIVE(getdents, kMetadataFd),
    NATIVE(unlink, kMetadataPath),
    NATIVE(link, twice(kMetadataPath)),
    NATIVE(symlink, kSymlink),
    NATIVE(rename, twice(kMetadataPath)),
    NATIVE(mkdir, kMetadataPath),
    NATIVE(rmdir, kMetadataPath),
    NATIVE(mknod, kMetadataPath),
    NATIVE(chmod, kMetadataPath),
    NATIVE(chown, kMetadataPath),
    NATIVE(lchown, kMetadataPath),
    NATIVE(utime, kMetadataPath),
    NATIVE(utimes, kMetadataPath),
    NATIVE(futimesat, kMetadataNullPath),
#endif
};

#undef NATIVE

} // namespace

std::span<const Syscall> native_syscalls()
{
    return kNative;
}

std::string_view syscall_name(int number)
{
    const auto* const found = std::ranges::find(kNative, number, &Syscall::number);
    return found == kNative.end() ? std::string_view() : found->name;
}

} // namespace iopath
