// SPDX-License-Identifier: GPL-2.0-only
#include "model/counts.h"

#include "model/take.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace iopath {

namespace {

void subtract_row(Via& row, const Via& earlier)
{
    take(row.time, earlier.time);
}

void subtract_row(TopProcess& row, const TopProcess& earlier)
{
    take(row.time, earlier.time);
}

auto key_of(const Via& row)
{
    return std::tie(row.comm);
}
auto key_of(const TopProcess& row)
{
    return std::tie(row.pid, row.comm);
}
const OperationKey& key_of(const Operation& row)
{
    return row.key;
}
auto key_of(const BlockRequests& row)
{
    return std::tie(row.device, row.op, row.whose);
}
auto key_of(const HandedOn& row)
{
    return std::tie(row.device, row.from, row.op);
}
auto key_of(const NvmeQueue& row)
{
    return std::tie(row.device, row.qid, row.cpu);
}
auto key_of(const BlockErrors& row)
{
    return std::tie(row.device, row.op, row.status);
}
auto key_of(const Failure& row)
{
    return std::tie(row.pid, row.op, row.target, row.fs, row.device, row.error, row.path, row.cut,
                    row.deleted, row.address);
}
auto key_of(const DirectoryLookups& row)
{
    return std::tie(row.path, row.cut, row.fs, row.device);
}
auto key_of(const Interrupt& row)
{
    return std::tie(row.irq, row.name, row.cpu);
}
auto key_of(const AsyncRequests& row)
{
    return std::tie(row.interface);
}
const FileLockKey& key_of(const FileLockWaits& row)
{
    return row.key;
}
auto key_of(const KernelLockWaits& row)
{
    return std::tie(row.caller, row.type, row.lock, row.level, row.op, row.target, row.fs,
                    row.device);
}
auto key_of(const Commits& row)
{
    return std::tie(row.device);
}
auto key_of(const Helper& row)
{
    return std::tie(row.comm, row.work);
}
auto key_of(const CommitAsker& row)
{
    return std::tie(row.pid);
}
auto key_of(const Softirq& row)
{
    return std::tie(row.vector, row.cpu);
}

bool is_zero(const Via& row)
{
    return row.time == Nanoseconds::zero();
}
bool is_zero(const TopProcess& row)
{
    return row.time == Nanoseconds::zero();
}
bool is_zero(const Latency& latency)
{
    return latency.histogram.empty() && latency.sum == Nanoseconds::zero();
}
bool is_zero(const Operation& row)
{
    return row.count == 0 && row.imbalanced == 0 && is_zero(row.latency);
}
bool is_zero(const BlockRequests& row)
{
    return row.is_zero();
}
bool is_zero(const BlockErrors& row)
{
    return row.count == 0;
}
bool is_zero(const Failure& row)
{
    return row.count == 0;
}
bool is_zero(const DirectoryLookups& row)
{
    return row.slow == 0 && (!row.misses || row.misses->count == 0);
}
bool is_zero(const HandedOn& row)
{
    return row.count == 0;
}
bool is_zero(const NvmeQueue& row)
{
    return row.is_zero();
}
bool is_zero(const Interrupt& row)
{
    return is_zero(row.latency);
}
bool is_zero(const AsyncRequests& row)
{
    return row.submitted == 0 && row.completed == 0 && is_zero(row.reap);
}
bool is_zero(const FileLockWaits& row)
{
    return row.waits == 0 && row.time == Nanoseconds::zero();
}
bool is_zero(const KernelLockWaits& row)
{
    return row.waits == 0;
}
bool is_zero(const CommitAsker& row)
{
    return row.count == 0;
}
bool is_zero(const Commits& row)
{
    return is_zero(row.latency);
}
bool is_zero(const Helper& row)
{
    return row.time() == Nanoseconds::zero();
}
bool is_zero(const Softirq& row)
{
    return is_zero(row.latency) && is_zero(row.delay);
}

/// Rows matched by key; what is left at zero goes.
template <typename Row, typename Subtract>
void subtract_rows(std::vector<Row>& rows, const std::vector<Row>& earlier, Subtract subtract)
{
    using Key = std::decay_t<decltype(key_of(std::declval<const Row&>()))>;
    std::map<Key, const Row*> known;
    for (const Row& row : earlier)
        known.emplace(key_of(row), &row);
    for (Row& row : rows)
        if (const auto found = known.find(key_of(std::as_const(row))); found != known.end())
            subtract(row, *found->second);
    std::erase_if(rows, [](const Row& row) { return is_zero(row); });
}

/// Names with times: the differences, the longest first.
template <typename Row>
void subtract_ranked(std::vector<Row>& rows, const std::vector<Row>& earlier)
{
    subtract_rows(rows, earlier, [](Row& row, const Row& before) { subtract_row(row, before); });
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.time > b.time; });
}

void subtract_operation(Operation& row, const Operation& earlier)
{
    take(row.count, earlier.count);
    take(row.bytes, earlier.bytes);
    take(row.errors, earlier.errors);
    take(row.would_block, earlier.would_block);
    take(row.interrupted, earlier.interrupted);
    take(row.imbalanced, earlier.imbalanced);
    take(row.voluntary, earlier.voluntary);
    take(row.involuntary, earlier.involuntary);
    take(row.flush, earlier.flush);
    take(row.dirty, earlier.dirty);
    take_each(row.waits, earlier.waits);
    take(row.merged, earlier.merged);
    row.cache.subtract(earlier.cache);
    row.lookups.subtract(earlier.lookups);
    row.pauses.subtract(earlier.pauses);
    take_each(row.reclaims, earlier.reclaims);
    take(row.residual, earlier.residual);
    row.latency.subtract(earlier.latency);
    for (std::size_t i = 0; i < kStages; ++i) {
        StageTime& stage = row.stages.at(i);
        const StageTime& before = earlier.stages.at(i);
        take(stage.time, before.time);
        stage.histogram.subtract(before.histogram);
        subtract_ranked(stage.via, before.via);
    }
    subtract_ranked(row.top, earlier.top);
}

