// SPDX-License-Identifier: GPL-2.0-only
#include "app/child.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace iopath {

namespace {

/// What the new process does until it is the command: nothing but wait. Returns only by _exit.
[[noreturn]] void become(const std::vector<std::string>& command, const sigset_t& mask, int go,
                         int error)
{
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str())); // NOLINT: execvp does not write
    arguments.push_back(nullptr);

    char byte = 0;
    ssize_t length = 0;
    while ((length = read(go, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (length != 1)
        _exit(125); // iopath has gone, or gives up
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGPIPE, &standard, nullptr);
    sigprocmask(SIG_SETMASK, &mask, nullptr);
    execvp(arguments.front(), arguments.data());
    const int why = errno;
    [[maybe_unused]] const ssize_t told = write(error, &why, sizeof(why));
    _exit(why == ENOENT ? 127 : 126);
}

int shell_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Child::Child(pid_t pid, Fd go, Fd error, std::string name)
    : pid_(pid), go_(std::move(go)), error_(std::move(error)), name_(std::move(name))
{
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), go_(std::move(other.go_)),
      error_(std::move(other.error_)), name_(std::move(other.name_)), status_(other.status_)
{
}

Child::~Child()
{
    if (pid_ < 0 || status_)
        return;
    if (go_) {
        go_.reset(); // never let go: it ends by itself
        wait_ended();
    }
}

Result<Child> Child::prepare(const std::vector<std::string>& command, const sigset_t& mask)
{
    int go[2];
    int error[2];
    if (pipe2(go, O_CLOEXEC) != 0)
        return Error{"cannot make a pipe", "", errno, ""};
    Fd go_read(go[0]);
    Fd go_write(go[1]);
    if (pipe2(error, O_CLOEXEC) != 0)
        return Error{"cannot make a pipe", "", errno, ""};
    Fd error_read(error[0]);
    Fd error_write(error[1]);
    const pid_t pid = fork();
    if (pid < 0)
        return Error{"cannot fork", "", errno, ""};
    if (pid == 0) {
        go_write.reset();
        error_read.reset();
        become(command, mask, go_read.get(), error_write.get());
    }
    return Child(pid, std::move(go_write), std::move(error_read), command.front());
}

Status Child::let_go()
{
    const char byte = 1;
    if (write(go_.get(), &byte, 1) != 1)
        return Error{"cannot start", name_, errno, ""};
    go_.reset();
    int why = 0;
    ssize_t length = 0;
    while ((length = read(error_.get(), &why, sizeof(why))) < 0 && errno == EINTR) {
    }
    error_.reset();
    if (length != sizeof(why))
        return {}; // closed by a successful exec
    wait_ended();
    if (why == ENOENT)
        return Error{"cannot run", name_, why, "not found; check the name and PATH"};
    return Error{"cannot run", name_, why, "is it executable?"};
}

std::optional<int> Child::poll_ended()
{
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_)
        status_ = shell_status(status);
    return status_;
}

int Child::wait_ended()
{
    int status = 0;
    while (!status_) {
        if (waitpid(pid_, &status, 0) == pid_)
            status_ = shell_status(status);
        else if (errno != EINTR)
            status_ = 1;
    }
    return *status_;
}

void Child::send(int signal_number) const
{
    if (pid_ > 0 && !status_)
        kill(pid_, signal_number);
}

} // namespace iopath
