// SPDX-License-Identifier: GPL-2.0-only
#include "app/diagnose.h"

#include "analyze/report.h"
#include "analyze/select.h"
#include "app/child.h"
#include "app/console.h"
#include "app/device_filter.h"
#include "app/fs_filter.h"
#include "app/session.h"
#include "app/signals.h"
#include "app/sink.h"
#include "output/json/json.h"
#include "output/terminal/terminal.h"
#include "sys/host.h"
#include "sys/processes.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace iopath {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kDefaultDuration = seconds(10);
// The kernel's own statistics are on for this long, this often.
constexpr Nanoseconds kCostWindow = milliseconds(10);
constexpr Nanoseconds kCostPause = milliseconds(990);

/// One run of the command, from the options to the exit status.
class Diagnosis {
public:
    explicit Diagnosis(DiagnoseOptions options) : options_(std::move(options)) {}
    int run();

private:
    Status prepare();
    int start_command();
    void watch(Signals& signals);
    void end_command(Signals& signals);
    bool handle(const Signal& signal);
    std::optional<Nanoseconds> next_pause() const;
    void turn_cost_window();
    void report(bool last);
    void fail(const Error& error, int status);

    DiagnoseOptions options_;
    HostFiles files_;
    std::optional<Sink> sink_;
    std::optional<Cgroup> cgroup_;
    std::optional<Child> child_;
    std::unique_ptr<Session> session_;
    std::optional<Clock::time_point> deadline_;
    std::optional<Clock::time_point> next_report_;
    Clock::time_point next_turn_;
    int exit_status_ = 0;
};

void Diagnosis::fail(const Error& error, int status)
{
    complain(error);
    exit_status_ = status;
}

/// All that can be found wrong before anything runs.
Status Diagnosis::prepare()
{
    if (options_.output.empty()) {
        sink_ = options_.command.empty() ? Sink::standard_output() : Sink::standard_error();
    } else {
        auto file = Sink::file(options_.output);
        if (!file)
            return file.error();
        sink_ = std::move(*file);
    }
    if (!options_.cgroup.empty()) {
        auto cgroup = open_cgroup(files_, options_.cgroup);
        if (!cgroup)
            return cgroup.error();
        cgroup_ = std::move(*cgroup);
    }
    if (!options_.device.empty()) {
        auto device = find_device(files_, options_.device);
        if (!device)
            return device.error();
        options_.device = std::move(*device);
    }
    if (!options_.fs.empty()) {
        if (Status known = check_file_system(files_, options_.fs, read_host(files_).kernel); !known)
            return known;
    }
    for (const int pid : options_.pids) {
        if (!process_exists(files_, pid))
            return Error{"no such process:", std::to_string(pid), 0,
                         "it may have ended; see ps -p " + std::to_string(pid)};
    }
    return {};
}

/// 0, or the exit status of a command that could not be run.
int Diagnosis::start_command()
{
    if (Status followed = session_->follow(child_->pid()); !followed) {
        fail(followed.error(), kExitMissing);
        return exit_status_;
    }
    session_->begin();
    if (Status started = child_->let_go(); !started) {
        complain(started.error());
        return child_->wait_ended();
    }
    return 0;
}

/// True when the watch is to end.
bool Diagnosis::handle(const Signal& signal)
{
    if (signal.number == SIGCHLD)
        return child_ && child_->poll_ended();
    if (!child_)
        return true;
    // The terminal has sent its SIGINT to the command, too.
    if (!signal.from_terminal)
        child_->send(signal.number);
    return false;
}

void Diagnosis::turn_cost_window()
{
    CostMeter& meter = session_->cost_meter();
    if (meter.is_open())
        meter.close_window();
    else
        meter.open_window();
    next_turn_ = Clock::now() + (meter.is_open() ? kCostWindow : kCostPause);
}

std::optional<Nanoseconds> Diagnosis::next_pause() const
{
    auto next = next_turn_;
    if (deadline_)
        next = std::min(next, *deadline_);
    if (next_report_)
        next = std::min(next, *next_report_);
    return std::max(Nanoseconds(next - Clock::now()), Nanoseconds::zero());
}

void Diagnosis::watch(Signals& signals)
{
    turn_cost_window();
    for (;;) {
        if (const auto signal = signals.wait(next_pause()); signal && handle(*signal))
            return;
        const auto now = Clock::now();
        if (deadline_ && now >= *deadline_)
            return;
        if (now >= next_turn_) {
            turn_cost_window();
            session_->look_around();
        }
        if (next_report_ && now >= *next_report_) {
            report(false);
            *next_report_ += *options_.interval;
        }
    }
}

void Diagnosis::report(bool last)
{
    session_->cost_meter().close_window();
    Interval interval = session_->take_interval(last);
    if (child_) {
        CommandEnd end;
        const auto status = child_->poll_ended();
        end.status = status.value_or(0);
        if (const auto live = session_->live_members())
            end.descendants_left = *live - (status ? 0 : 1);
        if (status)
            interval.command_end = end;
    }
    Selection selection{options_.device, options_.fs, options_.target, {}, options_.by};
    if (!options_.fs.empty())
        selection.fs_devices = session_->devices_with(options_.fs);
    select(interval, selection);
    const Report report = make_report(std::move(interval));
    const std::string text = options_.json
                                 ? report_json(report) + "\n"
                                 : render_report(report, style_for(*sink_, options_.colour));
    if (Status written = sink_->write(text); !written)
        fail(written.error(), kExitFailed);
}

/// A command that outlives the watch is waited for: its exit status is ours.
void Diagnosis::end_command(Signals& signals)
{
    while (!child_->poll_ended()) {
        if (const auto signal = signals.wait(std::nullopt))
            handle(*signal);
    }
    if (exit_status_ == 0 || child_->wait_ended() != 0)
        exit_status_ = child_->wait_ended();
}

int Diagnosis::run()
{
    if (Status ready = prepare(); !ready) {
        fail(ready.error(), kExitFailed);
        return exit_status_;
    }
    auto signals = Signals::take();
    if (!signals) {
        fail(signals.error(), kExitFailed);
        return exit_status_;
    }
    if (!options_.command.empty()) {
        auto child = Child::prepare(options_.command, signals->outer_mask());
        if (!child) {
            fail(child.error(), kExitFailed);
            return exit_status_;
        }
        child_.emplace(std::move(*child));
    }
    auto session = Session::open(files_, options_, cgroup_);
    if (!session) {
        fail(session.error(), kExitMissing);
        return exit_status_;
    }
    session_ = std::move(*session);
    session_->begin(); // first: who waits for us may be at work before we run again
    if (options_.ready_fd >= 0 && write(options_.ready_fd, "ready\n", 6) < 0)
        complain({"cannot write to --ready-fd", std::to_string(options_.ready_fd), errno, ""});
    if (child_) {
        if (const int status = start_command(); status != 0)
            return status;
    }
    if (options_.duration || !child_)
        deadline_ = Clock::now() + options_.duration.value_or(kDefaultDuration);
    if (options_.interval)
        next_report_ = Clock::now() + *options_.interval;
    watch(*signals);
    report(true);
    if (child_)
        end_command(*signals);
    return exit_status_;
}

} // namespace

int run_diagnose(const DiagnoseOptions& options)
{
    return Diagnosis(options).run();
}

} // namespace iopath
