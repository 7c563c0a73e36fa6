// SPDX-License-Identifier: GPL-2.0-only
// Scripted I/O on files and block devices, by one or by many threads and processes.
#pragma once

#include "workload_common.h"

#include <pthread.h>
#include <sys/stat.h>

namespace workload {

inline char* aligned_buffer(std::size_t size)
{
    void* memory = nullptr;
    if (posix_memalign(&memory, 4096, size) != 0)
        die("posix_memalign");
    std::memset(memory, 'i', size);
    return static_cast<char*>(memory);
}

/// FILE N SIZE: N direct reads of SIZE, one after the other.
inline void direct_reads(const Args& args)
{
    const long count = args.number(1);
    const auto size = static_cast<std::size_t>(args.number(2));
    char* buffer = aligned_buffer(size);
    const int fd = static_cast<int>(must(open(args.path(0), O_RDONLY | O_DIRECT), "open"));
    std::uint64_t bytes = 0;
    const std::uint64_t start = now_ns();
    for (long i = 0; i < count; i++)
        bytes += static_cast<std::uint64_t>(must(
            pread(fd, buffer, size, static_cast<off_t>(i) * static_cast<off_t>(size)), "pread"));
    Facts()
        .add("reads", static_cast<std::uint64_t>(count))
        .add("bytes", bytes)
        .seconds("seconds", now_ns() - start)
        .print();
}

/// FILE N SIZE: N appends, each made durable.
inline void write_fsync(const Args& args)
{
    const long count = args.number(1);
    const auto size = static_cast<std::size_t>(args.number(2));
    char* buffer = aligned_buffer(size);
    const int fd =
        static_cast<int>(must(open(args.path(0), O_WRONLY | O_CREAT | O_APPEND, 0600), "open"));
    std::uint64_t writing = 0;
    std::uint64_t syncing = 0;
    for (long i = 0; i < count; i++) {
        const std::uint64_t start = now_ns();
        must(write(fd, buffer, size), "write");
        const std::uint64_t middle = now_ns();
        must(fsync(fd), "fsync");
        writing += middle - start;
        syncing += now_ns() - middle;
    }
    Facts()
        .add("writes", static_cast<std::uint64_t>(count))
        .add("syncs", static_cast<std::uint64_t>(count))
        .add("bytes", static_cast<std::uint64_t>(count) * size)
        .seconds("write_seconds", writing)
        .seconds("sync_seconds", syncing)
        .print();
}

/// Time this process waited for a CPU, by the kernel's own account; zero where it keeps none.
inline std::uint64_t run_delay_ns()
{
    std::FILE* file = std::fopen("/proc/self/schedstat", "r");
    unsigned long long run = 0;
    unsigned long long delay = 0;
    if (file == nullptr || std::fscanf(file, "%llu %llu", &run, &delay) != 2)
        delay = 0;
    if (file != nullptr)
        std::fclose(file);
    return delay;
}

/// FILE SECONDS SIZE read|write: the first SIZE bytes again and again, from the page cache.
inline void cached(const Args& args)
{
    const auto length = static_cast<std::uint64_t>(args.real(1) * 1e9);
    const auto size = static_cast<std::size_t>(args.number(2));
    const bool writes = args.text(3) == "write";
    char* buffer = aligned_buffer(size);
    const int fd = static_cast<int>(must(open(args.path(0), O_RDWR | O_CREAT, 0600), "open"));
    must(pwrite(fd, buffer, size, 0), "pwrite");
    std::uint64_t count = 0;
    std::uint64_t inside = 0;
    const std::uint64_t delay = run_delay_ns();
    const std::uint64_t start = now_ns();
    std::uint64_t now = start;
    while (now - start < length) {
        must(writes ? pwrite(fd, buffer, size, 0) : pread(fd, buffer, size, 0), "pread or pwrite");
        const std::uint64_t after = now_ns();
        inside += after - now;
        now = after;
        count++;
    }
    Facts()
        .add("operations", count)
        .add("bytes", count * size)
        .seconds("seconds", inside)
        .seconds("run_delay_seconds", run_delay_ns() - delay)
        .print();
}

/// DIR N: N opens of a file that is not there and N reads of a descriptor that is not open.
inline void failed(const Args& args)
{
    const std::string missing = args.text(0) + "/no-such-file";
    char byte = 0;
    for (long i = 0; i < args.number(1); i++) {
        if (open(missing.c_str(), O_RDONLY) >= 0 || errno != ENOENT)
            die("the open was to fail");
        if (read(-1, &byte, 1) >= 0 || errno != EBADF)
            die("the read was to fail");
    }
    const auto count = static_cast<std::uint64_t>(args.number(1));
    Facts().add("failed_opens", count).add("failed_reads", count).print();
}

struct ThreadJob {
    int fd = -1;
    long rounds = 0;
    off_t offset = 0;
    pthread_barrier_t* barrier = nullptr;
};

inline void* thread_body(void* pointer)
{
    const auto& job = *static_cast<const ThreadJob*>(pointer);
    char byte = 't';
    pthread_barrier_wait(job.barrier);
    for (long i = 0; i < job.rounds; i++) {
        must(pwrite(job.fd, &byte, 1, job.offset), "pwrite");
        must(pread(job.fd, &byte, 1, job.offset), "pread");
    }
    pthread_barrier_wait(job.barrier);
    return nullptr;
}

/// FILE N ROUNDS: N threads, all alive at once, each writes and reads a byte ROUNDS times.
inline void many_threads(const Args& args)
{
    const auto count = static_cast<std::size_t>(args.number(1));
    const int fd = static_cast<int>(must(open(args.path(0), O_RDWR | O_CREAT, 0600), "open"));
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(count));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 * 1024);
    std::vector<ThreadJob> jobs(count);
    std::vector<pthread_t> threads(count);
    for (std::size_t i = 0; i < count; i++) {
        jobs[i] = {fd, args.number(2), static_cast<off_t>(i), &barrier};
        errno = pthread_create(&threads[i], &attributes, thread_body, &jobs[i]);
        if (errno != 0)
            die("pthread_create");
    }
    for (const pthread_t thread : threads)
        pthread_join(thread, nullptr);
    const std::uint64_t each = count * static_cast<std::uint64_t>(args.number(2));
    Facts().add("threads", count).add("reads", each).add("writes", each).print();
}

