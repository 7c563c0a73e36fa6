// SPDX-License-Identifier: GPL-2.0-only
#include "probes/table.h"

#include <array>

namespace iopath {

namespace {

using enum How;
using enum Flavour;
using enum Boundary;
constexpr int kAny = kAnyArguments;

#if defined(__aarch64__)
constexpr std::string_view kCloseFunction = "__arm64_sys_close";
#else
constexpr std::string_view kCloseFunction = "__x64_sys_close";
#endif

// All ways of watching a function from its entry to its return.
#define PAIR(probe, variant, event, arguments)                                                     \
    {fentry, probe "__fentry" variant, event, arguments, {}, probe "__fexit" variant},             \
        {kprobe_multi, probe "__kprobe_multi" variant,   event, arguments,                         \
         {},           probe "__kretprobe_multi" variant},                                         \
    {                                                                                              \
        kprobe, probe "__kprobe" variant, event, arguments, {}, probe "__kretprobe" variant        \
    }

// ocfs2's function, of which the compiler makes a copy that BTF does not tell of: what it is called
// is found out by attaching.
#define CLUSTER_LOCK(how, at_return, variant, suffix)                                              \
    {                                                                                              \
        how, "cluster_lock__" #how variant, "__ocfs2_cluster_lock" suffix, kAny, {},               \
            "cluster_lock__" at_return variant, "ocfs2"                                            \
    }

// All ways of watching calls of a function.
#define ENTRY(probe, event)                                                                        \
    {fentry, probe "__fentry", event}, {kprobe_multi, probe "__kprobe_multi", event},              \
    {                                                                                              \
        kprobe, probe "__kprobe", event                                                            \
    }

constexpr std::string_view kSlowOnly =
    "lookups are told by the paths of operations that take 20 us or more";

// One row a probe. Where all arguments in use are numbers raw_tp comes first: at run time it costs
// what tp_btf costs, and at the start nobody has to search BTF for it.
// clang-format off
const std::vector<Probe> kTable = {
    {"process_fork", "sched", "descendants and threads join the scope",
     {{tp_btf, "process_fork__tp_btf", "sched_process_fork", kAny, typed},
      {raw_tp, "process_fork__raw_tp", "sched_process_fork", kAny, untyped}}},
    {"process_exec", "sched", "a command begins",
     {{tp_btf, "process_exec__tp_btf", "sched_process_exec", kAny, typed},
      {raw_tp, "process_exec__raw_tp", "sched_process_exec", kAny, untyped}}},
    {"sched_switch", "sched", "threads leave and enter a CPU",
     {{tp_btf, "sched_switch__tp_btf", "sched_switch", 4, typed},
      {raw_tp, "sched_switch__raw_tp", "sched_switch", 4, untyped},
      {tp_btf, "sched_switch__tp_btf_3", "sched_switch", 3, typed},
      {raw_tp, "sched_switch__raw_tp_3", "sched_switch", 3, untyped}}},
    {"sched_waking", "sched", "what a wait was for",
     {{tp_btf, "sched_waking__tp_btf", "sched_waking", kAny, typed},
      {raw_tp, "sched_waking__raw_tp", "sched_waking", kAny, untyped}}},
    {"sched_migrate", "sched", "threads change their CPU",
     {{tp_btf, "sched_migrate__tp_btf", "sched_migrate_task", kAny, typed},
      {raw_tp, "sched_migrate__raw_tp", "sched_migrate_task", kAny, untyped}}},
    {"irq_exit", "irq", "device interrupts end",
     {{raw_tp, "irq_exit__raw_tp", "irq_handler_exit", kAny}}},
    {"irq_entry", "irq", "device interrupts begin",
     {{raw_tp, "irq_entry__raw_tp", "irq_handler_entry", kAny}}},
#ifdef __x86_64__ // arm64's come as interrupts with numbers, see bpf/irq.bpf.c
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
#endif
    {"softirq_exit", "irq", "softirqs end",
     {{raw_tp, "softirq_exit__raw_tp", "softirq_exit", kAny}}},
    {"softirq_entry", "irq", "softirqs begin",
     {{raw_tp, "softirq_entry__raw_tp", "softirq_entry", kAny}}},
    {"softirq_raise", "irq", "softirqs are asked for",
     {{raw_tp, "softirq_raise__raw_tp", "softirq_raise", kAny}}},
    {"block_complete", "block", "requests are done",
     {{raw_tp, "block_complete__raw_tp", "block_rq_complete", kAny}}},
    {"block_issue", "block", "requests are handed to the driver",
     {{raw_tp, "block_issue__raw_tp", "block_rq_issue", 1},
      {raw_tp, "block_issue__raw_tp_2", "block_rq_issue", 2, untyped}}},
    {"block_insert", "block", "requests come to the scheduler",
     {{raw_tp, "block_insert__raw_tp", "block_rq_insert", 1},
      {raw_tp, "block_insert__raw_tp_2", "block_rq_insert", 2, untyped}}},
    {"block_start", "block", "a bio has its request; who asked",
     {{raw_tp, "block_start__raw_tp", "block_io_start", 1},
      {raw_tp, "block_start__raw_tp_getrq", "block_getrq", 1},
      {raw_tp, "block_start__raw_tp_getrq_3", "block_getrq", 3, untyped}}},
    {"block_requeue", "block", "requests come back from the driver",
     {{raw_tp, "block_requeue__raw_tp", "block_rq_requeue", 1},
      {raw_tp, "block_requeue__raw_tp_2", "block_rq_requeue", 2, untyped}}},
    {"block_merge", "block", "requests are merged",
     {{raw_tp, "block_merge__raw_tp", "block_rq_merge", 1},
      {raw_tp, "block_merge__raw_tp_2", "block_rq_merge", 2, untyped}}},
    {"bio_backmerge", "block", "a bio joins a request at its end",
     {{raw_tp, "bio_backmerge__raw_tp", "block_bio_backmerge", 1},
      {raw_tp, "bio_backmerge__raw_tp_3", "block_bio_backmerge", 3, untyped}}},
    {"bio_frontmerge", "block", "a bio joins a request at its front",
     {{raw_tp, "bio_frontmerge__raw_tp", "block_bio_frontmerge", 1},
      {raw_tp, "bio_frontmerge__raw_tp_3", "block_bio_frontmerge", 3, untyped}}},
    {"bio_split", "block", "a bio is too large for one request",
     {{raw_tp, "bio_split__raw_tp", "block_split", 2},
      {raw_tp, "bio_split__raw_tp_3", "block_split", 3, untyped}}},
    {"bio_queue", "block", "a bio asks for a request",
     {{raw_tp, "bio_queue__raw_tp", "block_bio_queue", 1},
      {raw_tp, "bio_queue__raw_tp_2", "block_bio_queue", 2, untyped}}},
    {"bio_complete", "block", "bios of devices without requests are done",
     {{raw_tp, "bio_complete__raw_tp", "block_bio_complete", 2}}},
    {"bio_remap", "block", "a device hands a bio on to one below it",
     {{raw_tp, "bio_remap__raw_tp", "block_bio_remap", 3},
      {raw_tp, "bio_remap__raw_tp_4", "block_bio_remap", 4, untyped}}},
    {"rq_limits", "limit", "iocost, iolatency and wbt hold requests back",
     {PAIR("rq_limits", "", "__rq_qos_throttle", 2)}, {}, {}, false, {},
     "waits for wbt and iolatency are in block_queue, with those for tags; those for iocost are "
     "told by the timer that ends them"},
    {"uring_complete", "syscall", "io_uring requests are done",
     {{raw_tp, "uring_complete__raw_tp", "io_uring_complete", 3},
      {raw_tp, "uring_complete__raw_tp_7", "io_uring_complete", 7},
      {raw_tp, "uring_complete__raw_tp_4", "io_uring_complete", 4}}},
    {"uring_wait", "syscall", "an io_uring submitter waits for completions",
     {{raw_tp, "uring_wait__raw_tp", "io_uring_cqring_wait", kAny}}},
    {"uring_punt", "syscall", "io_uring requests go to worker threads",
     {{raw_tp, "uring_punt__raw_tp", "io_uring_queue_async_work", 2},
      {raw_tp, "uring_punt__raw_tp_5", "io_uring_queue_async_work", 5, untyped}}},
    {"uring_poll_wake", "syscall", "io_uring requests find their descriptor ready",
     {{raw_tp, "uring_poll_wake__raw_tp", "io_uring_task_add", 2},
      {raw_tp, "uring_poll_wake__raw_tp_4", "io_uring_task_add", 4, untyped}}},
    {"uring_poll_arm", "syscall", "io_uring requests wait for their descriptor",
     {{raw_tp, "uring_poll_arm__raw_tp", "io_uring_poll_arm", 3},
      {raw_tp, "uring_poll_arm__raw_tp_6", "io_uring_poll_arm", 6, untyped}}},
    {"uring_submit", "syscall", "io_uring requests are submitted",
     {{raw_tp, "uring_submit__raw_tp", "io_uring_submit_req", kAny},
      {raw_tp, "uring_submit__raw_tp_2", "io_uring_submit_sqe", 2},
      {raw_tp, "uring_submit__raw_tp_7", "io_uring_submit_sqe", 7}}},
    {"contention_end", "lock", "a contended kernel lock is had",
     {{raw_tp, "contention_end__raw_tp", "contention_end", kAny}}, {}, {}, true},
    {"contention_begin", "lock", "a kernel lock is contended",
     {{raw_tp, "contention_begin__raw_tp", "contention_begin", kAny}}, {}, {}, true},
    {"flock_wait", "lock", "flock waits for another's lock",
     {{raw_tp, "flock_wait__raw_tp", "flock_lock_inode", 3}}},
    {"posix_wait", "lock", "fcntl waits for another's lock of a range",
     {{raw_tp, "posix_wait__raw_tp", "posix_lock_inode", 3}}},
    {"lease_wait", "lock", "an open waits for another's lease",
     {{raw_tp, "lease_wait__raw_tp", "break_lease_block", 2}}},
    {"pages_got", "cache", "pages that reads ask for",
     {{raw_tp, "pages_got__raw_tp", "mm_filemap_get_pages", 3},
      PAIR("pages_got", "", "filemap_read", 3),
      PAIR("pages_got", "_generic", "generic_file_buffered_read", 3)}},
    {"page_added", "cache", "pages that reads bring into the page cache",
     {{raw_tp, "page_added__raw_tp", "mm_filemap_add_to_page_cache", 1}}, {}, {}, false, "pages_got"},
    {"page_again", "cache", "pages that come back into the page cache",
     {{fentry, "page_again__fentry", "workingset_refault", 2},
      {kprobe_multi, "page_again__kprobe_multi", "workingset_refault", 2},
      {kprobe, "page_again__kprobe", "workingset_refault", 2}}, {}, {}, false, "page_added",
     "whether a page is brought in for the first time or again is not known"},
    {"name_searched", "lookup", "file systems have searched a directory for a name",
     {ENTRY("name_searched", "d_splice_alias")}, {}, {}, false, {}, kSlowOnly},
    {"name_absent", "lookup", "likewise, where there is nothing to search",
     {ENTRY("name_absent", "d_add")}, {}, {}, false, "name_searched", kSlowOnly},
    {"name_missed", "lookup", "names that the dentry cache does not have",
     {ENTRY("name_missed", "d_alloc_parallel")}, {}, {}, false, "name_searched", kSlowOnly},
    {"name_missed_locked", "lookup", "likewise, of what is made, removed or renamed",
     {ENTRY("name_missed_locked", "d_alloc")}, {}, {}, false, "name_searched", kSlowOnly},
    {"file_fault", "fault", "page faults that wait for a mapped file",
     {PAIR("file_fault", "", "filemap_fault", 1)}, {}, {}, false, {},
     "what is read by way of mmap is seen as block requests only"},
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
     {{tp_btf, "packet_receive__tp_btf", "netif_receive_skb", kAny, typed},
      {raw_tp, "packet_receive__raw_tp", "netif_receive_skb", kAny, untyped}}},
    {"vfs_read", "function", "reads",
     {PAIR("vfs_read", "", "vfs_read", 4)}, function},
    {"vfs_readv", "function", "reads into several buffers",
     {PAIR("vfs_readv", "", "vfs_readv", 5)}, function},
    {"vfs_write", "function", "writes",
     {PAIR("vfs_write", "", "vfs_write", 4)}, function},
    {"vfs_writev", "function", "writes from several buffers",
     {PAIR("vfs_writev", "", "vfs_writev", 5)}, function},
    {"pipe_read", "function", "reads of pipes",
     {PAIR("pipe_read", "", "pipe_read", 2),
      PAIR("pipe_read", "_anon", "anon_pipe_read", 2)}, function, "vfs_read"},
    {"pipe_write", "function", "writes to pipes",
     {PAIR("pipe_write", "", "pipe_write", 2),
      PAIR("pipe_write", "_anon", "anon_pipe_write", 2)}, function, "vfs_write"},
    {"sync", "function", "fsync and fdatasync",
     {PAIR("sync", "", "do_fsync", 2),
      PAIR("sync", "_range", "vfs_fsync_range", 4)}, function},
    {"open", "function", "opens",
     {PAIR("open", "", "do_sys_openat2", 3)}, function},
    {"close", "function", "closes",
     {PAIR("close", "", kCloseFunction, 1)}, function},
    {"fstat", "function", "stats of descriptors",
     {PAIR("fstat", "", "vfs_fstat", 2)}, function},
    {"statx", "function", "stats of paths",
     {PAIR("statx", "", "vfs_statx", 5)}, function},
    {"getdents", "function", "reads of directories",
     {PAIR("getdents", "", "iterate_dir", 2)}, function},
    {"fallocate", "function", "allocations",
     {PAIR("fallocate", "", "vfs_fallocate", 4)}, function},
    {"sendto", "function", "sends",
     {PAIR("sendto", "", "__sys_sendto", 6)}, function},
    {"sendmsg", "function", "sends of messages",
     {PAIR("sendmsg", "", "__sys_sendmsg", 4)}, function},
    {"recvfrom", "function", "receives",
     {PAIR("recvfrom", "", "__sys_recvfrom", 6)}, function},
    {"recvmsg", "function", "receives of messages",
     {PAIR("recvmsg", "", "__sys_recvmsg", 4)}, function},
    {"sendmmsg", "function", "sends of several messages",
     {PAIR("sendmmsg", "", "__sys_sendmmsg", 5)}, function},
    {"recvmmsg", "function", "receives of several messages",
     {PAIR("recvmmsg", "", "__sys_recvmmsg", 6)}, function},
    {"connect", "function", "connects",
     {PAIR("connect", "", "__sys_connect", 3)}, function},
    {"accept", "function", "accepts",
     {PAIR("accept", "", "__sys_accept4", 4)}, function},
    {"sendfile", "function", "sendfiles",
     {PAIR("sendfile", "", "do_sendfile", 5)}, function},
    {"splice", "function", "splices",
     {PAIR("splice", "", "do_splice", 6)}, function},
    {"copy_range", "function", "copies between files",
     {PAIR("copy_range", "", "vfs_copy_file_range", 6)}, function},
    {"commit_end", "journal", "a journal's commit is done",
     {{raw_tp, "commit_end__raw_tp", "jbd2_run_stats", kAny, {}, {}, "jbd2"}}},
    {"commit_flushed", "journal", "a journal's commit has written what it needs first",
     {{raw_tp, "commit_flushed__raw_tp", "jbd2_commit_logging", kAny, {}, {}, "jbd2"}}},
    {"commit_locked", "journal", "a journal's commit has waited for changes in progress",
     {{raw_tp, "commit_locked__raw_tp", "jbd2_commit_flushing", kAny, {}, {}, "jbd2"}}},
    {"commit_begin", "journal", "a journal's commit begins",
     {{raw_tp, "commit_begin__raw_tp", "jbd2_start_commit", kAny, {}, {}, "jbd2"}}},
    {"xfs_commit", "journal", "xfs' syncs wait for its log",
     {{raw_tp, "xfs_commit__raw_tp", "xfs_log_force", kAny, {}, {}, "xfs"}}},
    {"btrfs_commit", "journal", "btrfs' syncs wait for its log",
     {{raw_tp, "btrfs_commit__raw_tp", "btrfs_sync_log_enter", kAny, {}, {}, "btrfs"}}},
    {"f2fs_checkpoint", "journal", "f2fs' syncs wait for a checkpoint",
     {{raw_tp, "f2fs_checkpoint__raw_tp", "f2fs_write_checkpoint", kAny, {}, {}, "f2fs"}}},
    {"f2fs_nodes", "journal", "f2fs' syncs write nodes",
     {{raw_tp, "f2fs_nodes__raw_tp", "f2fs_submit_write_bio", kAny, {}, {}, "f2fs"}}},
    {"f2fs_flush", "journal", "f2fs' thread has flushed the device for several syncs",
     {{raw_tp, "f2fs_flush__raw_tp", "f2fs_issue_flush", kAny, {}, {}, "f2fs"}}},
    {"cluster_lock", "cluster", "ocfs2 asks for a lock that the nodes of a cluster share",
     {CLUSTER_LOCK(kprobe_multi, "kretprobe_multi", "_isra", ".isra.0"),
      CLUSTER_LOCK(kprobe_multi, "kretprobe_multi", "", ""),
      CLUSTER_LOCK(kprobe, "kretprobe", "_isra", ".isra.0"),
      CLUSTER_LOCK(kprobe, "kretprobe", "_constprop", ".constprop.0"),
      CLUSTER_LOCK(kprobe, "kretprobe", "", "")}, {}, {}, false, {},
     "waits for other nodes are in stage helper"},
    {"nvme_answer", "nvme", "NVMe commands are answered",
     {{raw_tp, "nvme_answer__raw_tp", "nvme_complete_rq", kAny, {}, {}, "nvme_core"}}},
    {"nvme_done", "nvme", "requests of NVMe commands are done",
     {{raw_tp, "nvme_done__raw_tp", "block_rq_complete", kAny}}, {}, {}, false, "nvme_answer"},
    {"nvme_interrupt", "nvme", "answers are found in a completion queue",
     {{raw_tp, "nvme_interrupt__raw_tp", "nvme_sq", kAny, {}, {}, "nvme_core"}}},
    {"nvme_setup", "nvme", "NVMe commands are set up",
     {{raw_tp, "nvme_setup__raw_tp", "nvme_setup_cmd", kAny, {}, {}, "nvme_core"}}},
    {"process_exit", "syscall", "threads end",
     {{tp_btf, "process_exit__tp_btf", "sched_process_exit", kAny, typed},
      {raw_tp, "process_exit__raw_tp", "sched_process_exit", kAny, untyped}}},
    {"syscall_exit", "syscall", "operations end",
     {{tp_btf, "syscall_exit__tp_btf", "sys_exit", kAny, typed},
      {tp, "syscall_exit__tp", "sys_exit", kAny, typed},
      {raw_tp, "syscall_exit__raw_tp", "sys_exit", kAny, untyped}}, syscall},
    {"syscall_enter", "syscall", "operations begin",
     {{tp_btf, "syscall_enter__tp_btf", "sys_enter", kAny, typed},
      {tp, "syscall_enter__tp", "sys_enter", kAny, typed},
      {raw_tp, "syscall_enter__raw_tp", "sys_enter", kAny, untyped}}, syscall},
    {"mark_scope", "sched", "threads that run already join the scope",
     {{iter, "mark_scope__iter", "task", kAny}}},
    {"walk_tasks", "syscall", "operations still open are read",
     {{iter, "walk_tasks__iter", "task", kAny}}},
};
// clang-format on

constexpr std::array<std::string_view, 15> kLayers = {
    "syscall", "function", "lookup", "cache",  "fault",   "sched", "irq",    "block",
    "limit",   "lock",     "memory", "socket", "journal", "nvme",  "cluster"};

} // namespace

