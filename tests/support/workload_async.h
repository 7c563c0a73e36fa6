// SPDX-License-Identifier: GPL-2.0-only
// Scripted I/O through io_uring, by its system calls alone.
#pragma once

#include "workload_common.h"
#include "workload_files.h"

#include <algorithm>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace workload {

/// A ring. Completions are taken one at a time.
class Ring {
public:
    /// False where the kernel does not allow it.
    bool open(unsigned entries, unsigned flags = 0, unsigned completions = 0)
    {
        parameters_.flags = flags | (completions > 0 ? IORING_SETUP_CQSIZE : 0);
        parameters_.cq_entries = completions;
        parameters_.sq_thread_idle = 50;
        fd_ = static_cast<int>(syscall(SYS_io_uring_setup, entries, &parameters_));
        if (fd_ < 0)
            return false;
        const auto& sq = parameters_.sq_off;
        const auto& cq = parameters_.cq_off;
        char* submissions = map(sq.array + parameters_.sq_entries * 4, IORING_OFF_SQ_RING);
        char* completed =
            map(cq.cqes + parameters_.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
        sqes_ = reinterpret_cast<io_uring_sqe*>(
            map(parameters_.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES));
        sq_tail_ = at(submissions, sq.tail);
        sq_mask_ = *at(submissions, sq.ring_mask);
        sq_flags_ = at(submissions, sq.flags);
        sq_array_ = at(submissions, sq.array);
        cq_head_ = at(completed, cq.head);
        cq_tail_ = at(completed, cq.tail);
        cq_mask_ = *at(completed, cq.ring_mask);
        cqes_ = reinterpret_cast<io_uring_cqe*>(completed + cq.cqes);
        return true;
    }

    /// An entry to fill in; it is submitted with the next submit().
    io_uring_sqe& add(unsigned char opcode, int fd, const void* address = nullptr,
                      unsigned length = 0, std::uint64_t offset = 0)
    {
        const unsigned index = *sq_tail_ & sq_mask_;
        io_uring_sqe& sqe = sqes_[index];
        std::memset(&sqe, 0, sizeof sqe);
        sqe.opcode = opcode;
        sqe.fd = fd;
        sqe.addr = reinterpret_cast<std::uint64_t>(address);
        sqe.len = length;
        sqe.off = offset;
        sqe.user_data = ++number_;
        sq_array_[index] = index;
        __atomic_store_n(sq_tail_, *sq_tail_ + 1, __ATOMIC_RELEASE);
        waiting_++;
        return sqe;
    }

    /// The entry added last.
    io_uring_sqe& last() { return sqes_[(*sq_tail_ - 1) & sq_mask_]; }

    void submit(unsigned wait_for = 0)
    {
        const unsigned flags = wait_for > 0 ? IORING_ENTER_GETEVENTS : 0;
        if ((parameters_.flags & IORING_SETUP_SQPOLL) != 0) {
            const bool sleeps =
                (__atomic_load_n(sq_flags_, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP) != 0;
            enter(waiting_, wait_for, flags | (sleeps ? IORING_ENTER_SQ_WAKEUP : 0));
        } else {
            enter(waiting_, wait_for, flags);
        }
        waiting_ = 0;
    }

    /// The next completion; waits for it.
    io_uring_cqe take()
    {
        const unsigned head = *cq_head_;
        while (__atomic_load_n(cq_tail_, __ATOMIC_ACQUIRE) == head)
            enter(0, 1, IORING_ENTER_GETEVENTS);
        const io_uring_cqe cqe = cqes_[head & cq_mask_];
        __atomic_store_n(cq_head_, head + 1, __ATOMIC_RELEASE);
        return cqe;
    }

    /// One request from its submission to its result, which is to be no error.
    int run(const char* what)
    {
        submit(1);
        const int result = take().res;
        if (result < 0) {
            errno = -result;
            die(what);
        }
        return result;
    }

    [[nodiscard]] int fd() const { return fd_; }

    /// Requests in flight are ended by the kernel.
    void close()
    {
        for (const auto& [memory, size] : maps_)
            must(munmap(memory, size), "munmap of a ring");
        maps_.clear();
        must(::close(fd_), "close of a ring");
    }

private:
    char* map(std::size_t size, off_t offset)
    {
        void* memory =
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_, offset);
        if (memory == MAP_FAILED)
            die("mmap of a ring");
        maps_.emplace_back(memory, size);
        return static_cast<char*>(memory);
    }
    static unsigned* at(char* base, unsigned offset)
    {
        return reinterpret_cast<unsigned*>(base + offset);
    }
    void enter(unsigned submit, unsigned wait_for, unsigned flags) const
    {
        long done = -1;
        do
            done = syscall(SYS_io_uring_enter, fd_, submit, wait_for, flags, nullptr, 0);
        while (done < 0 && errno == EINTR);
        must(done, "io_uring_enter");
    }

    io_uring_params parameters_{};
    int fd_ = -1;
    std::vector<std::pair<void*, std::size_t>> maps_;
    io_uring_sqe* sqes_ = nullptr;
    io_uring_cqe* cqes_ = nullptr;
    unsigned* sq_tail_ = nullptr;
    unsigned* sq_flags_ = nullptr;
    unsigned* sq_array_ = nullptr;
    unsigned* cq_head_ = nullptr;
    unsigned* cq_tail_ = nullptr;
    unsigned sq_mask_ = 0;
    unsigned cq_mask_ = 0;
    unsigned waiting_ = 0;
    std::uint64_t number_ = 0;
};

inline Ring& ring_or_end(unsigned entries, unsigned flags = 0, unsigned completions = 0)
{
    static Ring ring;
    if (!ring.open(entries, flags, completions)) {
        Facts().add("supported", 0).print();
        std::_Exit(0);
    }
    return ring;
}

/// One of a batch of direct reads; see uring_reads().
inline void add_read(Ring& ring, int fd, char* buffer, unsigned size, std::uint64_t offset,
                     const std::string& how, bool last)
{
    const bool fixed = how == "fixed";
    io_uring_sqe& sqe = ring.add(fixed ? IORING_OP_READ_FIXED : IORING_OP_READ, fixed ? 0 : fd,
                                 buffer, size, offset);
    if (fixed)
        sqe.flags |= IOSQE_FIXED_FILE;
    if (how == "linked" && !last)
        sqe.flags |= IOSQE_IO_LINK;
    if (how == "async")
        sqe.flags |= IOSQE_ASYNC;
}

/// FILE N SIZE DEPTH HOW: N direct reads, DEPTH at once. HOW: plain, linked (each of a batch behind
/// the one before), async (IOSQE_ASYNC), sqpoll, iopoll, fixed (registered file and buffer).
inline void uring_reads(const Args& args)
{
    const long count = args.number(1);
    const auto size = static_cast<unsigned>(args.number(2));
    const auto depth = static_cast<unsigned>(args.number(3));
    const std::string& how = args.text(4);
    const unsigned flags = how == "sqpoll"   ? IORING_SETUP_SQPOLL
                           : how == "iopoll" ? IORING_SETUP_IOPOLL
                                             : 0U;
    Ring& ring = ring_or_end(depth, flags);
    int fd = static_cast<int>(must(open(args.path(0), O_RDONLY | O_DIRECT), "open"));
    char* buffer = aligned_buffer(size);
    if (how == "fixed") {
        iovec memory{buffer, size};
        must(syscall(SYS_io_uring_register, ring.fd(), IORING_REGISTER_BUFFERS, &memory, 1),
             "buffers");
        must(syscall(SYS_io_uring_register, ring.fd(), IORING_REGISTER_FILES, &fd, 1), "files");
    }
    std::uint64_t bytes = 0;
    for (long done = 0; done < count;) {
        const long batch = std::min<long>(depth, count - done);
        for (long i = 0; i < batch; i++)
            add_read(ring, fd, buffer, size, static_cast<std::uint64_t>(done + i) * size, how,
                     i + 1 == batch);
        ring.submit(static_cast<unsigned>(batch));
        for (long i = 0; i < batch; i++) {
            const int result = ring.take().res;
            if (result == -EOPNOTSUPP) { // a device that cannot be polled
                Facts().add("supported", 0).print();
                return;
            }
            bytes += static_cast<std::uint64_t>(must(result, "a read"));
        }
        done += batch;
    }
    Facts()
        .add("supported", 1)
        .add("reads", static_cast<std::uint64_t>(count))
        .add("bytes", bytes)
        .add("batches", static_cast<std::uint64_t>((count + depth - 1) / depth))
        .print();
}

/// Opens a file, does every operation on files with it, and closes it.
inline void uring_file_calls(Ring& ring, const std::string& path, char* data, const Pipe& pipe)
{
    iovec memory{data, 4096};
    struct statx status {};
    ring.add(IORING_OP_OPENAT, AT_FDCWD, path.c_str(), 0600).open_flags = O_RDWR;
    const int fd = ring.run("openat");
    ring.add(IORING_OP_WRITE, fd, data, 4096, 0);
    ring.run("write");
    ring.add(IORING_OP_WRITEV, fd, &memory, 1, 4096);
    ring.run("writev");
    ring.add(IORING_OP_FSYNC, fd);
    ring.run("fsync");
    ring.add(IORING_OP_READ, fd, data, 4096, 0);
    ring.run("read");
    ring.add(IORING_OP_READV, fd, &memory, 1, 4096);
    ring.run("readv");
    ring.add(IORING_OP_FALLOCATE, fd, reinterpret_cast<void*>(8192), 0, 0);
    ring.run("fallocate");
    ring.add(IORING_OP_STATX, AT_FDCWD, path.c_str(), STATX_SIZE,
             reinterpret_cast<std::uint64_t>(&status));
    ring.run("statx");
    io_uring_sqe& splices = ring.add(IORING_OP_SPLICE, pipe.writer, nullptr, 4096, ~0ULL);
    splices.splice_fd_in = fd;
    splices.splice_off_in = 0;
    ring.run("splice");
    ring.add(IORING_OP_READ, pipe.reader, data, 4096, ~0ULL);
    ring.run("read of the pipe");
    ring.add(IORING_OP_CLOSE, fd);
    ring.run("close");
}

/// Every operation on connected sockets, and one that is none of I/O.
inline void uring_socket_calls(Ring& ring, int one, int other, char* data)
{
    iovec memory{data, 64};
    msghdr message{};
    message.msg_iov = &memory;
    message.msg_iovlen = 1;
    ring.add(IORING_OP_SEND, one, data, 64);
    ring.run("send");
    ring.add(IORING_OP_RECV, other, data, 64);
    ring.run("recv");
    ring.add(IORING_OP_SENDMSG, one, &message);
    ring.run("sendmsg");
    ring.add(IORING_OP_RECVMSG, other, &message);
    ring.run("recvmsg");
    ring.add(IORING_OP_NOP, -1);
    ring.run("nop");
}

/// DIR N: every operation on files and sockets N times, one at a time.
inline void uring_calls(const Args& args)
{
    Ring& ring = ring_or_end(8);
    const std::string path = args.text(0) + "/uring-file";
    char* data = aligned_buffer(4096);
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    const Pipe pipe;
    must(
        close(static_cast<int>(must(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600), "open"))),
        "close");
    for (long i = 0; i < args.number(1); i++) {
        uring_file_calls(ring, path, data, pipe);
        uring_socket_calls(ring, ends[0], ends[1], data);
    }
    Facts().add("supported", 1).add("times", static_cast<std::uint64_t>(args.number(1))).print();
}

