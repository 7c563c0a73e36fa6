// SPDX-License-Identifier: GPL-2.0-only
#include "sys/processes.h"

#include "sys/parse.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace iopath {

namespace {

std::string proc_path(pid_t pid, std::string_view file)
{
    return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

std::vector<pid_t> numbers_in(const HostFiles& files, std::string_view directory)
{
    std::vector<pid_t> numbers;
    for (const auto& name : files.list(directory)) {
        if (const auto number = number_in<pid_t>(name))
            numbers.push_back(*number);
    }
    return numbers;
}

} // namespace

std::optional<Process> parse_stat(std::string_view text)
{
    // The name ends at the last parenthesis: only numbers come after it.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || open == 0 ||
        close < open || text.size() < close + 2)
        return std::nullopt;
    // proc(5) counts fields from 1, and these begin with the third.
    const auto fields = split(text.substr(close + 2), ' ');
    constexpr std::size_t kFirst = 3;
    constexpr std::size_t kStart = 22;
    if (fields.size() <= kStart - kFirst)
        return std::nullopt;

    Process process;
    process.pid = number_in<pid_t>(text.substr(0, open - 1)).value_or(0);
    process.comm = text.substr(open + 1, close - open - 1);
    process.state = fields[3 - kFirst].front();
    process.parent = number_in<pid_t>(fields[4 - kFirst]).value_or(0);
    process.session = number_in<pid_t>(fields[6 - kFirst]).value_or(0);
    process.threads = number_in<int>(fields[20 - kFirst]).value_or(0);
    process.start_ticks = number_in<std::uint64_t>(fields[kStart - kFirst]).value_or(0);
    if (process.pid <= 0)
        return std::nullopt;
    return process;
}

std::optional<Process> read_process(const HostFiles& files, pid_t pid)
{
    const auto text = files.read(proc_path(pid, "stat"));
    return text ? parse_stat(*text) : std::nullopt;
}

std::vector<Process> read_processes(const HostFiles& files)
{
    std::vector<Process> processes;
    for (const pid_t pid : numbers_in(files, "/proc")) {
        if (auto process = read_process(files, pid))
            processes.push_back(std::move(*process));
    }
    return processes;
}

std::string comm_of(const HostFiles& files, pid_t pid)
{
    // A name may hold a newline: only the last one is not its own.
    auto text = files.read(proc_path(pid, "comm"));
    if (!text)
        return "";
    if (text->ends_with('\n'))
        text->pop_back();
    return *text;
}

bool process_exists(const HostFiles& files, pid_t pid)
{
    const auto process = read_process(files, pid);
    return process && process->live();
}

int count_children(const HostFiles& files, pid_t pid)
{
    const auto all = read_processes(files);
    return static_cast<int>(std::ranges::count_if(
        all, [pid](const Process& process) { return process.parent == pid && process.live(); }));
}

std::vector<pid_t> descendants_of(const HostFiles& files, const std::vector<pid_t>& roots)
{
    std::multimap<pid_t, Process> by_parent;
    for (auto& process : read_processes(files))
        by_parent.emplace(process.parent, std::move(process));

    // A zombie has no children left, they were handed on; it needs no following.
    std::vector<pid_t> found;
    std::vector<pid_t> to_visit = roots;
    // The list was not read at one instant: a loop of parents must not hold us.
    std::unordered_set<pid_t> seen(roots.begin(), roots.end());
    while (!to_visit.empty()) {
        const pid_t parent = to_visit.back();
        to_visit.pop_back();
        const auto [first, last] = by_parent.equal_range(parent);
        for (auto it = first; it != last; ++it) {
            const Process& child = it->second;
            if (!child.live() || !seen.insert(child.pid).second)
                continue;
            found.push_back(child.pid);
            to_visit.push_back(child.pid);
        }
    }
    return found;
}

std::vector<pid_t> threads_of(const HostFiles& files, pid_t pid)
{
    return numbers_in(files, proc_path(pid, "task"));
}

bool in_cgroup(const HostFiles& files, pid_t pid, std::string_view cgroup)
{
    const auto text = files.read(proc_path(pid, "cgroup"));
    if (!text)
        return false;
    for (auto line : split(*text, '\n')) {
        // Lines of version 1 have a number of their own.
        if (!line.starts_with("0::"))
            continue;
        line.remove_prefix(3);
        if (cgroup == "/" || line == cgroup)
            return true;
        return line.starts_with(cgroup) && line[cgroup.size()] == '/';
    }
    return false;
}

} // namespace iopath