std::string_view name_of(How how)
{
    switch (how) {
    case How::tp_btf:
        return "tp_btf";
    case How::raw_tp:
        return "raw_tp";
    case How::tp:
        return "tp";
    case How::fentry:
        return "fentry";
    case How::kprobe_multi:
        return "kprobe_multi";
    case How::kprobe:
        return "kprobe";
    case How::iter:
        return "iter";
    }
    return "";
}

bool is_function(How how)
{
    return how == How::fentry || how == How::kprobe_multi || how == How::kprobe;
}

std::string_view name_of(Flavour flavour)
{
    return flavour == Flavour::typed ? "typed" : "untyped";
}

std::string_view name_of(Boundary boundary)
{
    return boundary == Boundary::syscall ? "syscall" : "function";
}

std::set<std::string_view> modules_of_interest()
{
    std::set<std::string_view> modules;
    for (const Probe& probe : kTable) {
        for (const Alternative& way : probe.alternatives) {
            if (!way.module.empty())
                modules.insert(way.module);
        }
    }
    return modules;
}

std::span<const Probe> probe_table()
{
    return kTable;
}

std::span<const std::string_view> layers()
{
    return kLayers;
}

std::set<std::string_view> functions_of_interest()
{
    std::set<std::string_view> functions;
    for (const Probe& probe : kTable) {
        for (const Alternative& way : probe.alternatives) {
            if (is_function(way.how))
                functions.insert(way.event);
        }
    }
    return functions;
}

} // namespace iopath
