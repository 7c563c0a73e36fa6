// SPDX-License-Identifier: GPL-2.0-only
#include "probes/table.h"

#include <array>

namespace iopath {

namespace {

using enum How;
constexpr int kAny = kAnyArguments;

// One row a probe. Where all arguments in use are numbers raw_tp comes first: at run time it costs
// what tp_btf costs, and at the start nobody has to search BTF for it.
// clang-format off
const std::vector<Probe> kTable = {
    {"process_fork", "sched", "descendants and threads join the scope",
     {{tp_btf, "process_fork__tp_btf", "sched_process_fork", kAny}}},
    {"process_exec", "sched", "a command begins",
     {{tp_btf, "process_exec__tp_btf", "sched_process_exec", kAny}}},
    {"sched_switch", "sched", "threads leave and enter a CPU",
     {{tp_btf, "sched_switch__tp_btf", "sched_switch", 4},
      {tp_btf, "sched_switch__tp_btf_3", "sched_switch", 3}}},
    {"sched_waking", "sched", "what a wait was for",
     {{tp_btf, "sched_waking__tp_btf", "sched_waking", kAny}}},
    {"sched_migrate", "sched", "threads change their CPU",
     {{tp_btf, "sched_migrate__tp_btf", "sched_migrate_task", kAny}}},
    {"irq_exit", "irq", "device interrupts end",
     {{raw_tp, "irq_exit__raw_tp", "irq_handler_exit", kAny}}},
    {"irq_entry", "irq", "device interrupts begin",
     {{raw_tp, "irq_entry__raw_tp", "irq_handler_entry", kAny}}},
    {"local_timer_exit", "irq", "local timer interrupts end",
     {{raw_tp, "local_timer_exit__raw_tp", "local_timer_exit", kAny}}},
    {"local_timer_entry", "irq", "local timer interrupts begin",
     {{raw_tp, "local_timer_entry__raw_tp", "local_timer_entry", kAny}}},
    {"reschedule_exit", "irq", "rescheduling interrupts end",
     {{raw_tp, "reschedule_exit__raw_tp", "reschedule_exit", kAny}}},
    {"reschedule_entry", "irq", "rescheduling interrupts begin",
     {{raw_tp, "reschedule_entry__raw_tp", "reschedule_entry", kAny}}},
    {"call_function_exit", "irq", "function call interrupts end",
     {{raw_tp, "call_function_exit__raw_tp", "call_function_exit", kAny}}},
    {"call_function_entry", "irq", "function call interrupts begin",
     {{raw_tp, "call_function_entry__raw_tp", "call_function_entry", kAny}}},
    {"call_function_single_exit", "irq", "single function call interrupts end",
     {{raw_tp, "call_function_single_exit__raw_tp", "call_function_single_exit", kAny}}},
    {"call_function_single_entry", "irq", "single function call interrupts begin",
     {{raw_tp, "call_function_single_entry__raw_tp", "call_function_single_entry", kAny}}},
    {"irq_work_exit", "irq", "IRQ work interrupts end",
     {{raw_tp, "irq_work_exit__raw_tp", "irq_work_exit", kAny}}},
    {"irq_work_entry", "irq", "IRQ work interrupts begin",
     {{raw_tp, "irq_work_entry__raw_tp", "irq_work_entry", kAny}}},
    {"softirq_exit", "irq", "softirqs end",
     {{raw_tp, "softirq_exit__raw_tp", "softirq_exit", kAny}}},
    {"softirq_entry", "irq", "softirqs begin",
     {{raw_tp, "softirq_entry__raw_tp", "softirq_entry", kAny}}},
    {"softirq_raise", "irq", "softirqs are asked for",
     {{raw_tp, "softirq_raise__raw_tp", "softirq_raise", kAny}}},
    {"block_complete", "block", "requests are done",
     {{tp_btf, "block_complete__tp_btf", "block_rq_complete", kAny}}},
    {"block_issue", "block", "requests are handed to the driver",
     {{tp_btf, "block_issue__tp_btf", "block_rq_issue", 1}}},
    {"block_requeue", "block", "requests come back from the driver",
     {{tp_btf, "block_requeue__tp_btf", "block_rq_requeue", 1}}},
    {"block_merge", "block", "requests are merged",
     {{tp_btf, "block_merge__tp_btf", "block_rq_merge", 1}}},
    {"block_getrq", "block", "a bio has its request",
     {{tp_btf, "block_getrq__tp_btf", "block_getrq", 1}}},
    {"bio_backmerge", "block", "a bio joins a request at its end",
     {{tp_btf, "bio_backmerge__tp_btf", "block_bio_backmerge", 1}}},
    {"bio_frontmerge", "block", "a bio joins a request at its front",
     {{tp_btf, "bio_frontmerge__tp_btf", "block_bio_frontmerge", 1}}},
    {"bio_queue", "block", "a bio asks for a request",
     {{tp_btf, "bio_queue__tp_btf", "block_bio_queue", 1}}},
    {"contention_end", "lock", "a contended kernel lock is had",
     {{raw_tp, "contention_end__raw_tp", "contention_end", kAny}}},
    {"contention_begin", "lock", "a kernel lock is contended",
     {{raw_tp, "contention_begin__raw_tp", "contention_begin", kAny}}},
    {"balance_dirty", "memory", "writers are held back by dirty page limits",
     {{raw_tp, "balance_dirty__raw_tp", "balance_dirty_pages", 8},
      {raw_tp, "balance_dirty__raw_tp_12", "balance_dirty_pages", 12}}},
    {"reclaim_end", "memory", "direct reclaim ends",
     {{raw_tp, "reclaim_end__raw_tp", "mm_vmscan_direct_reclaim_end", kAny}}},
    {"reclaim_begin", "memory", "direct reclaim begins",
     {{raw_tp, "reclaim_begin__raw_tp", "mm_vmscan_direct_reclaim_begin", kAny}}},
    {"memcg_reclaim_end", "memory", "reclaim for a memory limit ends",
     {{raw_tp, "memcg_reclaim_end__raw_tp", "mm_vmscan_memcg_reclaim_end", kAny}}},
    {"memcg_reclaim_begin", "memory", "reclaim for a memory limit begins",
     {{raw_tp, "memcg_reclaim_begin__raw_tp", "mm_vmscan_memcg_reclaim_begin", kAny}}},
    {"compaction_end", "memory", "compaction ends",
     {{raw_tp, "compaction_end__raw_tp", "mm_compaction_end", kAny}}},
    {"compaction_begin", "memory", "compaction begins",
     {{raw_tp, "compaction_begin__raw_tp", "mm_compaction_begin", kAny}}},
    {"napi_poll", "socket", "a receive poll is done",
     {{raw_tp, "napi_poll__raw_tp", "napi_poll", kAny}}},
    {"packet_receive", "socket", "a packet is delivered",
     {{tp_btf, "packet_receive__tp_btf", "netif_receive_skb", kAny}}},
    {"process_exit", "syscall", "threads end",
     {{tp_btf, "process_exit__tp_btf", "sched_process_exit", kAny}}},
    {"syscall_exit", "syscall", "operations end",
     {{tp_btf, "syscall_exit__tp_btf", "sys_exit", kAny}}, true},
    {"syscall_enter", "syscall", "operations begin",
     {{tp_btf, "syscall_enter__tp_btf", "sys_enter", kAny}}, true},
    {"mark_scope", "sched", "threads that run already join the scope",
     {{iter, "mark_scope__iter", "task", kAny}}},
    {"walk_tasks", "syscall", "operations still open are read",
     {{iter, "walk_tasks__iter", "task", kAny}}},
};
// clang-format on

constexpr std::array<std::string_view, 7> kLayers = {"syscall", "sched",  "irq",   "block",
                                                     "lock",    "memory", "socket"};

} // namespace

std::string_view name_of(How how)
{
    switch (how) {
    case How::tp_btf:
        return "tp_btf";
    case How::raw_tp:
        return "raw_tp";
    case How::iter:
        return "iter";
    }
    return "";
}

std::span<const Probe> probe_table()
{
    return kTable;
}

std::span<const std::string_view> layers()
{
    return kLayers;
}

} // namespace iopath
