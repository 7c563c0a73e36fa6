// SPDX-License-Identifier: GPL-2.0-only
// Numbers of arch/x86/entry/syscalls/syscall_32.tbl and arch/arm/tools/syscall.tbl (EABI, the only
// one that arm64 kernels know). Arguments of 64 bits take two registers there, but no descriptor or
// flags argument of ours comes after one.
#include "sys/syscall_rows.h"

#include <array>

namespace iopath {

#ifdef __x86_64__

namespace {

constexpr std::array kCompat{
    row(3, "read", kRead),
    row(145, "readv", kRead),
    row(180, "pread64", kRead),
    row(333, "preadv", kRead),
    row(378, "preadv2", kRead),
    row(4, "write", kWrite),
    row(146, "writev", kWrite),
    row(181, "pwrite64", kWrite),
    row(334, "pwritev", kWrite),
    row(379, "pwritev2", kWrite),

    row(36, "sync", kSyncMany),
    row(118, "fsync", kSync),
    row(144, "msync", kSyncMany),
    row(148, "fdatasync", kSync),
    row(314, "sync_file_range", kSync),
    row(344, "syncfs", kSync),

    row(5, "open", kOpen),
    row(8, "creat", kOpen),
    row(295, "openat", kOpenAt),
    row(342, "open_by_handle_at", kOpenHandle),
    row(437, "openat2", kOpenAt),
    row(6, "close", kClose),

    row(9, "link", twice(kMetadataPath)),
    row(10, "unlink", kMetadataPath),
    row(14, "mknod", kMetadataPath),
    row(15, "chmod", kMetadataPath),
    row(16, "lchown", kMetadataPath),
    row(18, "oldstat", kMetadataPath),
    row(28, "oldfstat", kMetadataFd),
    row(30, "utime", kMetadataPath),
    row(33, "access", kMetadataPath),
    row(38, "rename", twice(kMetadataPath)),
    row(39, "mkdir", kMetadataPath),
    row(40, "rmdir", kMetadataPath),
    row(83, "symlink", kSymlink),
    row(84, "oldlstat", kMetadataPath),
    row(85, "readlink", kMetadataPath),
    row(89, "readdir", kMetadataFd),
    row(92, "truncate", kMetadataPath),
    row(93, "ftruncate", kMetadataFd),
    row(94, "fchmod", kMetadataFd),
    row(95, "fchown", kMetadataFd),
    row(99, "statfs", kMetadataPath),
    row(100, "fstatfs", kMetadataFd),
    row(106, "stat", kMetadataPath),
    row(107, "lstat", kMetadataPath),
    row(108, "fstat", kMetadataFd),
    row(141, "getdents", kMetadataFd),
    row(182, "chown", kMetadataPath),
    row(193, "truncate64", kMetadataPath),
    row(194, "ftruncate64", kMetadataFd),
    row(195, "stat64", kMetadataPath),
    row(196, "lstat64", kMetadataPath),
    row(197, "fstat64", kMetadataFd),
    row(198, "lchown32", kMetadataPath),
    row(207, "fchown32", kMetadataFd),
    row(212, "chown32", kMetadataPath),
    row(220, "getdents64", kMetadataFd),
    row(226, "setxattr", kMetadataPath),
    row(227, "lsetxattr", kMetadataPath),
    row(228, "fsetxattr", kMetadataFd),
    row(229, "getxattr", kMetadataPath),
    row(230, "lgetxattr", kMetadataPath),
    row(231, "fgetxattr", kMetadataFd),
    row(232, "listxattr", kMetadataPath),
    row(233, "llistxattr", kMetadataPath),
    row(234, "flistxattr", kMetadataFd),
    row(235, "removexattr", kMetadataPath),
    row(236, "lremovexattr", kMetadataPath),
    row(237, "fremovexattr", kMetadataFd),
    row(268, "statfs64", kMetadataPath),
    row(269, "fstatfs64", kMetadataFd),
    row(271, "utimes", kMetadataPath),
    row(296, "mkdirat", kMetadataAt),
    row(297, "mknodat", kMetadataAt),
    row(298, "fchownat", kMetadataFlags4),
    row(299, "futimesat", kMetadataNullPath),
    row(300, "fstatat64", kMetadataFlags3),
    row(301, "unlinkat", kMetadataAt),
    row(302, "renameat", twice(kMetadataAt)),
    row(303, "linkat", twice(kMetadataFlags4)),
    row(304, "symlinkat", kSymlinkAt),
    row(305, "readlinkat", kMetadataAt),
    row(306, "fchmodat", kMetadataAt),
    row(307, "faccessat", kMetadataAt),
    row(320, "utimensat", kMetadataNullPath),
    row(324, "fallocate", kMetadataFd),
    row(353, "renameat2", twice(kMetadataAt)),
    row(383, "statx", kMetadataFlags2),
    row(412, "utimensat_time64", kMetadataNullPath),
    row(439, "faccessat2", kMetadataFlags3),
    row(kFchmodat2, "fchmodat2", kMetadataFlags3),
    row(kSetxattrat, "setxattrat", kMetadataFlags2),
    row(kGetxattrat, "getxattrat", kMetadataFlags2),
    row(kListxattrat, "listxattrat", kMetadataFlags2),
    row(kRemovexattrat, "removexattrat", kMetadataFlags2),

    row(55, "fcntl", kFcntl),
    row(143, "flock", kFlock),
    row(221, "fcntl64", kFcntl),

    row(371, "recvfrom", kRecv),
    row(372, "recvmsg", kRecv),
    row(337, "recvmmsg", kRecvMany),
    row(417, "recvmmsg_time64", kRecvMany),
    row(369, "sendto", kSend),
    row(370, "sendmsg", kSend),
    row(345, "sendmmsg", kSendMany),
    row(362, "connect", kConnect),
    row(364, "accept4", kAccept), // there is no accept but in socketcall

    row(187, "sendfile", kSendfile),
    row(239, "sendfile64", kSendfile),
    row(313, "splice", kSplice),
    row(315, "tee", kTee),
    row(316, "vmsplice", kVmsplice),
    row(377, "copy_file_range", kSplice),

    row(248, "io_submit", kAio),
    row(426, "io_uring_enter", kIoUring),
};

} // namespace

std::span<const Syscall> compat_syscalls()
{
    return kCompat;
}

#elif defined(__aarch64__)

namespace {

constexpr std::array kCompat{
    row(3, "read", kRead),
    row(145, "readv", kRead),
    row(180, "pread64", kRead),
    row(361, "preadv", kRead),
    row(392, "preadv2", kRead),
    row(4, "write", kWrite),
    row(146, "writev", kWrite),
    row(181, "pwrite64", kWrite),
    row(362, "pwritev", kWrite),
    row(393, "pwritev2", kWrite),

    row(36, "sync", kSyncMany),
    row(118, "fsync", kSync),
    row(144, "msync", kSyncMany),
    row(148, "fdatasync", kSync),
    row(341, "sync_file_range2", kSync),
    row(373, "syncfs", kSync),

    row(5, "open", kOpen),
    row(8, "creat", kOpen),
    row(322, "openat", kOpenAt),
    row(371, "open_by_handle_at", kOpenHandle),
    row(437, "openat2", kOpenAt),
    row(6, "close", kClose),

    row(9, "link", twice(kMetadataPath)),
    row(10, "unlink", kMetadataPath),
    row(14, "mknod", kMetadataPath),
    row(15, "chmod", kMetadataPath),
    row(16, "lchown", kMetadataPath),
    row(33, "access", kMetadataPath),
    row(38, "rename", twice(kMetadataPath)),
    row(39, "mkdir", kMetadataPath),
    row(40, "rmdir", kMetadataPath),
    row(83, "symlink", kSymlink),
    row(85, "readlink", kMetadataPath),
    row(92, "truncate", kMetadataPath),
    row(93, "ftruncate", kMetadataFd),
    row(94, "fchmod", kMetadataFd),
    row(95, "fchown", kMetadataFd),
    row(99, "statfs", kMetadataPath),
    row(100, "fstatfs", kMetadataFd),
    row(106, "stat", kMetadataPath),
    row(107, "lstat", kMetadataPath),
    row(108, "fstat", kMetadataFd),
    row(141, "getdents", kMetadataFd),
    row(182, "chown", kMetadataPath),
    row(193, "truncate64", kMetadataPath),
    row(194, "ftruncate64", kMetadataFd),
    row(195, "stat64", kMetadataPath),
    row(196, "lstat64", kMetadataPath),
    row(197, "fstat64", kMetadataFd),
    row(198, "lchown32", kMetadataPath),
    row(207, "fchown32", kMetadataFd),
    row(212, "chown32", kMetadataPath),
    row(217, "getdents64", kMetadataFd),
    row(226, "setxattr", kMetadataPath),
    row(227, "lsetxattr", kMetadataPath),
    row(228, "fsetxattr", kMetadataFd),
    row(229, "getxattr", kMetadataPath),
    row(230, "lgetxattr", kMetadataPath),
    row(231, "fgetxattr", kMetadataFd),
    row(232, "listxattr", kMetadataPath),
    row(233, "llistxattr", kMetadataPath),
    row(234, "flistxattr", kMetadataFd),
    row(235, "removexattr", kMetadataPath),
    row(236, "lremovexattr", kMetadataPath),
    row(237, "fremovexattr", kMetadataFd),
    row(266, "statfs64", kMetadataPath),
    row(267, "fstatfs64", kMetadataFd),
    row(269, "utimes", kMetadataPath),
    row(323, "mkdirat", kMetadataAt),
    row(324, "mknodat", kMetadataAt),
    row(325, "fchownat", kMetadataFlags4),
    row(326, "futimesat", kMetadataNullPath),
    row(327, "fstatat64", kMetadataFlags3),
    row(328, "unlinkat", kMetadataAt),
    row(329, "renameat", twice(kMetadataAt)),
    row(330, "linkat", twice(kMetadataFlags4)),
    row(331, "symlinkat", kSymlinkAt),
    row(332, "readlinkat", kMetadataAt),
    row(333, "fchmodat", kMetadataAt),
    row(334, "faccessat", kMetadataAt),
    row(348, "utimensat", kMetadataNullPath),
    row(352, "fallocate", kMetadataFd),
    row(382, "renameat2", twice(kMetadataAt)),
    row(397, "statx", kMetadataFlags2),
    row(412, "utimensat_time64", kMetadataNullPath),
    row(439, "faccessat2", kMetadataFlags3),
    row(kFchmodat2, "fchmodat2", kMetadataFlags3),
    row(kSetxattrat, "setxattrat", kMetadataFlags2),
    row(kGetxattrat, "getxattrat", kMetadataFlags2),
    row(kListxattrat, "listxattrat", kMetadataFlags2),
    row(kRemovexattrat, "removexattrat", kMetadataFlags2),

    row(55, "fcntl", kFcntl),
    row(143, "flock", kFlock),
    row(221, "fcntl64", kFcntl),

    row(291, "recv", kRecv),
    row(292, "recvfrom", kRecv),
    row(297, "recvmsg", kRecv),
    row(365, "recvmmsg", kRecvMany),
    row(417, "recvmmsg_time64", kRecvMany),
    row(289, "send", kSend),
    row(290, "sendto", kSend),
    row(296, "sendmsg", kSend),
    row(374, "sendmmsg", kSendMany),
    row(283, "connect", kConnect),
    row(285, "accept", kAccept),
    row(366, "accept4", kAccept),

    row(187, "sendfile", kSendfile),
    row(239, "sendfile64", kSendfile),
    row(340, "splice", kSplice),
    row(342, "tee", kTee),
    row(343, "vmsplice", kVmsplice),
    row(391, "copy_file_range", kSplice),

    row(246, "io_submit", kAio),
    row(426, "io_uring_enter", kIoUring),
};

} // namespace

std::span<const Syscall> compat_syscalls()
{
    return kCompat;
}

#else

std::span<const Syscall> compat_syscalls()
{
    return {};
}

#endif

} // namespace iopath