/// A listener on loopback and its address.
inline int listener_on(sockaddr_in& address)
{
    const int fd = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    must(bind(fd, reinterpret_cast<sockaddr*>(&address), size), "bind");
    must(listen(fd, 64), "listen");
    must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return fd;
}

/// N PAUSE_MS: N connections by one ring, taken one by one with accept, each sending one byte after
/// a pause for which the receiver waits.
inline void uring_sockets(const Args& args)
{
    Ring& ring = ring_or_end(16);
    sockaddr_in address{};
    const int listener = listener_on(address);
    const char sent = 'x';
    char byte = 0;
    const long count = args.number(0);
    for (long i = 0; i < count; i++) {
        const int client = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
        ring.add(IORING_OP_ACCEPT, listener);
        ring.add(IORING_OP_CONNECT, client, &address, 0, sizeof address);
        ring.submit(2);
        const int one = ring.take().res;
        const int server = std::max(one, ring.take().res);
        must(std::min(one, server), "accept or connect");
        ring.add(IORING_OP_RECV, server, &byte, 1);
        ring.submit(0);
        nap_ms(static_cast<std::uint64_t>(args.number(1)));
        ring.add(IORING_OP_SEND, client, &sent, 1);
        ring.submit(2);
        must(ring.take().res, "send or recv");
        must(ring.take().res, "send or recv");
        close(client);
        close(server);
    }
    Facts().add("supported", 1).add("times", static_cast<std::uint64_t>(count)).print();
}

