// SPDX-License-Identifier: GPL-2.0-only
#include "probes/libbpf_log.h"

#include <bpf/libbpf.h>
#include <cstdio>
#include <mutex>
#include <sstream>

namespace iopath {

namespace {

constexpr std::size_t kLineLimit = 65536;

std::string& thread_log()
{
    thread_local std::string log;
    return log;
}

int collect_line(libbpf_print_level level, const char* format, va_list arguments)
{
    if (level == LIBBPF_DEBUG)
        return 0;
    std::string line(kLineLimit, '\0');
    const int length = vsnprintf(line.data(), line.size(), format, arguments);
    if (length > 0)
        thread_log().append(line, 0, std::min<std::size_t>(length, line.size() - 1));
    return 0;
}

// The verifier's last words before libbpf's own closing line.
std::string verdict(const std::string& log)
{
    std::istringstream lines(log);
    std::string line;
    std::string last;
    while (std::getline(lines, line)) {
        const bool is_summary = line.rfind("processed ", 0) == 0 || line.rfind("libbpf", 0) == 0 ||
                                line.rfind("-- ", 0) == 0 || line.rfind("prog '", 0) == 0;
        const bool is_state = line.find(": (") != std::string::npos || line.rfind("; ", 0) == 0;
        if (!line.empty() && !is_summary && !is_state)
            last = line;
        if (line.rfind("-- END", 0) == 0)
            break;
    }
    return last;
}

} // namespace

LibbpfLog::LibbpfLog()
{
    static std::once_flag once;
    std::call_once(once, [] { libbpf_set_print(collect_line); });
    thread_log().clear();
}

LibbpfLog::~LibbpfLog()
{
    thread_log().clear();
}

const std::string& LibbpfLog::text() const
{
    return thread_log();
}

std::pair<std::string, std::string> refused_program(const std::string& log)
{
    const std::string mark = "prog '";
    const auto failed = log.find("BPF program load failed: ");
    const auto at = failed == std::string::npos ? log.find(mark) : log.rfind(mark, failed);
    if (at == std::string::npos)
        return {};
    const auto begin = at + mark.size();
    const auto end = log.find('\'', begin);
    if (end == std::string::npos)
        return {};
    std::string why = log.substr(end + 3, log.find('\n', end) - end - 3);
    if (const auto last = verdict(log.substr(log.find('\n', end) + 1)); !last.empty())
        why += " (" + last + ")";
    return {log.substr(begin, end - begin), why};
}

} // namespace iopath
