// SPDX-License-Identifier: GPL-2.0-only
#include "analyze/select.h"

#include "base/entries.h"
#include "model/via.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace iopath {

bool device_matches(const std::string& device, const std::string& wanted)
{
    if (wanted.empty() || !device.starts_with(wanted))
        return false;
    std::string rest = device.substr(wanted.size());
    const bool ends_in_digit = std::isdigit(static_cast<unsigned char>(wanted.back())) != 0;
    if (!rest.empty() && ends_in_digit) {
        if (rest.front() != 'p')
            return false;
        rest.erase(0, 1);
        if (rest.empty())
            return false;
    }
    return std::all_of(rest.begin(), rest.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

namespace {

/// Of the key of a row, or of anything that has the same words.
template <typename Key>
bool matches(const Key& key, const Selection& selection)
{
    return (selection.device.empty() || device_matches(key.device, selection.device)) &&
           (selection.fs.empty() || key.fs == selection.fs) &&
           (!selection.target || key.target == *selection.target);
}

void add_top(std::vector<TopProcess>& known, const TopProcess& more)
{
    TopProcess none = more;
    none.time = {};
    entry_for(known, none, [&](const TopProcess& one) { return one.pid == more.pid; }).time +=
        more.time;
}

template <typename Entry>
void longest_first(std::vector<Entry>& entries)
{
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& one, const Entry& other) { return one.time > other.time; });
}

void add(Operation& sum, const Operation& more)
{
    sum.count += more.count;
    sum.bytes += more.bytes;
    sum.errors += more.errors;
    sum.would_block += more.would_block;
    sum.interrupted += more.interrupted;
    sum.imbalanced += more.imbalanced;
    sum.voluntary += more.voluntary;
    sum.involuntary += more.involuntary;
    sum.flush += more.flush;
    sum.dirty += more.dirty;
    for (std::size_t wait = 0; wait < kFileWaits; wait++)
        sum.waits.at(wait) += more.waits.at(wait);
    sum.merged += more.merged;
    sum.cache.add(more.cache);
    sum.lookups.add(more.lookups);
    sum.pauses.add(more.pauses);
    for (std::size_t kind = 0; kind < kReclaims; kind++)
        sum.reclaims.at(kind) += more.reclaims.at(kind);
    sum.residual += more.residual;
    sum.latency.add(more.latency);
    for (std::size_t stage = 0; stage < kStages; stage++) {
        StageTime& into = sum.stages.at(stage);
        const StageTime& from = more.stages.at(stage);
        into.time += from.time;
        into.histogram.add(from.histogram);
        for (const Via& via : from.via)
            add_via(into.via, via);
        longest_first(into.via);
    }
    for (const Below& one : more.below) {
        if (std::ranges::find(sum.below, one) == sum.below.end())
            sum.below.push_back(one);
    }
    for (const TopProcess& process : more.top)
        add_top(sum.top, process);
    longest_first(sum.top);
}

void merge(std::vector<Operation>& operations, Breakdown by)
{
    std::map<OperationKey, std::size_t> places;
    std::vector<Operation> merged;
    for (Operation& operation : operations) {
        if (by == Breakdown::device)
            operation.key.fs.clear();
        else
            operation.key.device.clear();
        const auto [place, is_new] = places.try_emplace(operation.key, merged.size());
        if (is_new)
            merged.push_back(std::move(operation));
        else
            add(merged[place->second], operation);
    }
    operations = std::move(merged);
}

void select_locks(Counts& counts, const Selection& selection)
{
    std::erase_if(counts.kernel_locks,
                  [&](const KernelLockWaits& row) { return !matches(row, selection); });
    std::erase_if(counts.file_locks, [&](const FileLockWaits& row) {
        return (!selection.device.empty() && !device_matches(row.key.device, selection.device)) ||
               (!selection.fs.empty() && row.fs != selection.fs) ||
               (selection.target && *selection.target != Target::file);
    });
}

/// A partition selects its disk: requests are the disk's.
void select_devices(Counts& counts, const std::set<std::string>& devices)
{
    const auto other = [&](const auto& one) {
        return std::ranges::none_of(devices, [&](const std::string& device) {
            return device_matches(one.device, device) || device_matches(device, one.device);
        });
    };
    std::erase_if(counts.block, other);
    std::erase_if(counts.flush_sequences, other);
    std::erase_if(counts.block_errors, other);
    std::erase_if(counts.commits, other);
}

/// Where file systems of the type are, or were until they were unmounted during the watch.
std::set<std::string> devices_of(const Counts& counts, const Selection& selection)
{
    std::set<std::string> devices(selection.fs_devices.begin(), selection.fs_devices.end());
    for (const Operation& operation : counts.operations)
        devices.insert(operation.key.device);
    for (const Failure& failure : counts.failures)
        devices.insert(failure.device);
    devices.erase("");
    return devices;
}

} // namespace

void select(Interval& interval, const Selection& selection)
{
    std::erase_if(interval.counts.operations,
                  [&](const Operation& one) { return !matches(one.key, selection); });
    std::erase_if(interval.in_flight,
                  [&](const InFlight& one) { return !matches(one.key, selection); });
    std::erase_if(interval.counts.failures,
                  [&](const Failure& one) { return !matches(one, selection); });
    std::erase_if(interval.counts.directories, [&](const DirectoryLookups& one) {
        return (!selection.device.empty() && !device_matches(one.device, selection.device)) ||
               (!selection.fs.empty() && one.fs != selection.fs) ||
               (selection.target && *selection.target != Target::file);
    });
    select_locks(interval.counts, selection);
    if (!selection.fs.empty())
        select_devices(interval.counts, devices_of(interval.counts, selection));
    if (!selection.device.empty())
        select_devices(interval.counts, {selection.device});
    if (selection.by == Breakdown::device || selection.by == Breakdown::fs)
        merge(interval.counts.operations, selection.by);
}

} // namespace iopath
