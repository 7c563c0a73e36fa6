// SPDX-License-Identifier: GPL-2.0-only
// Small pieces of what the kernel writes: names, records of the task iterator, time by process.
#pragma once

#include "bpf/iopath.h"
#include "model/counts.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>

namespace iopath {

/// A name of fixed size, which need not end in a zero.
template <std::size_t size>
std::string fixed_string(const char (&text)[size])
{
    return {text, strnlen(text, size)};
}

/// The name under which a helper's work is added up: "kworker/u8:3" is "kworker", "jbd2/sda1-8"
/// stays.
std::string helper_name(const std::string& comm);

/// "/home/user" of the names that lead upwards: "user", "home"; of none "/", the root itself.
std::string path_of(const iopath_names& names);

/// Calls `use` with every record that the task iterator wrote.
template <typename Use>
void each_record(const std::string& tasks, Use use)
{
    iopath_task_record record{};
    for (std::size_t at = 0; at + sizeof(record) <= tasks.size(); at += sizeof(record)) {
        std::memcpy(&record, tasks.data() + at, sizeof(record));
        use(record);
    }
}

/// Adds up time by row and process: threads and their remainders belong together.
class TopTable {
public:
    void add(std::uint32_t row, std::uint32_t tgid, const std::string& comm, Nanoseconds time);

    template <typename Use>
    void each(Use use) const
    {
        for (const auto& [place, process] : table_)
            use(place.first, process);
    }

private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, TopProcess> table_;
};

/// Buckets, sum and maximum as the programs keep them.
Latency latency_of(const iop_u64* buckets, iop_u64 sum_ns, iop_u64 max_ns);
Latency latency_of(const iopath_latency& sums);

} // namespace iopath
