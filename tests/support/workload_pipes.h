// SPDX-License-Identifier: GPL-2.0-only
// Scripted waiting: pipes, FIFOs, unix sockets, file locks, signals, stops.
#pragma once

#include "workload_common.h"

#include <pthread.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <vector>

namespace workload {

/// N: two processes hand one byte to and fro N times over two pipes.
inline void ping_pong(const Args& args)
{
    const long rounds = args.number(0);
    const Pipe to;
    const Pipe fro;
    char byte = 'x';
    const pid_t child = spawn([&] {
        set_comm("wl-pong");
        for (long i = 0; i < rounds; i++) {
            must(read(to.reader, &byte, 1), "read");
            must(write(fro.writer, &byte, 1), "write");
        }
    });
    set_comm("wl-ping");
    const std::uint64_t start = now_ns();
    for (long i = 0; i < rounds; i++) {
        must(write(to.writer, &byte, 1), "write");
        must(read(fro.reader, &byte, 1), "read");
    }
    const std::uint64_t spent = now_ns() - start;
    join(child);
    const auto each = 2 * static_cast<std::uint64_t>(rounds);
    Facts().add("reads", each).add("writes", each).seconds("seconds", spent).print();
}

/// slow-reader|slow-writer N SIZE MICROSECONDS: N writes of SIZE through a pipe; the slow end
/// sleeps before each of its calls.
inline void pipe_stream(const Args& args)
{
    const bool slow_reader = args.text(0) == "slow-reader";
    const long count = args.number(1);
    const auto size = static_cast<std::size_t>(args.number(2));
    const auto nap = static_cast<std::uint64_t>(args.number(3)) * 1000;
    const Pipe stream;
    const std::string data(size, 's');
    const pid_t child = spawn([&] {
        set_comm("wl-reader");
        close(stream.writer);
        std::string buffer(size, 0);
        ssize_t got = 1;
        while (got > 0) {
            if (slow_reader)
                nap_ns(nap);
            got = read(stream.reader, buffer.data(), size);
        }
        must(got, "read");
    });
    set_comm("wl-writer");
    close(stream.reader);
    std::uint64_t inside = 0;
    for (long i = 0; i < count; i++) {
        if (!slow_reader)
            nap_ns(nap);
        const std::uint64_t start = now_ns();
        must(write(stream.writer, data.data(), size), "write");
        inside += now_ns() - start;
    }
    close(stream.writer);
    join(child);
    Facts()
        .add("writes", static_cast<std::uint64_t>(count))
        .add("bytes", static_cast<std::uint64_t>(count) * size)
        .seconds("write_seconds", inside)
        .print();
}

/// PATH: prints its line, then blocks in a read of the FIFO until killed.
inline void fifo_reader(const Args& args)
{
    const int fd = static_cast<int>(must(open(args.path(0), O_RDWR), "open"));
    Facts().add("pid", static_cast<std::uint64_t>(getpid())).print();
    char byte = 0;
    must(read(fd, &byte, 1), "read");
}

/// MS: leaves a child behind that is blocked in a read of an empty pipe; ends MS later itself.
inline void leave_reader(const Args& args)
{
    const Pipe empty;
    const pid_t child = spawn([&] {
        set_comm("wl-left");
        alarm(5); // so that nothing is left behind for good
        char byte = 0;
        must(read(empty.reader, &byte, 1), "read");
    });
    nap_ms(static_cast<std::uint64_t>(args.number(0)));
    Facts().add("pid", static_cast<std::uint64_t>(child)).print();
    // The write end lives on in the child, so its read stays blocked.
}

/// N SECONDS PERIOD_MS: N threads wait on an empty pipe each; with a period above 0 each is given a
/// byte that often.
inline void idle_threads(const Args& args)
{
    const auto count = static_cast<std::size_t>(args.number(0));
    const auto length = static_cast<std::uint64_t>(args.real(1) * 1e9);
    const auto period = static_cast<std::uint64_t>(args.number(2)) * 1'000'000;
    set_comm("wl-idle");
    std::vector<Pipe> pipes(count);
    std::vector<pthread_t> threads(count);
    for (std::size_t i = 0; i < count; i++)
        pthread_create(
            &threads[i], nullptr,
            [](void* pointer) -> void* {
                char byte = 0;
                while (byte != 'q')
                    must(read(static_cast<Pipe*>(pointer)->reader, &byte, 1), "read");
                return nullptr;
            },
            &pipes[i]);
    const std::uint64_t start = now_ns();
    while (period > 0 && now_ns() - start < length) {
        nap_ns(period);
        for (const Pipe& each : pipes)
            must(write(each.writer, "i", 1), "write");
    }
    if (period == 0)
        nap_ns(length);
    for (const Pipe& each : pipes)
        must(write(each.writer, "q", 1), "write");
    for (const pthread_t thread : threads)
        pthread_join(thread, nullptr);
    Facts().add("threads", count).print();
}

inline volatile sig_atomic_t alarms_left = 0;
inline int alarm_pipe = -1;

/// SIGALRM every 2 ms until this process has ended: from a timer of its own, or from a child.
inline void start_alarms(bool by_child)
{
    if (!by_child) {
        const itimerval every{{0, 2000}, {0, 2000}};
        setitimer(ITIMER_REAL, &every, nullptr);
        return;
    }
    const pid_t parent = getpid();
    spawn([parent] {
        while (getppid() == parent) {
            nap_ms(2);
            kill(parent, SIGALRM);
        }
    });
}

/// restart|norestart N timer|kill: a read of an empty pipe cut N times by SIGALRM, each time after
/// 2 ms; the last alarm also writes the byte that lets a restarted read end.
inline void interrupted(const Args& args)
{
    const bool restart = args.text(0) == "restart";
    const long count = args.number(1);
    const Pipe empty;
    alarm_pipe = empty.writer;
    alarms_left = static_cast<sig_atomic_t>(count);
    struct sigaction action {};
    action.sa_flags = restart ? SA_RESTART : 0;
    action.sa_handler = [](int) {
        alarms_left = alarms_left - 1;
        if (alarms_left == 0) {
            signal(SIGALRM, SIG_IGN);
            must(write(alarm_pipe, "a", 1), "write");
        }
    };
    sigaction(SIGALRM, &action, nullptr);
    const std::uint64_t start = now_ns();
    start_alarms(args.text(2) == "kill");
    char byte = 0;
    std::uint64_t calls = 0;
    std::uint64_t cut = 0;
    while (true) {
        const ssize_t got = read(empty.reader, &byte, 1);
        calls++;
        if (got == 1)
            break;
        if (errno != EINTR)
            die("read");
        cut++;
    }
    Facts()
        .add("calls", calls)
        .add("cut", cut)
        .add("alarms", static_cast<std::uint64_t>(count))
        .seconds("seconds", now_ns() - start)
        .print();
}

/// N: two processes hand one byte to and fro N times over a unix socket pair.
inline void unix_ping(const Args& args)
{
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    const long rounds = args.number(0);
    char byte = 'u';
    const pid_t child = spawn([&] {
        for (long i = 0; i < rounds; i++) {
            must(recv(ends[1], &byte, 1, 0), "recv");
            must(send(ends[1], &byte, 1, 0), "send");
        }
    });
    for (long i = 0; i < rounds; i++) {
        must(send(ends[0], &byte, 1, 0), "send");
        must(recv(ends[0], &byte, 1, 0), "recv");
    }
    join(child);
    const auto each = 2 * static_cast<std::uint64_t>(rounds);
    Facts().add("sends", each).add("recvs", each).print();
}

/// Locks a file or its first byte, or unlocks it: by flock, posix or ofd.
inline void lock_file(const std::string& kind, int fd, bool on)
{
    if (kind == "flock") {
        must(flock(fd, on ? LOCK_EX : LOCK_UN), "flock");
        return;
    }
    struct flock region {};
    region.l_type = static_cast<short>(on ? F_WRLCK : F_UNLCK);
    region.l_whence = SEEK_SET;
    region.l_len = 1;
    must(fcntl(fd, kind == "ofd" ? F_OFD_SETLKW : F_SETLKW, &region), "fcntl");
}

/// FILE N MICROSECONDS flock|posix|ofd: N times a process asks for a lock that another holds that
/// long.
inline void flock_wait(const Args& args)
{
    const std::string& kind = args.text(3);
    const long count = args.number(1);
    const auto hold = static_cast<std::uint64_t>(args.number(2)) * 1000;
    const Pipe held;
    const Pipe done;
    char byte = 'l';
    const int first = static_cast<int>(must(open(args.path(0), O_RDWR | O_CREAT, 0600), "open"));
    const pid_t holder = spawn([&] {
        set_comm("wl-holder");
        for (long i = 0; i < count; i++) {
            lock_file(kind, first, true);
            must(write(held.writer, &byte, 1), "write");
            nap_ns(hold);
            lock_file(kind, first, false);
            must(read(done.reader, &byte, 1), "read");
        }
    });
    set_comm("wl-waiter");
    const int second = static_cast<int>(must(open(args.path(0), O_RDWR), "open"));
    std::uint64_t waited = 0;
    for (long i = 0; i < count; i++) {
        must(read(held.reader, &byte, 1), "read");
        const std::uint64_t start = now_ns();
        lock_file(kind, second, true);
        waited += now_ns() - start;
        lock_file(kind, second, false);
        must(write(done.writer, &byte, 1), "write");
    }
    join(holder);
    Facts()
        .add("locks", 4 * static_cast<std::uint64_t>(count))
        .seconds("waited_seconds", waited)
        .print();
}

/// FILE THREADS N SIZE one|own: each thread writes N times SIZE bytes at the start of a file, of
/// all or of its own.
inline void crowd(const Args& args)
{
    const bool own = args.text(4) == "own";
    const std::vector<char> data(static_cast<std::size_t>(args.number(3)), 'x');
    std::vector<std::thread> threads;
    const auto opened = [](const std::string& path) {
        return static_cast<int>(must(open(path.c_str(), O_RDWR | O_CREAT, 0600), "open"));
    };
    const int shared = opened(args.text(0));
    for (long i = 0; i < args.number(1); i++) {
        const int fd = own ? opened(args.text(0) + std::to_string(i)) : shared;
        threads.emplace_back([&data, fd, count = args.number(2)] {
            for (long n = 0; n < count; n++)
                must(pwrite(fd, data.data(), data.size(), 0), "pwrite");
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    Facts().print();
}

/// A child blocked in a pipe read for 0.2 s, stopped for 0.5 s, continued, given its byte 0.2 s on.
inline void stopped(const Args&)
{
    const Pipe stream;
    const pid_t child = spawn([&] {
        char byte = 0;
        must(read(stream.reader, &byte, 1), "read");
    });
    nap_ms(200);
    kill(child, SIGSTOP);
    nap_ms(500);
    kill(child, SIGCONT);
    nap_ms(200);
    must(write(stream.writer, "c", 1), "write");
    join(child);
    Facts().seconds("blocked_seconds", 400'000'000).seconds("stopped_seconds", 500'000'000).print();
}

} // namespace workload
