// SPDX-License-Identifier: GPL-2.0-only
// The report: an interval with what the rules made of it. Outputs show this and nothing else.
#pragma once

#include "model/interval.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iopath {

enum class Severity { critical, major, minor, info };

std::string_view name_of(Severity severity);

struct Finding {
    std::string id; ///< contract.md, section 4
    std::string layer;
    Severity severity = Severity::info;
    double share = 0; ///< of the scope's operation time
    Nanoseconds time{};
    std::vector<std::pair<std::string, std::string>>
        subject;                       ///< what it is about: device, process, row
    std::string summary;               ///< one sentence
    std::vector<std::string> evidence; ///< the figures it rests on
    std::vector<std::string> advice;   ///< what to try, most useful first
};

struct Report {
    Interval interval;
    std::vector<Finding> findings; ///< worst first
    Nanoseconds operation_time{};  ///< of all operations, idle waits included
    Nanoseconds idle{};            ///< idle waits
    double os_tax = 0; ///< share of the non-idle time that the software in the box costs
    std::uint64_t operations = 0;
    std::uint64_t imbalanced = 0;
    Nanoseconds residual{};
};

/// Time of a row that waited for something to arrive (contract.md, idle wait).
Nanoseconds idle_time(const Operation& operation);

/// Whether idle waits count like any other time: for a command, waiting for a slow writer is the
/// question.
bool keeps_idle(const Scope& scope);

/// The time of a row by which it is ranked and judged: its wall time, less idle waits where the
/// scope leaves them out.
Nanoseconds judged_time(const Scope& scope, const Operation& operation);

/// Requests of an asynchronous interface that were open on average, by Little's law.
double mean_in_flight(const AsyncRequests& row, const Counts& counts, Nanoseconds length);

/// Those that went to worker threads.
std::uint64_t punted(const AsyncRequests& row);

/// The same of all rows: what shares of findings and the OS tax are taken of.
Nanoseconds judged_time(const Interval& interval);

} // namespace iopath
