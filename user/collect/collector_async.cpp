// SPDX-License-Identifier: GPL-2.0-only
// Asynchronous requests: what their rows do not tell, and those still open.
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>

namespace iopath {

namespace {

void add_part(AsyncRequests& row, const iopath_async& part)
{
    row.submitted += part.submitted;
    row.completed += part.completed;
    row.shots += part.shots;
    for (std::size_t i = 0; i < kPunts; i++)
        row.punted.at(i) += part.punted[i];
    row.in_flight_max = std::max<std::uint64_t>(row.in_flight_max, part.in_flight_max);
    row.batches.count += part.batches;
    row.batches.sum += part.batched;
    row.batches.max = std::max<std::uint64_t>(row.batches.max, part.batch_max);
    for (std::size_t i = 0; i < IOPATH_BATCH_BUCKETS; i++)
        row.batches.buckets.at(i) += part.batch[i];
    row.reap.add(latency_of(part.reap));
    row.total.add(latency_of(part.total));
}

/// Who ends a wait is not known yet: what has happened so far tells.
Stage open_stage(const iopath_async_op& op)
{
    if (op.done != 0)
        return Stage::completion;
    if (op.queued != 0)
        return op.issued != 0 ? Stage::device : Stage::block_queue;
    if (op.armed != 0)
        return op.woken > op.armed ? Stage::completion : Stage::peer;
    return op.punted != 0 ? Stage::helper : Stage::cpu;
}

} // namespace

void Collector::read_async(Counts& counts)
{
    for (std::uint32_t interface = 1; interface < IOPATH_INTERFACE_COUNT; interface++) {
        AsyncRequests row;
        row.interface = static_cast<Interface>(interface);
        maps_.read_per_cpu("async_counts", interface, [&](const PerCpuValues& values) {
            values.each<iopath_async>([&](int, const iopath_async& part) { add_part(row, part); });
        });
        if (row.submitted != 0 || row.batches.count != 0)
            counts.async.push_back(row);
    }
}

std::vector<InFlight> Collector::async_in_flight(std::uint64_t now_ns)
{
    std::vector<InFlight> open;
    maps_.each("async_ops", [&](const void*, const void* value) {
        const auto* op = static_cast<const iopath_async_op*>(value);
        // libaio: done, but the application has not asked yet.
        if (op->op >= kOps || op->start > now_ns ||
            (op->interface == IOPATH_INTERFACE_libaio && op->done != 0))
            return;
        InFlight one;
        one.key.op = static_cast<Op>(op->op);
        one.key.target = Target::other;
        if (const auto known = identities_.find(op->row);
            op->row != 0 && known != identities_.end())
            one.key = known->second;
        one.key.interface = static_cast<Interface>(op->interface);
        one.pid = static_cast<int>(op->tgid);
        one.syscall = name_of(one.key.interface);
        one.target_unknown = op->row == 0;
        one.open_for = Nanoseconds(now_ns - op->start);
        one.stages.at(static_cast<std::size_t>(open_stage(*op))) = one.open_for;
        open.push_back(std::move(one));
    });
    return open;
}

} // namespace iopath
