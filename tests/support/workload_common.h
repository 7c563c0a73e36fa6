// SPDX-License-Identifier: GPL-2.0-only
// What the scripted workloads share: arguments, clocks, children and the one line they print.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace workload {

inline constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;

[[noreturn]] inline void die(const std::string& what)
{
    std::fprintf(stderr, "workload: %s: %s\n", what.c_str(), std::strerror(errno));
    std::_Exit(70);
}

/// Ends the program where a call failed that the script takes for granted.
inline long must(long result, const char* what)
{
    if (result < 0)
        die(what);
    return result;
}

inline std::uint64_t now_ns()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * kNanosPerSecond +
           static_cast<std::uint64_t>(now.tv_nsec);
}

/// Sleeps at least that long; a signal does not cut it short.
inline void nap_ns(std::uint64_t nanoseconds)
{
    timespec rest{static_cast<time_t>(nanoseconds / kNanosPerSecond),
                  static_cast<long>(nanoseconds % kNanosPerSecond)};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

inline void nap_ms(std::uint64_t milliseconds)
{
    nap_ns(milliseconds * 1'000'000);
}

inline void set_comm(const char* name)
{
    must(prctl(PR_SET_NAME, name), "prctl");
}

/// The words after the subcommand.
class Args {
public:
    Args(int count, char** words) : words_(words, words + count) {}

    [[nodiscard]] const std::string& text(std::size_t index) const
    {
        if (index >= words_.size()) {
            errno = EINVAL;
            die("argument " + std::to_string(index + 1) + " is missing");
        }
        return words_[index];
    }
    [[nodiscard]] long number(std::size_t index) const { return std::atol(text(index).c_str()); }
    [[nodiscard]] double real(std::size_t index) const { return std::atof(text(index).c_str()); }
    [[nodiscard]] const char* path(std::size_t index) const { return text(index).c_str(); }

private:
    std::vector<std::string> words_;
};

/// The line of JSON in which a workload says what it did; one write to standard output.
class Facts {
public:
    Facts& add(const std::string& key, std::uint64_t value)
    {
        return raw(key, std::to_string(value));
    }
    Facts& seconds(const std::string& key, std::uint64_t nanoseconds)
    {
        char text[40];
        std::snprintf(text, sizeof text, "%.9f", static_cast<double>(nanoseconds) / 1e9);
        return raw(key, text);
    }
    Facts& raw(const std::string& key, const std::string& json)
    {
        text_ += (text_.empty() ? "{\"" : ",\"") + key + "\":" + json;
        return *this;
    }
    void print() const
    {
        const std::string line = (text_.empty() ? "{" : text_) + "}\n";
        if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
            die("standard output");
    }

private:
    std::string text_;
};

inline pid_t spawn(const std::function<void()>& body)
{
    const pid_t child = fork();
    must(child, "fork");
    if (child == 0) {
        body();
        _exit(0);
    }
    return child;
}

/// Waits for a child that is to end well.
inline void join(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            die("waitpid");
    }
    if (status != 0) {
        errno = ECHILD;
        die("a child failed");
    }
}

struct Pipe {
    int reader = -1;
    int writer = -1;

    Pipe()
    {
        int ends[2];
        must(pipe2(ends, O_CLOEXEC), "pipe2");
        reader = ends[0];
        writer = ends[1];
    }
};

inline void write_all(int fd, const char* data, std::size_t size)
{
    while (size > 0) {
        const ssize_t done = write(fd, data, size);
        must(done, "write");
        data += done;
        size -= static_cast<std::size_t>(done);
    }
}

using Subcommand = void (*)(const Args&);

} // namespace workload
