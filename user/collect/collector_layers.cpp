// SPDX-License-Identifier: GPL-2.0-only
// The layers behind the operations: interrupts, softirqs, scheduler, small counters.
#include "base/entries.h"
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace iopath {

namespace {

// Vectors in the kernel's order (include/linux/interrupt.h), named as in /proc/softirqs.
constexpr std::array<std::string_view, IOPATH_SOFTIRQS> kSoftirqNames = {
    "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"};

#define IOPATH_VECTOR_IRQ(id, irq, name) std::string_view{irq},
#define IOPATH_VECTOR_NAME(id, irq, name) std::string_view{name},
constexpr std::array kVectorIrqs{IOPATH_VECTORS(IOPATH_VECTOR_IRQ)};
constexpr std::array kVectorNames{IOPATH_VECTORS(IOPATH_VECTOR_NAME)};
#undef IOPATH_VECTOR_IRQ
#undef IOPATH_VECTOR_NAME

} // namespace

void Collector::read_interrupts(Counts& counts)
{
    maps_.each("irqs", [&](const void* key, const void* value) {
        const auto* identity = static_cast<const iopath_irq_key*>(key);
        const auto* irq = static_cast<const iopath_latency*>(value);
        Interrupt interrupt;
        interrupt.cpu = static_cast<int>(identity->cpu);
        const std::size_t vector = identity->irq & ~IOPATH_IRQ_VECTOR;
        if ((identity->irq & IOPATH_IRQ_VECTOR) == 0) {
            interrupt.irq = std::to_string(identity->irq);
            interrupt.name = names_.irq(identity->irq);
        } else if (vector < kVectorIrqs.size()) {
            interrupt.irq = kVectorIrqs.at(vector);
            interrupt.name = kVectorNames.at(vector);
        }
        interrupt.latency = latency_of(*irq);
        counts.interrupts.push_back(std::move(interrupt));
    });
}

void Collector::read_softirqs(Counts& counts)
{
    for (std::uint32_t vector = 0; vector < IOPATH_SOFTIRQS; vector++) {
        maps_.read_per_cpu("softirqs", vector, [&](const PerCpuValues& values) {
            values.each<iopath_softirq>([&](int cpu, const iopath_softirq& part) {
                Softirq softirq;
                softirq.vector = kSoftirqNames.at(vector);
                softirq.cpu = cpu;
                softirq.latency =
                    latency_of(static_cast<const iop_u64*>(part.buckets), part.ns, part.max_ns);
                softirq.delay = latency_of(static_cast<const iop_u64*>(part.delay), part.delay_ns,
                                           part.delay_max_ns);
                if (!softirq.latency.histogram.empty())
                    counts.softirqs.push_back(std::move(softirq));
            });
        });
    }
}

void Collector::read_commits(Counts& counts)
{
    maps_.each("commits", [&](const void* key, const void* value) {
        const auto& row = *static_cast<const iopath_commits*>(value);
        Commits commits;
        commits.device = names_.disk(static_cast<const iopath_commits_key*>(key)->dev);
        commits.latency = latency_of(row.latency);
        for (std::size_t phase = 0; phase < kCommitPhases; phase++)
            commits.phases.at(phase) = Nanoseconds(row.phase_ns[phase]);
        commits.by_timer = row.by_timer;
        commits.sized = row.sized;
        commits.handles = row.handles;
        commits.blocks = row.blocks;
        counts.commits.push_back(std::move(commits));
    });
    maps_.each("commit_askers", [&](const void* key, const void* value) {
        const auto& asker = *static_cast<const iopath_asker_key*>(key);
        const auto& row = *static_cast<const iopath_asker*>(value);
        Commits none;
        none.device = names_.disk(asker.dev);
        const auto same = [&](const Commits& one) { return one.device == none.device; };
        entry_for(counts.commits, none, same)
            .askers.push_back({static_cast<int>(asker.tgid), fixed_string(row.comm), row.count});
    });
}

void Collector::read_scheduler(Counts& counts)
{
    maps_.read_per_cpu("scheduler", 0, [&](const PerCpuValues& values) {
        values.each<iopath_sched>([&](int, const iopath_sched& part) {
            counts.scheduler.voluntary += part.voluntary;
            counts.scheduler.involuntary += part.involuntary;
            counts.scheduler.migrations += part.migrations;
            counts.scheduler.runqueue.add(latency_of(static_cast<const iop_u64*>(part.runqueue),
                                                     part.runqueue_ns, part.runqueue_max_ns));
        });
    });
}

void Collector::read_counters(Counts& counts)
{
    maps_.read_per_cpu("counters", 0, [&](const PerCpuValues& values) {
        values.each<iopath_counters>([&](int, const iopath_counters& part) {
            for (std::size_t i = 0; i < kLosses; i++)
                counts.losses.at(i) += part.losses[i];
            counts.io_uring_enters += part.not_followed[IOPATH_NOT_FOLLOWED_IO_URING];
            counts.aio_submits += part.not_followed[IOPATH_NOT_FOLLOWED_AIO];
        });
    });
}

} // namespace iopath
