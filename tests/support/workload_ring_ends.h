// SPDX-License-Identifier: GPL-2.0-only
// Requests of io_uring that end in other ways than one by one, each as it was asked for.
#pragma once

#include "workload_async.h"

namespace workload {

constexpr unsigned kPendingBatch = 8; // also the least room for completions

/// Reads of one byte each from an empty pipe.
inline std::uint64_t add_pending(Ring& ring, const Pipe& pipe, long count)
{
    static char byte;
    std::uint64_t last = 0;
    for (long i = 0; i < count; i++) {
        last = ring.add(IORING_OP_READ, pipe.reader, &byte, 1, ~0ULL).user_data;
        if ((i + 1) % kPendingBatch == 0 || i + 1 == count)
            ring.submit(0);
    }
    return last;
}

inline std::uint64_t take_with_result(Ring& ring, long count, int result)
{
    std::uint64_t found = 0;
    for (long i = 0; i < count; i++)
        found += ring.take().res == result ? 1 : 0;
    return found;
}

inline std::uint64_t cancel_pending(Ring& ring, std::uint64_t last, long count)
{
    std::uint64_t cancelled = 0;
    for (long i = 0; i < count; i++) {
        ring.add(IORING_OP_ASYNC_CANCEL, -1).addr = last - static_cast<std::uint64_t>(i);
        ring.submit(2);
        cancelled += take_with_result(ring, 2, -ECANCELED);
    }
    return cancelled;
}

/// N HOW: N reads wait for data. HOW: read (data comes for all at once), overflow (the same, with
/// room for 8 completions), cancelled (one by one), closed (with the ring).
inline void uring_pending(const Args& args)
{
    const long count = args.number(0);
    const std::string& how = args.text(1);
    const unsigned room = how == "overflow" ? kPendingBatch : static_cast<unsigned>(2 * count);
    Ring& ring = ring_or_end(kPendingBatch, 0, room);
    const Pipe pipe;
    const std::uint64_t last = add_pending(ring, pipe, count);
    std::uint64_t ended = 0;
    if (how == "cancelled") {
        ended = cancel_pending(ring, last, count);
    } else if (how == "closed") {
        ring.close();
        ended = static_cast<std::uint64_t>(count);
        nap_ms(500); // a worker of the kernel does it
    } else {
        const std::string data(static_cast<std::size_t>(count), 'x');
        must(write(pipe.writer, data.data(), data.size()), "write");
        ended = take_with_result(ring, count, 1);
    }
    Facts().add("supported", 1).add("ended", ended).print();
}

/// N: a child with N requests in flight is killed.
inline void uring_killed(const Args& args)
{
    ring_or_end(4).close();
    const Pipe ready;
    const auto child = static_cast<pid_t>(must(fork(), "fork"));
    if (child == 0) {
        Ring ring;
        if (!ring.open(kPendingBatch, 0, 4096))
            die("io_uring_setup");
        const Pipe pipe;
        add_pending(ring, pipe, args.number(0));
        must(write(ready.writer, "x", 1), "write");
        for (;;)
            nap_ms(1000);
    }
    char byte = 0;
    must(read(ready.reader, &byte, 1), "read");
    must(kill(child, SIGKILL), "kill");
    must(waitpid(child, nullptr, 0), "waitpid");
    nap_ms(500); // a worker of the kernel ends what is left
    Facts().add("supported", 1).print();
}

inline void read_blocks(Ring& ring, int fd, char* buffer, long count)
{
    for (long i = 0; i < count; i++) {
        ring.add(IORING_OP_READ, fd, buffer, 4096, static_cast<std::uint64_t>(i) * 4096);
        ring.run("read");
    }
}

/// FILE N: a child does N direct reads with its parent's ring, and then the parent does.
inline void uring_shared(const Args& args)
{
    Ring& ring = ring_or_end(4);
    const int fd = static_cast<int>(must(open(args.path(0), O_RDONLY | O_DIRECT), "open"));
    char* buffer = aligned_buffer(4096);
    const auto child = static_cast<pid_t>(must(fork(), "fork"));
    if (child == 0) {
        read_blocks(ring, fd, buffer, args.number(1));
        std::_Exit(0);
    }
    must(waitpid(child, nullptr, 0), "waitpid");
    read_blocks(ring, fd, buffer, args.number(1));
    Facts().add("supported", 1).add("child", static_cast<std::uint64_t>(child)).print();
}

/// N: chains of a write to a pipe, a read of it that fails, and a write that is never begun; then a
/// read by itself.
inline void uring_broken_chains(const Args& args)
{
    Ring& ring = ring_or_end(8);
    const Pipe pipe;
    char data[64] = {};
    std::uint64_t cancelled = 0;
    for (long i = 0; i < args.number(0); i++) {
        ring.add(IORING_OP_WRITE, pipe.writer, data, sizeof data, ~0ULL).flags = IOSQE_IO_LINK;
        ring.add(IORING_OP_READ, pipe.reader, reinterpret_cast<void*>(8), sizeof data, ~0ULL)
            .flags = IOSQE_IO_LINK;
        ring.add(IORING_OP_WRITE, pipe.writer, data, sizeof data, ~0ULL);
        ring.submit(3);
        cancelled += take_with_result(ring, 3, -ECANCELED);
        ring.add(IORING_OP_READ, pipe.reader, data, sizeof data, ~0ULL);
        ring.run("read");
    }
    Facts().add("supported", 1).add("cancelled", cancelled).print();
}

/// N: one multishot recv gets N messages, and then the end of the stream.
inline void uring_multishot_recv(const Args& args)
{
    constexpr unsigned kSize = 64;
    const long count = args.number(0);
    Ring& ring = ring_or_end(8);
    std::vector<char> buffers(static_cast<std::size_t>(count + 1) * kSize);
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    ring.add(IORING_OP_PROVIDE_BUFFERS, static_cast<int>(count + 1), buffers.data(), kSize);
    ring.run("buffers");
    io_uring_sqe& recv = ring.add(IORING_OP_RECV, ends[0]);
    recv.flags = IOSQE_BUFFER_SELECT;
    recv.ioprio = IORING_RECV_MULTISHOT;
    ring.submit(0);
    const char data[kSize] = {};
    for (long i = 0; i < count; i++) {
        must(send(ends[1], data, kSize, 0), "send");
        const io_uring_cqe cqe = ring.take();
        if (cqe.res != static_cast<int>(kSize) || (cqe.flags & IORING_CQE_F_MORE) == 0) {
            Facts().add("supported", 0).print();
            return;
        }
    }
    close(ends[1]);
    must(ring.take().res, "recv");
    Facts().add("supported", 1).print();
}

} // namespace workload