/// FILE N: N processes, at most 64 at a time; each writes one byte and ends.
inline void many_processes(const Args& args)
{
    const int fd =
        static_cast<int>(must(open(args.path(0), O_WRONLY | O_CREAT | O_APPEND, 0600), "open"));
    const long count = args.number(1);
    long alive = 0;
    for (long i = 0; i < count; i++) {
        if (alive == 64) {
            must(wait(nullptr), "wait");
            alive--;
        }
        spawn([fd] { must(write(fd, "p", 1), "write"); });
        alive++;
    }
    for (; alive > 0; alive--)
        must(wait(nullptr), "wait");
    Facts()
        .add("processes", static_cast<std::uint64_t>(count))
        .add("writes", static_cast<std::uint64_t>(count))
        .print();
}

/// FILE DEPTH N: N writes by this thread and N by another, then the same DEPTH - 1 in a child that
/// executes this program anew. DEPTH x 2 x N writes in all.
inline void descend(const Args& args)
{
    const long depth = args.number(1);
    const int fd = static_cast<int>(
        must(open(args.path(0), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), "open"));
    ThreadJob job{fd, args.number(2), 0, nullptr};
    const auto body = [](void* pointer) -> void* {
        const auto& mine = *static_cast<const ThreadJob*>(pointer);
        for (long i = 0; i < mine.rounds; i++)
            must(write(mine.fd, "d", 1), "write");
        return nullptr;
    };
    pthread_t thread{};
    errno = pthread_create(&thread, nullptr, body, &job);
    if (errno != 0)
        die("pthread_create");
    body(&job);
    pthread_join(thread, nullptr);
    if (depth <= 1)
        return;
    join(spawn([&args, depth] {
        const std::string deeper = std::to_string(depth - 1);
        execl("/proc/self/exe", "workload", "descend", args.path(0), deeper.c_str(), args.path(2),
              nullptr);
        die("exec");
    }));
}

} // namespace workload
