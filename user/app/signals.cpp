// SPDX-License-Identifier: GPL-2.0-only
#include "app/signals.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace iopath {

Result<Signals> Signals::take()
{
    sigset_t ours;
    sigset_t outer;
    sigemptyset(&ours);
    for (const int number : {SIGINT, SIGTERM, SIGCHLD})
        sigaddset(&ours, number);
    if (sigprocmask(SIG_BLOCK, &ours, &outer) != 0)
        return Error{"cannot block signals", "", errno, ""};
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
    // A shell in a pipeline may have us ignore SIGCHLD; then children could not be waited for.
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &standard, nullptr);
    Fd fd(signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd)
        return Error{"cannot wait for signals", "", errno, ""};
    return Signals(std::move(fd), outer);
}

Signals::~Signals()
{
    if (fd_)
        sigprocmask(SIG_SETMASK, &outer_, nullptr);
}

std::optional<Signal> Signals::wait(std::optional<Nanoseconds> at_most)
{
    using std::chrono::duration_cast;
    const auto deadline = std::chrono::steady_clock::now() + at_most.value_or(Nanoseconds::zero());
    for (;;) {
        signalfd_siginfo info{};
        if (read(fd_.get(), &info, sizeof(info)) == sizeof(info))
            return Signal{static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
        timespec rest{};
        if (at_most) {
            const auto left =
                std::max(duration_cast<Nanoseconds>(deadline - std::chrono::steady_clock::now()),
                         Nanoseconds::zero());
            if (left == Nanoseconds::zero())
                return std::nullopt;
            const auto seconds = duration_cast<std::chrono::seconds>(left);
            rest.tv_sec = seconds.count();
            rest.tv_nsec = (left - seconds).count();
        }
        pollfd waiting{fd_.get(), POLLIN, 0};
        ppoll(&waiting, 1, at_most ? &rest : nullptr, nullptr);
    }
}

} // namespace iopath
