// SPDX-License-Identifier: GPL-2.0-only
// Block requests, and who asked for them.
#pragma once

#include "model/histogram.h"
#include "model/words.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// Requests by size, by powers of two.
inline constexpr std::size_t kSizes = 32;
using Sizes = std::array<std::uint64_t, kSizes>;

/// Upper bound of a bucket of sizes in bytes, inclusive; 0 for the first: without data.
std::uint64_t size_bound(std::size_t bucket);
/// The bound of the bucket below which `q` (0..1) of the requests are; nothing of none.
std::optional<std::uint64_t> size_quantile(const Sizes& sizes, double q);

/// Waits of which no histogram is kept.
struct Waits {
    std::uint64_t count = 0;
    Nanoseconds time{};
    Nanoseconds max{}; ///< since attaching
};

/// On whose account requests are: enum iopath_submitter_kind of the programs, in its order.
enum class SubmitterKind { unknown, process, kernel, writeback };

std::string_view name_of(SubmitterKind kind);

/// Who asked for requests.
struct Submitter {
    SubmitterKind kind = SubmitterKind::unknown;
    int pid = 0;        ///< of a process or a kernel thread; 0: nobody in particular
    std::string comm;   ///< of a worker: what it works for
    std::string cgroup; ///< that is charged; empty: unknown
    std::string device; ///< with writeback: what is written back to
    std::string fs;     ///< with writeback: the file systems on it

    auto operator<=>(const Submitter&) const = default;
};

/// What one of them asked for.
struct Submitted {
    Submitter by;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    Nanoseconds time{}; ///< with the driver
};

struct BlockRequests {
    std::string device;
    std::string op; ///< read, write, flush, discard, write_zeroes, zone_append, other...
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t errors = 0; ///< also of requests that never came to the driver
    std::uint64_t merges = 0;
    std::uint64_t splits = 0; ///< bios cut as too large for one request
    std::uint64_t requeues = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t located = 0;                        ///< issues with data, of which
    std::uint64_t sequential = 0;                     ///< these began where a recent one ended
    std::uint64_t open = 0;                           ///< with the driver at the end
    Nanoseconds depth_time{};                         ///< time with the driver, as it passes
    std::array<std::uint64_t, kRequestFlags> flags{}; ///< requests that had them
    Sizes sizes{};
    Waits scheduler;                ///< of `queue`: inserted to issued
    Latency queue;                  ///< request allocated to issued
    Latency service;                ///< issued to completed
    std::vector<Submitted> by;      ///< longest first
    std::optional<Submitter> whose; ///< only with --by process or cgroup: all of `by` are alike

    void subtract(const BlockRequests& earlier);
    [[nodiscard]] bool is_zero() const;
};

/// Requests that failed alike.
struct BlockErrors {
    std::string device;
    std::string op;
    std::string status; ///< the kernel's, without BLK_STS_: "IOERR", "TIMEOUT", "MEDIUM"
    std::uint64_t count = 0;
    std::optional<std::uint64_t> sector; ///< of the first, in units of 512 bytes
    std::optional<std::uint64_t> last_sector;
    Submitter by; ///< of the last
};

/// What device `from` handed on to `device`, until it was done; of every scope.
struct HandedOn {
    std::string device;
    std::string from; ///< empty: all that came to `device`, from wherever
    std::string op;
    std::uint64_t count = 0;
    Nanoseconds time{};
};

} // namespace iopath
