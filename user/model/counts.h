// SPDX-License-Identifier: GPL-2.0-only
// What was counted, by layer: cumulative in a Snapshot, a difference in an Interval.
#pragma once

#include "model/below.h"
#include "model/block.h"
#include "model/failure.h"
#include "model/helper.h"
#include "model/histogram.h"
#include "model/locks.h"
#include "model/lookup.h"
#include "model/nvme.h"
#include "model/words.h"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iopath {

/// Whom a wait was for: the waker's name and the time.
struct Via {
    std::string comm;
    Nanoseconds time{};
};

/// One stage of one row.
struct StageTime {
    Nanoseconds time{};
    Histogram histogram;  ///< over the operations that had the stage
    std::vector<Via> via; ///< longest first
};

struct TopProcess {
    int pid = 0;
    std::string comm;
    Nanoseconds time{};
};

/// What an operation was about, as the process saw it.
struct FileName {
    enum class What {
        nothing, ///< without a path: pipes, sockets, what is named by a path in the call only
        path,
        others ///< files for which there was no room
    } what = What::nothing;
    std::string path;     ///< raw, as the kernel has it
    bool cut = false;     ///< its front is missing
    bool deleted = false; ///< when the operations were made

    auto operator<=>(const FileName&) const = default;
};

/// What operations are told apart by. Empty fs, device: unknown. pid, comm, cgroup, file only with
/// --by.
struct OperationKey {
    Op op{};
    Target target{};
    std::optional<Target> peer_target; ///< splice only: the other end
    std::string fs;
    std::string device;
    int pid = 0;        ///< 0: not told apart by process
    std::string comm;   ///< with pid
    std::string cgroup; ///< path; empty: not told apart by cgroup
    std::optional<FileName> file;
    Interface interface {
    }; ///< how it was asked for

    auto operator<=>(const OperationKey&) const = default;
};

/// Pages of files that reads asked the page cache for.
struct CacheUse {
    std::uint64_t asked = 0;
    std::uint64_t missed = 0;               ///< of these: brought in by the operation that asked
    std::uint64_t added = 0;                ///< those, and what it brought in beyond
    std::optional<std::uint64_t> again = 0; ///< of the added: had been there before and had been
                                            ///< dropped for others; nothing: nobody told us

    [[nodiscard]] std::uint64_t hits() const { return asked > missed ? asked - missed : 0; }
    [[nodiscard]] std::uint64_t read_ahead() const { return added > missed ? added - missed : 0; }
    /// At least so many of those read ahead were not asked for afterwards: each that was is a hit.
    [[nodiscard]] std::uint64_t unused_at_least() const
    {
        return read_ahead() > hits() ? read_ahead() - hits() : 0;
    }
    void add(const CacheUse& more);
    void subtract(const CacheUse& earlier);
};

/// Pauses of writers for dirty page limits, and what held when they began, on average.
struct DirtyPauses {
    std::uint64_t count = 0;
    std::uint64_t strict = 0; ///< of these, where only the device's own limit had been passed
    /// Sums over the pauses, in bytes.
    std::uint64_t dirty = 0;
    std::uint64_t limit = 0;
    std::uint64_t background = 0;
    std::uint64_t device_dirty = 0;
    std::uint64_t device_limit = 0;
    std::uint64_t rate = 0; ///< allowed to the writer, a second

    /// One of the sums as a mean.
    [[nodiscard]] double mean(std::uint64_t sum) const
    {
        return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
    }
    void add(const DirtyPauses& more);
    void subtract(const DirtyPauses& earlier);
};

struct Operation {
    OperationKey key;
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
    std::uint64_t errors = 0;      ///< failed; includes would_block
    std::uint64_t would_block = 0; ///< EAGAIN and EINPROGRESS of non-blocking calls
    std::uint64_t interrupted = 0; ///< cut by a signal or to be restarted
    std::uint64_t imbalanced = 0;
    std::uint64_t voluntary = 0; ///< switches inside operations
    std::uint64_t involuntary = 0;
    Nanoseconds flush{}; ///< of stage device: the time of FLUSH requests
    Nanoseconds dirty{}; ///< of stage throttle: held back by dirty page limits
    std::array<Nanoseconds, kFileWaits> waits{}; ///< what waits were for, without `flush`
    std::uint64_t merged = 0; ///< operations that shared a commit with an earlier one
    CacheUse cache;           ///< of reads only; nothing asked: unknown, or not by the page cache
    Lookups lookups;          ///< of system calls
    DirtyPauses pauses;       ///< behind `dirty`
    std::array<std::uint64_t, kReclaims> reclaims{}; ///< behind stage reclaim, by kind
    Nanoseconds residual{}; ///< wall time less the sum of stages, as an absolute value
    Latency latency;
    std::array<StageTime, kStages> stages;
    std::vector<TopProcess> top; ///< longest first
    std::vector<Below> below;    ///< of an overlay, of FUSE; as far as it is known