/// N: one multishot accept takes N connections, and is then cancelled.
inline void uring_multishot(const Args& args)
{
    Ring& ring = ring_or_end(16);
    sockaddr_in address{};
    const int listener = listener_on(address);
    const std::uint64_t accept_number = ring.add(IORING_OP_ACCEPT, listener).user_data;
    const long count = args.number(0);
    // The entry just added: not submitted yet.
    ring.last().ioprio = IORING_ACCEPT_MULTISHOT;
    ring.submit(0);
    for (long i = 0; i < count; i++) {
        const int client = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
        must(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
        const io_uring_cqe cqe = ring.take();
        if (cqe.res == -EINVAL) {
            Facts().add("supported", 0).print();
            return;
        }
        must(cqe.res, "accept");
        close(cqe.res);
        close(client);
    }
    io_uring_sqe& cancel = ring.add(IORING_OP_ASYNC_CANCEL, -1);
    cancel.addr = accept_number;
    ring.submit(2);
    ring.take();
    ring.take();
    Facts().add("supported", 1).add("accepts", static_cast<std::uint64_t>(count)).print();
}

/// A read of an empty pipe that never ends; prints when it is submitted.
inline void uring_waiting(const Args&)
{
    Ring& ring = ring_or_end(4);
    const Pipe pipe;
    char byte = 0;
    ring.add(IORING_OP_READ, pipe.reader, &byte, 1, ~0ULL);
    ring.submit(0);
    Facts().add("supported", 1).print();
    for (;;)
        nap_ms(1000);
}

/// FILE BATCHES SIZE: direct reads of 4096 bytes through libaio's system calls, SIZE at once.
inline void aio_batches(const Args& args)
{
    const long size = args.number(2);
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, size, &context) < 0) {
        Facts().add("supported", 0).print();
        return;
    }
    const int fd = static_cast<int>(must(open(args.path(0), O_RDONLY | O_DIRECT), "open"));
    std::vector<iocb> requests(static_cast<std::size_t>(size));
    std::vector<iocb*> pointers;
    std::vector<io_event> events(requests.size());
    char* buffer = aligned_buffer(4096 * requests.size());
    for (iocb& request : requests) {
        request.aio_fildes = static_cast<std::uint32_t>(fd);
        request.aio_lio_opcode = IOCB_CMD_PREAD;
        request.aio_buf = reinterpret_cast<std::uint64_t>(buffer + 4096 * pointers.size());
        request.aio_offset = static_cast<std::int64_t>(65536 * pointers.size());
        request.aio_nbytes = 4096;
        pointers.push_back(&request);
    }
    for (long i = 0; i < args.number(1); i++) {
        if (must(syscall(SYS_io_submit, context, size, pointers.data()), "io_submit") != size)
            die("io_submit of all");
        for (long taken = 0; taken < size;)
            taken += must(syscall(SYS_io_getevents, context, 1, size, events.data(), nullptr),
                          "io_getevents");
    }
    Facts().add("supported", 1).print();
}

} // namespace workload
