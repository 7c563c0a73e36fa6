// SPDX-License-Identifier: GPL-2.0-only
// Requests of io_uring and libaio that fail.
#pragma once

#include "workload_async.h"

namespace workload {

/// Requests that name something by a path. Their paths are gone when they end: the kernel has taken
/// a copy as they were submitted.
class FailingPaths {
public:
    FailingPaths(Ring& ring, unsigned char flags) : ring_(ring), flags_(flags) {}

    /// `times` requests on these paths, each of which has to fail with this error.
    void fail(int times, int error, unsigned char opcode, int directory, const std::string& path,
              const std::string& other = "")
    {
        for (int i = 0; i < times; i++) {
            std::string copy = path;
            std::string other_copy = other;
            io_uring_sqe& sqe = ring_.add(opcode, directory, copy.c_str());
            sqe.flags |= flags_;
            if (opcode == IORING_OP_STATX)
                sqe.off = reinterpret_cast<std::uint64_t>(&status_);
            if (!other.empty()) {
                sqe.off = reinterpret_cast<std::uint64_t>(other_copy.c_str());
                sqe.len = static_cast<unsigned>(AT_FDCWD);
            }
            if (opcode == IORING_OP_MKDIRAT)
                sqe.len = 0700;
            ring_.submit(0);
            std::fill(copy.begin(), copy.end(), 'x');
            std::fill(other_copy.begin(), other_copy.end(), 'x');
            const int result = ring_.take().res;
            if (result != -error) {
                errno = -result;
                die(path);
            }
        }
    }

private:
    Ring& ring_;
    unsigned char flags_;
    struct statx status_ {};
};

/// DIR HOW: what fails on paths and descriptors in the directory. HOW: "plain", or "async" for
/// IOSQE_ASYNC.
inline void uring_failures(const Args& args)
{
    Ring& ring = ring_or_end(8);
    const std::string& folder = args.text(0);
    const unsigned char flags = args.text(1) == "async" ? IOSQE_ASYNC : 0;
    FailingPaths paths(ring, flags);
    const int directory =
        static_cast<int>(must(open(folder.c_str(), O_RDONLY | O_DIRECTORY), "directory"));
    const std::string file = folder + "/file";
    const int written =
        static_cast<int>(must(open(file.c_str(), O_WRONLY | O_CREAT, 0600), "file"));
    paths.fail(5, ENOENT, IORING_OP_OPENAT, AT_FDCWD, folder + "/missing");
    paths.fail(2, ENOENT, IORING_OP_OPENAT, directory, "relative");
    paths.fail(1, ENOENT, IORING_OP_OPENAT, AT_FDCWD, folder + std::string(500, '/') + "long");
    paths.fail(3, ENOENT, IORING_OP_STATX, AT_FDCWD, folder + "/no-status");
    paths.fail(4, ENOENT, IORING_OP_UNLINKAT, directory, "nothing");
    paths.fail(2, EEXIST, IORING_OP_MKDIRAT, AT_FDCWD, file);
    paths.fail(3, ENOENT, IORING_OP_RENAMEAT, AT_FDCWD, folder + "/from", folder + "/to");
    paths.fail(2, ENOENT, IORING_OP_LINKAT, AT_FDCWD, folder + "/old", folder + "/new");
    char byte = 0;
    for (int i = 0; i < 6; i++) {
        ring.add(IORING_OP_READ, written, &byte, 1).flags |= flags;
        ring.submit(1);
        if (ring.take().res != -EBADF)
            die("read of a file that is only written");
    }
    Facts().add("supported", 1).add("pid", static_cast<std::uint64_t>(getpid())).print();
}

/// PATH N: N opens by io_uring of what is not there.
inline void uring_missing(const Args& args)
{
    Ring& ring = ring_or_end(8);
    FailingPaths(ring, 0).fail(static_cast<int>(args.number(1)), ENOENT, IORING_OP_OPENAT, AT_FDCWD,
                               args.text(0));
    Facts().add("supported", 1).print();
}

/// FILE N: N reads through libaio that are refused, as direct ones are never so short.
inline void aio_failures(const Args& args)
{
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, 1, &context) < 0) {
        Facts().add("supported", 0).print();
        return;
    }
    const int fd = static_cast<int>(must(open(args.path(0), O_RDONLY | O_DIRECT), "open"));
    iocb request{};
    iocb* pointer = &request;
    request.aio_fildes = static_cast<std::uint32_t>(fd);
    request.aio_lio_opcode = IOCB_CMD_PREAD;
    request.aio_buf = reinterpret_cast<std::uint64_t>(aligned_buffer(4096));
    request.aio_nbytes = 100;
    for (long i = 0; i < args.number(1); i++) {
        io_event event{};
        must(syscall(SYS_io_submit, context, 1, &pointer), "io_submit");
        must(syscall(SYS_io_getevents, context, 1, 1, &event, nullptr), "io_getevents");
        if (event.res != -EINVAL)
            die("a read of 100 bytes");
    }
    Facts().add("supported", 1).add("pid", static_cast<std::uint64_t>(getpid())).print();
}

} // namespace workload