void subtract_blocks(Counts& counts, const Counts& earlier)
{
    const auto subtract = [](BlockRequests& row, const BlockRequests& before) {
        row.subtract(before);
    };
    subtract_rows(counts.block, earlier.block, subtract);
    subtract_rows(counts.flush_sequences, earlier.flush_sequences, subtract);
    subtract_rows(
        counts.block_errors, earlier.block_errors,
        [](BlockErrors& row, const BlockErrors& before) { take(row.count, before.count); });
}

void subtract_batches(Batches& batches, const Batches& earlier)
{
    take(batches.count, earlier.count);
    take(batches.sum, earlier.sum);
    take_each(batches.buckets, earlier.buckets);
}

void subtract_async(AsyncRequests& row, const AsyncRequests& earlier)
{
    take(row.submitted, earlier.submitted);
    take(row.completed, earlier.completed);
    take(row.shots, earlier.shots);
    take_each(row.punted, earlier.punted);
    subtract_batches(row.batches, earlier.batches);
    row.reap.subtract(earlier.reap);
    row.total.subtract(earlier.total);
}

void subtract_commits(Commits& row, const Commits& earlier)
{
    row.latency.subtract(earlier.latency);
    take_each(row.phases, earlier.phases);
    take(row.by_timer, earlier.by_timer);
    take(row.sized, earlier.sized);
    take(row.handles, earlier.handles);
    take(row.blocks, earlier.blocks);
    subtract_rows(row.askers, earlier.askers, [](CommitAsker& asker, const CommitAsker& before) {
        take(asker.count, before.count);
    });
}

} // namespace

std::uint64_t Commits::by_unseen() const
{
    std::uint64_t known = by_timer;
    for (const CommitAsker& one : askers)
        known += one.count;
    return latency.histogram.count() - std::min(latency.histogram.count(), known);
}

void DirtyPauses::add(const DirtyPauses& more)
{
    count += more.count;
    strict += more.strict;
    dirty += more.dirty;
    limit += more.limit;
    background += more.background;
    device_dirty += more.device_dirty;
    device_limit += more.device_limit;
    rate += more.rate;
}

void DirtyPauses::subtract(const DirtyPauses& earlier)
{
    take(count, earlier.count);
    take(strict, earlier.strict);
    take(dirty, earlier.dirty);
    take(limit, earlier.limit);
    take(background, earlier.background);
    take(device_dirty, earlier.device_dirty);
    take(device_limit, earlier.device_limit);
    take(rate, earlier.rate);
}

void CacheUse::add(const CacheUse& more)
{
    asked += more.asked;
    missed += more.missed;
    added += more.added;
    again = again && more.again ? std::optional(*again + *more.again) : std::nullopt;
}

void CacheUse::subtract(const CacheUse& earlier)
{
    take(asked, earlier.asked);
    take(missed, earlier.missed);
    take(added, earlier.added);
    if (again && earlier.again)
        take(*again, *earlier.again);
}

void Counts::subtract(const Counts& earlier)
{
    subtract_rows(operations, earlier.operations, subtract_operation);
    subtract_rows(failures, earlier.failures, [](Failure& row, const Failure& before) {
        take(row.count, before.count);
        take(row.time, before.time);
    });
    subtract_rows(
        directories, earlier.directories,
        [](DirectoryLookups& row, const DirectoryLookups& before) { row.subtract(before); });
    subtract_blocks(*this, earlier);
    subtract_rows(interrupts, earlier.interrupts, [](Interrupt& row, const Interrupt& before) {
        row.latency.subtract(before.latency);
    });
    subtract_rows(softirqs, earlier.softirqs, [](Softirq& row, const Softirq& before) {
        row.latency.subtract(before.latency);
        row.delay.subtract(before.delay);
    });
    subtract_rows(commits, earlier.commits, subtract_commits);
    subtract_rows(helpers, earlier.helpers,
                  [](Helper& row, const Helper& before) { row.subtract(before); });
    subtract_rows(handed_on, earlier.handed_on, [](HandedOn& row, const HandedOn& before) {
        take(row.count, before.count);
        take(row.time, before.time);
    });
    subtract_rows(nvme, earlier.nvme,
                  [](NvmeQueue& row, const NvmeQueue& before) { row.subtract(before); });
    subtract_rows(async, earlier.async, subtract_async);
    subtract_rows(kernel_locks, earlier.kernel_locks,
                  [](KernelLockWaits& row, const KernelLockWaits& before) {
                      take(row.waits, before.waits);
                      take(row.time, before.time);
                  });
    subtract_rows(file_locks, earlier.file_locks,
                  [](FileLockWaits& row, const FileLockWaits& before) { row.subtract(before); });
    take(scheduler.voluntary, earlier.scheduler.voluntary);
    take(scheduler.involuntary, earlier.scheduler.involuntary);
    take(scheduler.migrations, earlier.scheduler.migrations);
    scheduler.runqueue.subtract(earlier.scheduler.runqueue);
    for (std::size_t i = 0; i < kLosses; ++i)
        take(losses.at(i), earlier.losses.at(i));
    take(io_uring_enters, earlier.io_uring_enters);
    take(aio_submits, earlier.aio_submits);
}

} // namespace iopath
