// SPDX-License-Identifier: GPL-2.0-only
#include "app/options.h"

#include "generated/version.h"
#include "probes/plan.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

namespace iopath {

namespace {

constexpr const char* kAbout =
    "iopath tells where the time of your I/O goes: every read, write, sync, open, send...\n"
    "is a ledger whose stages (cpu, device, run queue, peer...) sum to its wall time.";

constexpr const char* kDiagnoseNotes =
    "\nExamples:\n"
    "  iopath diagnose -- fio job.fio        one command and all it starts\n"
    "  iopath diagnose --duration 30         the whole system for 30 seconds\n"
    "  iopath diagnose -p 1234,1240 --json   two processes, as JSON\n\n"
    "With a command the report goes to standard error and the exit status is the command's\n"
    "(128+signal if it was killed, 126 or 127 if it could not be run). Otherwise: 0 done,\n"
    "1 failed, 2 usage, 3 a privilege or a kernel feature is missing.\n"
    "Page faults of files mapped by mmap count as reads where they wait and where functions of\n"
    "the kernel can be watched. Interrupt and softirq figures are of the whole host; block\n"
    "requests are those that the scope asked for, and what the kernel may do for it: its\n"
    "journals, flushes and workers; writeback only of a cgroup, or of the whole system.\n";

std::set<std::string> words_of(const std::string& list)
{
    std::set<std::string> words;
    std::istringstream stream(list);
    for (std::string word; std::getline(stream, word, ',');) {
        if (!word.empty())
            words.insert(word);
    }
    return words;
}

/// "10", "10s", "1.5s", "250ms", "2m".
std::optional<Nanoseconds> duration_of(const std::string& text)
{
    std::size_t used = 0;
    double number = 0;
    try {
        number = std::stod(text, &used);
    } catch (const std::exception&) {
        return std::nullopt;
    }
    const std::string unit = text.substr(used);
    const double seconds = unit.empty() || unit == "s" ? number
                           : unit == "ms"              ? number / 1e3
                           : unit == "us"              ? number / 1e6
                           : unit == "m"               ? number * 60
                           : unit == "h"               ? number * 3600
                                                       : -1;
    constexpr double kLongest = 366.0 * 24 * 3600;
    if (!(seconds > 0) || seconds > kLongest)
        return std::nullopt;
    return std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(seconds));
}

// What CLI11 cannot check by itself: raw words, turned into values afterwards.
struct RawAttach {
    std::string no_attach;
    std::string reject;
    std::string boundary = "auto";
};

struct RawDiagnose {
    std::string pids;
    std::string op;
    std::string target;
    std::string by;
    std::string duration;
    std::string interval;
    std::string colour = "auto";
    RawAttach attach;
};

/// Only names that mean something, so that a typing error does not pass for a dark probe.
std::string take_forbidden(const std::string& list, std::set<std::string>& names)
{
    names = words_of(list);
    for (const std::string& name : names) {
        if (!can_be_forbidden(name))
            return "--no-attach: '" + name +
                   "' is no probe, layer or way of attaching (iopath doctor lists them)";
    }
    return "";
}

std::string take_boundary(const std::string& word, std::optional<Boundary>& boundary)
{
    for (const Boundary known : {Boundary::syscall, Boundary::function}) {
        if (word == name_of(known))
            boundary = known;
    }
    return boundary || word == "auto"
               ? ""
               : "--boundary: '" + word + "' is none of auto, syscall, function";
}

std::string take_attach(const RawAttach& raw, AttachOptions& options)
{
    options.reject = words_of(raw.reject);
    const std::string wrong = take_forbidden(raw.no_attach, options.no_attach);
    return wrong.empty() ? take_boundary(raw.boundary, options.boundary) : wrong;
}

std::string take_pids(const std::string& list, std::vector<int>& pids)
{
    for (const std::string& word : words_of(list)) {
        const bool digits = std::all_of(word.begin(), word.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
        if (!digits || word.size() > 9 || std::stoi(word) == 0)
            return "-p: '" + word + "' is no process id";
        pids.push_back(std::stoi(word));
    }
    return pids.empty() && !list.empty() ? "-p: no process id in '" + list + "'" : "";
}

std::string take_colour(const std::string& word, Colour& colour)
{
    if (word == "auto")
        colour = Colour::automatic;
    else if (word == "always")
        colour = Colour::always;
    else if (word == "never")
        colour = Colour::never;
    else
        return "--color: '" + word + "' is none of auto, always, never";
    return "";
}

std::string take_breakdown(const std::string& word, Breakdown& by)
{
    if (word.empty())
        return "";
    if (word == "process")
        by = Breakdown::process;
    else if (word == "cgroup")
        by = Breakdown::cgroup;
    else if (word == "device")
        by = Breakdown::device;
    else if (word == "fs")
        by = Breakdown::fs;
    else if (word == "file")
        by = Breakdown::file;
    else
        return "--by: '" + word + "' is none of process, cgroup, device, fs, file";
    return "";
}

std::string take_time(const char* option, const std::string& word, std::optional<Nanoseconds>& time)
{
    if (word.empty())
        return "";
    time = duration_of(word);
    return time ? ""
                : std::string(option) + ": '" + word +
                      "' is no duration above zero (try 10 or 500ms)";
}

template <std::size_t count>
std::string list_of(const std::array<std::string_view, count>& names)
{
    std::string list;
    for (const std::string_view name : names)
        list += (list.empty() ? "" : ", ") + std::string(name);
    return list;
}

/// Fills in the options from the raw words; returns what is wrong, or nothing.
std::string check(const RawDiagnose& raw, DiagnoseOptions& options)
{
    options.op = op_named(raw.op);
    if (!raw.op.empty() && !options.op)
        return "--op: '" + raw.op + "' is none of " + list_of(kOpNames);
    options.target = target_named(raw.target);
    if (!raw.target.empty() && !options.target)
        return "--target: '" + raw.target + "' is none of " + list_of(kTargetNames);
    if (options.comm.size() > 15)
        return "--comm: the kernel keeps 15 characters of a name; '" + options.comm + "' is longer";
    for (const std::string& wrong :
         {take_attach(raw.attach, options.attach), take_pids(raw.pids, options.pids),
          take_colour(raw.colour, options.colour), take_breakdown(raw.by, options.by),
          take_time("--duration", raw.duration, options.duration),
          take_time("--interval", raw.interval, options.interval)}) {
        if (!wrong.empty())
            return wrong;
    }
    const int scopes = (options.command.empty() ? 0 : 1) + (options.pids.empty() ? 0 : 1) +
                       (options.cgroup.empty() ? 0 : 1);
    return scopes > 1 ? "a command, -p and -c exclude each other" : "";
}

CLI::Validator not_empty()
{
    return {[](const std::string& word) { return word.empty() ? "must not be empty" : ""; }, ""};
}

/// CLI11 does not know of the command behind "--", which we take off before it.
class DiagnoseHelp : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override
    {
        return "Usage: iopath diagnose [OPTIONS] [-- COMMAND ARG...]\n";
    }
};

void add_attach_options(CLI::App& app, RawAttach& raw, AttachOptions& options)
{
    app.add_option("--boundary", raw.boundary,
                   "Where operations begin and end: auto, syscall, or function (reads, writes,\n"
                   "syncs, opens, sockets at the kernel's functions: other calls pay nothing)")
        ->type_name("WHERE");
    app.add_option("--btf", options.btf_file, "The kernel's types, where it has no BTF itself")
        ->type_name("FILE");
    app.add_option("--no-attach", raw.no_attach,
                   "Leave out probes or ways of attaching (see doctor)")
        ->type_name("NAME[,NAME]");
    app.add_option("--reject", raw.reject, "Have the verifier reject these programs")->group("");
}

void add_diagnose_options(CLI::App& app, RawDiagnose& raw, DiagnoseOptions& options)
{
    app.add_option("-p,--pid", raw.pids, "Only these processes")->type_name("PID[,PID]");
    app.add_option("-c,--cgroup", options.cgroup, "Only this cgroup (v2)")->type_name("PATH");
    app.add_option("--comm", options.comm, "Only threads of this name")->type_name("NAME");
    app.add_option("-d,--device", options.device, "Only this device (and its partitions)")
        ->type_name("DEVICE");
    app.add_option("--fs", options.fs, "Show only this file system type")->type_name("TYPE");
    app.add_option("--op", raw.op, "Only this op: " + list_of(kOpNames))->type_name("OP");
    app.add_option("--target", raw.target, "Show only this target: " + list_of(kTargetNames))
        ->type_name("TARGET");
    app.add_option("--by", raw.by, "Break rows down by process, cgroup, device, fs or file")
        ->type_name("WHAT");
    app.add_option("--duration", raw.duration, "How long to watch (default 10s; 500ms, 2m...)")
        ->type_name("TIME");
    app.add_option("--interval", raw.interval, "Repeat the report")->type_name("TIME");
    app.add_flag("--json", options.json, "One JSON document");
    app.add_option("-o,--output", options.output, "Write the report there")->type_name("FILE");
    app.add_option("--color", raw.colour, "auto, always or never")->type_name("WHEN");
    add_attach_options(app, raw.attach, options.attach);
    app.add_option("--max-rows", options.max_rows, "Room for so many rows")->group("");
    app.add_option("--max-files", options.max_files, "Room for so many files")->group("");
    app.add_option("--ready-fd", options.ready_fd, "Write a line there once attached")->group("");
    for (CLI::Option* option : app.get_options())
        option->check(not_empty());
    app.footer(kDiagnoseNotes);
    app.formatter(std::make_shared<DiagnoseHelp>());
}

CommandLine usage_error(const std::string& message, const std::string& command)
{
    CommandLine line;
    line.exit_status = 2;
    line.text = "iopath: " + message + "\nTry 'iopath" + (command.empty() ? "" : " ") + command +
                " --help'.\n";
    return line;
}

bool is_option(const std::string& word)
{
    return !word.empty() && word.front() == '-';
}

/// Everything behind the first "--" is the command of diagnose.
bool split_command(std::vector<std::string>& arguments, std::vector<std::string>& command)
{
    const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
    if (dashes == arguments.end())
        return false;
    command.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
    return true;
}

} // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments)
{
    CommandLine line;
    RawDiagnose raw;
    std::string doctor_colour = "auto";
    RawAttach doctor_attach;

    CLI::App app{kAbout, "iopath"};
    app.set_version_flag("--version", "iopath " IOPATH_VERSION);
    app.require_subcommand(1);
    CLI::App& diagnose = *app.add_subcommand("diagnose", "Watch, then say where the time went");
    add_diagnose_options(diagnose, raw, line.diagnose);
    CLI::App& doctor =
        *app.add_subcommand("doctor", "What this kernel lets us see, and what is dark and why");
    doctor.add_flag("--json", line.doctor.json, "One JSON document");
    doctor.add_option("--color", doctor_colour, "auto, always or never")->type_name("WHEN");
    add_attach_options(doctor, doctor_attach, line.doctor.attach);

    std::vector<std::string> own = arguments;
    const bool has_dashes = split_command(own, line.diagnose.command);
    if (!own.empty() && !is_option(own.front()) && own.front() != "diagnose" &&
        own.front() != "doctor")
        return usage_error("there is no command '" + own.front() + "', only diagnose and doctor",
                           "");
    std::reverse(own.begin(), own.end()); // CLI11 takes them from the back
    try {
        app.parse(own);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out;
        std::ostringstream err;
        const bool is_help = app.exit(error, out, err) == 0;
        if (!is_help)
            return usage_error(error.what(), diagnose.parsed() ? "diagnose" : "");
        line.text = out.str();
        return line;
    }
    if (doctor.parsed()) {
        line.command = CommandLine::Command::doctor;
        if (has_dashes)
            return usage_error("doctor takes no command", "doctor");
        std::string wrong = take_attach(doctor_attach, line.doctor.attach);
        if (wrong.empty())
            wrong = take_colour(doctor_colour, line.doctor.colour);
        return wrong.empty() ? line : usage_error(wrong, "doctor");
    }
    line.command = CommandLine::Command::diagnose;
    if (has_dashes && (line.diagnose.command.empty() || line.diagnose.command.front().empty()))
        return usage_error("there is no command behind --", "diagnose");
    const std::string wrong = check(raw, line.diagnose);
    return wrong.empty() ? line : usage_error(wrong, "diagnose");
}

} // namespace iopath
