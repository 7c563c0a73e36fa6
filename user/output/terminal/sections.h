// SPDX-License-Identifier: GPL-2.0-only
// The sections of the report, in the order in which it shows them; only for output/terminal.
#pragma once

#include "output/terminal/page.h"

namespace iopath::terminal {

void header(Page& page, const Report& report);
void operations(Page& page, const Report& report);
void failures(Page& page, const Interval& interval);
void directories(Page& page, const Interval& interval);
void async_requests(Page& page, const Interval& interval);
void block_requests(Page& page, const Interval& interval);
void failed_requests(Page& page, const Interval& interval);
void nvme_queues(Page& page, const Interval& interval);
void kernel_locks(Page& page, const Interval& interval);
void file_locks(Page& page, const Interval& interval);
void commits(Page& page, const Interval& interval);
void helpers(Page& page, const Interval& interval);
void interrupts(Page& page, const Interval& interval);
void scheduler(Page& page, const Interval& interval);
void os_tax(Page& page, const Report& report);
void findings(Page& page, const Report& report);
void in_flight(Page& page, const Interval& interval);
void closing(Page& page, const Report& report);

/// "12,345", "1.23M": exact up to `exact`, as long as it fits its column.
std::string count_text(std::uint64_t count, std::uint64_t exact = 999'999);
/// An unknown name is a dash; blanks would shift the eye.
std::string text_or_dash(const std::string& text);
/// "36.0us", or "-" of nothing.
std::string quantile_text(const Latency& latency, double q);
/// A line for a file: its end, which tells more than its beginning; safe to print.
std::string path_text(std::string_view raw, bool deleted, std::size_t columns, Charset charset);
/// "fio[1234]".
std::string process_name(const std::string& comm, int pid);

} // namespace iopath::terminal
