// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "base/result.h"
#include "model/interval.h"
#include "probes/table.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace iopath {

enum class Colour { automatic, always, never };

/// How the kernel is to be watched.
struct AttachOptions {
    std::set<std::string> no_attach;  ///< ways, layers, probes, programs, flavours to leave out
    std::optional<Boundary> boundary; ///< nothing: what the kernel allows
    std::string btf_file;             ///< the kernel's types, in place of its own account of them
    std::set<std::string> reject;     ///< programs to spoil, for tests of what happens then
};

/// What `iopath diagnose` was asked for.
struct DiagnoseOptions {
    std::vector<std::string> command;
    std::vector<int> pids;
    std::string cgroup;
    std::string comm;
    std::string device; ///< show only what touches it
    std::string fs;
    std::optional<Op> op;
    std::optional<Target> target;
    Breakdown by = Breakdown::none;
    std::optional<Nanoseconds> duration; ///< none: 10 s, or while the command runs
    std::optional<Nanoseconds> interval; ///< repeat the report
    bool json = false;
    std::string output; ///< empty: standard output, or error with a command
    Colour colour = Colour::automatic;
    AttachOptions attach;
    std::uint32_t max_rows = 0;
    std::uint32_t max_files = 0;
    int ready_fd = -1; ///< told when everything is attached
};

struct DoctorOptions {
    bool json = false;
    Colour colour = Colour::automatic;
    AttachOptions attach;
};

/// The command line: which command, with what; or what to print and exit with instead.
struct CommandLine {
    enum class Command { diagnose, doctor, print } command = Command::print;
    DiagnoseOptions diagnose;
    DoctorOptions doctor;
    std::string text;    ///< with print: help or version for stdout, or the error for stderr
    int exit_status = 0; ///< with print; 2 for a usage error
};

CommandLine parse_command_line(const std::vector<std::string>& arguments);

} // namespace iopath
