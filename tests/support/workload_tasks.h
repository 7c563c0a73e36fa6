// SPDX-License-Identifier: GPL-2.0-only
// What tasks do beside I/O: burn CPU, leave the family, take hostile names, use other entry points.
#pragma once

#include "workload_files.h"

#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <sys/mman.h>

namespace workload {

/// SECONDS: burns one CPU.
inline void hog(const Args& args)
{
    set_comm("wl-hog");
    const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(args.real(0) * 1e9);
    while (now_ns() < end) {
    }
}

/// Prints the time at which the program had come to run.
inline void stamp(const Args&)
{
    Facts().add("at_ns", now_ns()).print();
}

/// SECONDS: leaves a daemon of its own session behind and ends at once.
inline void daemonise(const Args& args)
{
    const auto length = static_cast<std::uint64_t>(args.real(0) * 1e9);
    join(spawn([length] {
        must(setsid(), "setsid");
        spawn([length] {
            set_comm("wl-daemon");
            nap_ns(length);
        });
    }));
    Facts().add("daemons", 1).print();
}

/// HEX FILE N: takes the name whose bytes HEX gives, then writes N bytes to FILE.
inline void named(const Args& args)
{
    std::string name;
    for (std::size_t i = 0; i + 1 < args.text(0).size(); i += 2)
        name += static_cast<char>(std::strtol(args.text(0).substr(i, 2).c_str(), nullptr, 16));
    set_comm(name.c_str());
    const int fd = static_cast<int>(must(open(args.path(1), O_WRONLY | O_CREAT, 0600), "open"));
    for (long i = 0; i < args.number(2); i++)
        must(write(fd, "n", 1), "write");
    Facts()
        .add("pid", static_cast<std::uint64_t>(getpid()))
        .add("writes", static_cast<std::uint64_t>(args.number(2)))
        .print();
}

#ifdef __x86_64__
inline long ia32_call(long number, long first, long second, long third)
{
    long result = number;
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(first), "c"(second), "d"(third)
                 : "memory", "r8", "r9", "r10", "r11");
    return static_cast<int>(result);
}
#endif

/// FILE N: N getpid and N write calls of one byte through the 32-bit entry; "supported" says
/// whether this kernel has one.
inline void compat(const Args& args)
{
#ifdef __x86_64__
    const pid_t trial = spawn([] { _exit(ia32_call(20, 0, 0, 0) == getpid() ? 0 : 1); });
    int status = 0;
    must(waitpid(trial, &status, 0), "waitpid");
    if (status != 0) {
        Facts().add("supported", 0).print();
        return;
    }
    void* low =
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED)
        die("mmap");
    const int fd =
        static_cast<int>(must(open(args.path(0), O_WRONLY | O_CREAT | O_APPEND, 0600), "open"));
    for (long i = 0; i < args.number(1); i++) {
        if (ia32_call(20, 0, 0, 0) != getpid()) // 20 is getpid there, writev here
            die("getpid");
        if (ia32_call(4, fd, reinterpret_cast<long>(low), 1) != 1) // 4 is write there, stat here
            die("write");
    }
    // One getpid more: the trial's.
    const auto count = static_cast<std::uint64_t>(args.number(1));
    Facts().add("supported", 1).add("calls", 2 * count + 1).add("writes", count).print();
#else
    static_cast<void>(args);
    Facts().add("supported", 0).print();
#endif
}

/// N: N calls of io_uring_enter that submit nothing.
inline void uring(const Args& args)
{
    io_uring_params parameters{};
    const long ring = syscall(SYS_io_uring_setup, 4, &parameters);
    if (ring < 0) {
        Facts().add("supported", 0).print();
        return;
    }
    for (long i = 0; i < args.number(0); i++)
        must(syscall(SYS_io_uring_enter, ring, 0, 0, 0, nullptr, 0), "io_uring_enter");
    Facts().add("supported", 1).add("enters", static_cast<std::uint64_t>(args.number(0))).print();
}

/// FILE N: N direct writes of 4096 bytes through libaio's system calls, one at a time.
inline void aio(const Args& args)
{
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, 1, &context) < 0) {
        Facts().add("supported", 0).print();
        return;
    }
    const int fd =
        static_cast<int>(must(open(args.path(0), O_RDWR | O_CREAT | O_DIRECT, 0600), "open"));
    iocb request{};
    request.aio_fildes = static_cast<std::uint32_t>(fd);
    request.aio_lio_opcode = IOCB_CMD_PWRITE;
    request.aio_buf = reinterpret_cast<std::uint64_t>(aligned_buffer(4096));
    request.aio_nbytes = 4096;
    iocb* requests[1] = {&request};
    for (long i = 0; i < args.number(1); i++) {
        io_event event{};
        must(syscall(SYS_io_submit, context, 1, requests), "io_submit");
        must(syscall(SYS_io_getevents, context, 1, 1, &event, nullptr), "io_getevents");
    }
    Facts().add("supported", 1).add("submits", static_cast<std::uint64_t>(args.number(1))).print();
}

} // namespace workload
