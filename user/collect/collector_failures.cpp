// SPDX-License-Identifier: GPL-2.0-only
// Failed operations: names put together from what the programs kept of them.
#include "base/errors.h"
#include "bpf/iopath.h"
#include "collect/call_name.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <map>
#include <tuple>

namespace iopath {

namespace {

/// What a reader can tell failures apart by: a directory that came anew under its old name is the
/// same to him.
auto place_of(const Failure& row)
{
    return std::tuple(row.pid, row.op, row.target, row.fs, row.device, row.error, row.path, row.cut,
                      row.deleted, row.address);
}

} // namespace

void Collector::read_failures(Counts& counts)
{
    std::map<decltype(place_of(Failure())), std::size_t> places;
    maps_.each("failures", [&](const void* raw_key, const void* value) {
        const auto* key = static_cast<const iopath_failure_key*>(raw_key);
        const auto* failure = static_cast<const iopath_failure*>(value);
        const auto identity = identities_.find(key->row);
        if (identity == identities_.end() || failure->count == 0)
            return;
        Failure row;
        row.op = identity->second.op;
        row.target = identity->second.target;
        row.fs = identity->second.fs;
        row.device = identity->second.device;
        row.error = error_name(key->error);
        row.pid = static_cast<int>(key->tgid);
        row.comm = fixed_string(failure->comm);
        CallName name = name_of_call(key->name, failure->names);
        row.path = std::move(name.path);
        row.cut = name.cut;
        row.deleted = name.deleted;
        row.address = std::move(name.address);
        const auto [place, is_new] = places.try_emplace(place_of(row), counts.failures.size());
        if (is_new)
            counts.failures.push_back(std::move(row));
        counts.failures[place->second].count += failure->count;
        counts.failures[place->second].time += Nanoseconds(failure->ns);
    });
    const auto* beyond =
        static_cast<const iopath_failures_beyond*>(maps_.read("failures_beyond", 0));
    for (std::size_t i = 0; beyond && i < std::size(beyond->count); i++) {
        if (beyond->count[i] == 0)
            continue;
        Failure row;
        row.op = static_cast<Op>(i / IOPATH_FAILURE_ERRORS);
        row.target = Target::other;
        row.error = error_name(static_cast<int>(i % IOPATH_FAILURE_ERRORS));
        row.count = beyond->count[i];
        counts.failures.push_back(std::move(row));
    }
}

} // namespace iopath