    [[nodiscard]] const StageTime& stage(Stage which) const
    {
        return stages.at(static_cast<std::size_t>(which));
    }
    [[nodiscard]] StageTime& stage(Stage which)
    {
        return stages.at(static_cast<std::size_t>(which));
    }
    [[nodiscard]] Nanoseconds wait(FileWait which) const
    {
        return waits.at(static_cast<std::size_t>(which));
    }
};

struct Interrupt {
    std::string irq; ///< as in /proc/interrupts: "24", "LOC", "RES"
    std::string name;
    int cpu = 0;
    Latency latency;
};

struct Softirq {
    std::string vector; ///< as in /proc/softirqs
    int cpu = 0;
    Latency latency;
    Latency delay; ///< raised to entered
};

/// A process that asked for commits.
struct CommitAsker {
    int pid = 0;
    std::string comm; ///< empty: unknown
    std::uint64_t count = 0;
};

/// Commits of one file system's journal.
struct Commits {
    std::string device;
    Latency latency; ///< from the start of a commit to its end
    std::array<Nanoseconds, kCommitPhases> phases{};
    std::vector<CommitAsker> askers; ///< most first
    std::uint64_t by_timer = 0;      ///< the journal's own interval was over
    std::uint64_t sized = 0;         ///< commits of which the following is known
    std::uint64_t handles = 0;       ///< changes of the file system in them
    std::uint64_t blocks = 0;        ///< written to the journal

    /// Commits that were asked for before the watch began, or for nobody who waited.
    [[nodiscard]] std::uint64_t by_unseen() const;
};

struct Scheduler {
    std::uint64_t voluntary = 0;
    std::uint64_t involuntary = 0;
    std::uint64_t migrations = 0;
    Latency runqueue; ///< woken, or put off, to running
};

/// Batches by their size in powers of two: entry b counts those in (2^(b-1), 2^b], the last all
/// above.
struct Batches {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    std::uint64_t max = 0; ///< since attaching; of an interval it is an upper bound
    std::array<std::uint64_t, IOPATH_BATCH_BUCKETS> buckets{};
};

/// What rows do not tell of one asynchronous interface.
struct AsyncRequests {
    Interface interface {
    };
    std::uint64_t submitted = 0;
    std::uint64_t completed = 0;
    std::uint64_t shots = 0; ///< completions of multishot requests but their last
    std::array<std::uint64_t, kPunts> punted{};
    std::uint64_t in_flight_max = 0; ///< since attaching
    Batches batches;                 ///< requests per submitting call; not of polled queues
    Latency reap;                    ///< completed until taken by the application
    Latency total;                   ///< submitted until then
};

struct Counts {
    std::vector<Operation> operations;
    std::vector<Failure> failures; ///< of system calls
    std::vector<DirectoryLookups> directories;
    std::vector<BlockRequests> block;
    std::vector<BlockRequests> flush_sequences; ///< of preflush, data and postflush
    std::vector<BlockErrors> block_errors;
    std::vector<Interrupt> interrupts;
    std::vector<Softirq> softirqs;
    std::vector<Commits> commits;
    std::vector<Helper> helpers;
    std::vector<HandedOn> handed_on;
    std::vector<NvmeQueue> nvme;
    std::vector<AsyncRequests> async;
    std::vector<FileLockWaits> file_locks;
    std::vector<KernelLockWaits> kernel_locks;
    Scheduler scheduler;
    std::array<std::uint64_t, kLosses> losses{};
    std::uint64_t io_uring_enters = 0; ///< calls seen
    std::uint64_t aio_submits = 0;     ///< io_submit calls seen

    /// Takes away what had been counted at an earlier time of the same source.
    void subtract(const Counts& earlier);
};

} // namespace iopath
