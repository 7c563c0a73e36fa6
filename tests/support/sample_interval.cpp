// SPDX-License-Identifier: GPL-2.0-only
#include "tests/support/sample_interval.h"

#include "tests/support/build.h"

using namespace std::chrono_literals;

namespace iopath::test {

namespace {

Operation reads()
{
    Operation row = operation(Op::read, Target::file, "ext4", "vda1",
                              {{40000, 62us}, {20000, 91us}, {1700, 240us}, {85, 4500us}});
    row.bytes = 61785ULL * 4096;
    row.voluntary = 61800;
    row.involuntary = 312;
    move_time(row, Stage::device, 0.456);
    move_time(row, Stage::runqueue, 0.259);
    move_time(row, Stage::block_queue, 0.042);
    move_time(row, Stage::completion, 0.006);
    move_time(row, Stage::softirq, 0.002);
    move_time(row, Stage::preempted, 0.003);
    row.cache = {8000, 5600, 7200, 40};
    row.top = {{1234, "fio", row.latency.sum * 93 / 100}, {1240, "fio", row.latency.sum * 7 / 100}};
    return row;
}

Operation syncs()
{
    Operation row = operation(Op::sync, Target::file, "ext4", "vda1",
                              {{350, 1800us}, {40, 3100us}, {10, 12ms}});
    move_time(row, Stage::device, 0.61);
    move_time(row, Stage::helper, 0.17);
    move_time(row, Stage::runqueue, 0.12);
    move_time(row, Stage::lock, 0.03);
    row.flush = row.stage(Stage::device).time * 7 / 10;
    row.waits = {row.latency.sum * 9 / 100, row.latency.sum * 20 / 100, row.latency.sum * 4 / 100};
    row.merged = 31;
    row.stage(Stage::helper).via = {{"jbd2/vda1-8", row.latency.sum * 14 / 100},
                                    {"kworker/u4:2-flush-254:0", row.latency.sum * 3 / 100}};
    row.top = {{1311, "append", row.latency.sum}};
    return row;
}

Operation pipe_writes()
{
    Operation row = operation(Op::write, Target::pipe, "", "", {{800, 21us}, {200, 2400us}});
    row.bytes = 1000ULL * 65536;
    move_time(row, Stage::peer, 0.81);
    move_time(row, Stage::runqueue, 0.08);
    row.stage(Stage::peer).via = {{"gzip", row.stage(Stage::peer).time}};
    row.top = {{1400, "cat", row.latency.sum}};
    return row;
}

Operation pipe_reads()
{
    Operation row = operation(Op::read, Target::pipe, "", "", {{2000, 18us}, {4, 11ms}});
    row.bytes = 1000ULL * 65536;
    row.interrupted = 1;
    move_time(row, Stage::peer, 0.4);
    row.stage(Stage::peer).via = {{"cat", row.stage(Stage::peer).time}};
    row.top = {{1401, "gzip", row.latency.sum}};
    return row;
}

Operation opens()
{
    Operation row = operation(Op::open, Target::file, "", "", {{1900, 4us}, {20, 31us}});
    row.errors = 412;
    row.lookups = {1920, 7680, NameMisses{140, 31, 2100us, 900us}};
    row.top = {{1299, "sh", row.latency.sum}};
    return row;
}

Operation spliced()
{
    Operation row = operation(Op::splice, Target::file, "ext4", "vda1", {{64, 35us}});
    row.key.peer_target = Target::pipe;
    row.bytes = 64ULL << 20;
    return row;
}

std::vector<Helper> helpers()
{
    Helper journal;
    journal.comm = "jbd2/vda-8";
    journal.stages.at(static_cast<std::size_t>(Stage::cpu)) = 11ms;
    journal.stages.at(static_cast<std::size_t>(Stage::device)) = 64ms;
    journal.by_operations = 60ms;
    journal.by_any = 67ms;
    Helper loop; // carries out requests
    loop.comm = "kworker";
    loop.work = "loop0";
    loop.serves = true;
    loop.device = "loop0";
    loop.stages.at(static_cast<std::size_t>(Stage::cpu)) = 1500ms;
    Helper quick; // too little to be shown
    quick.comm = "rcu_preempt";
    quick.stages.at(static_cast<std::size_t>(Stage::runqueue)) = 90us;
    return {quick, journal, loop};
}

void add_layers(Counts& counts)
{
    counts.block = {requests("vda", "read", {{60000, 38us}, {1785, 220us}}, 2100ns),
                    requests("vda", "write", {{800, 310us}}, 14us),
                    requests("vda", "flush", {{400, 760us}}, 3us)};
    counts.block[0].bytes = 61785ULL * 4096;
    counts.block[1].bytes = 800ULL * 16384;
    counts.block[1].merges = 17;
    counts.block[0].by = {
        {{SubmitterKind::process, 1234, "fio", "/", "", ""}, 57461, 57461ULL * 4096, 2496ms},
        {{SubmitterKind::process, 1240, "fio", "/batch.slice", "", ""},
         4324,
         4324ULL * 4096,
         176ms}};
    counts.block[1].by = {
        {{SubmitterKind::writeback, 0, "writeback", "/db.slice", "vda", "ext4"},
         600,
         9830400,
         186ms},
        {{SubmitterKind::kernel, 221, "jbd2/vda1-8", "/", "", ""}, 200, 3276800, 62ms}};
    counts.block[0].sizes[4] = 61785;
    counts.block[0].located = 61785;
    counts.block[0].sequential = 620;
    counts.block[1].sizes[5] = 500;
    counts.block[1].sizes[7] = 300;
    counts.block[1].located = 800;
    counts.block[1].sequential = 790;
    counts.block[1].flags[static_cast<std::size_t>(RequestFlag::sync)] = 200;
    counts.block[1].flags[static_cast<std::size_t>(RequestFlag::background)] = 600;
    counts.block[1].scheduler = {800, 9600us, 40us};
    counts.flush_sequences = {requests("vda", "flush_sequence", {{200, 1900us}}, 5us)};
    counts.flush_sequences[0].flags[static_cast<std::size_t>(RequestFlag::preflush)] = 200;
    counts.flush_sequences[0].flags[static_cast<std::size_t>(RequestFlag::fua)] = 100;
    counts.block[2].by = {{{}, 400, 0, 304ms}};
    AsyncRequests ring;
    ring.interface = Interface::io_uring;
    ring.submitted = ring.completed = 1200;
    ring.punted = {0, 12, 30};
    ring.in_flight_max = 32;
    ring.batches = {400, 1200, 8, {100, 100, 100, 100}};
    ring.reap = latency_of({{1190, 3us}, {10, 90us}});
    ring.total = latency_of({{1190, 110us}, {10, 190us}});
    counts.async = {ring};
    // One controller for both CPUs, whose interrupts all come to the first.
    NvmeQueue here{"nvme0n1", 1, 0, 9000, 0, 4000, 13000, 4000, {}, {}, {}, {}};
    here.queue = latency_of({{9000, 2us}});
    here.command = latency_of({{12000, 72us}, {1000, 410us}});
    here.completion = latency_of({{13000, 1us}});
    NvmeQueue there{"nvme0n1", 1, 1, 4000, 2, 0, 0, 0, {}, {}, {}, {}};
    there.queue = latency_of({{4000, 3us}});
    NvmeQueue admin{"nvme0", 0, 0, 3, 0, 0, 3, 0, {{"TARGET", 1}}, {}, {}, {}};
    admin.queue = latency_of({{3, 4us}});
    admin.command = latency_of({{3, 95us}});
    admin.completion = latency_of({{3, 2us}});
    counts.nvme = {admin, there, here};
    counts.interrupts = {{"25", "virtio1-req.0", 0, latency_of({{62000, 2600ns}})},
                         {"LOC", "local_timer", 0, latency_of({{2500, 3100ns}})},
                         {"LOC", "local_timer", 1, latency_of({{2500, 2900ns}})},
                         {"RES", "reschedule", 1, latency_of({{8200, 700ns}})}};
    counts.softirqs = {
        {"BLOCK", 0, latency_of({{900, 1900ns}}), latency_of({{900, 2us}})},
        {"TIMER", 1, latency_of({{2400, 1100ns}}), latency_of({{2390, 1us}, {10, 800us}})},
        {"RCU", 0, latency_of({{700, 900ns}}), latency_of({{700, 3us}})}};
    DirectoryLookups mails;
    mails.path = "/srv/mail/\xff/cur";
    mails.fs = "ext4";
    mails.device = "vda";
    mails.slow = 1300;
    mails.slow_time = 140ms;
    mails.slow_device = 110ms;
    mails.slow_max = 9ms;
    mails.misses = NameMisses{120, 31, 90ms, 70ms, 118, 483'328};
    mails.miss_max = 8ms;
    DirectoryLookups quick; // too little to be shown
    quick.path = ".../etc";
    quick.cut = true;
    quick.slow = 3;
    quick.slow_time = 90us;
    quick.slow_max = 40us;
    quick.misses.reset();
    counts.directories = {quick, mails};
    FileLockWaits lock;
    lock.key = {"vda", 1835, 0, {}, FileLockType::flock, true, 4711, 4242};
    lock.fs = "ext4";
    lock.path = "/srv/queue.lock";
    lock.name = "queue.lock";
    lock.waiter_comm = "worker";
    lock.holder_comm = "backup";
    lock.waits = 12;
    lock.time = 48ms;
    lock.max = 9ms;
    FileLockWaits open;
    open.key = {"vda", 1836, 100, 199, FileLockType::posix, false, 4712, 0};
    open.waiter_comm = "smbd";
    open.waits = 1;
    open.open = 1;
    open.time = open.open_time = 31ms;
    open.max = 31ms;
    counts.file_locks = {lock, open};
    counts.kernel_locks = {{"ext4_buffered_write_iter", "rwsem:W", Op::write, Target::file, "ext4",
                            "vda", 321, 27ms, 4ms},
                           {"pipe_write", "mutex", Op::write, Target::pipe, "", "", 12, 90us, 21us},
                           {"ocfs2_inode_lock_full_nested", "cluster", Op::write, Target::file,
                            "ocfs2", "vdb", 2, 31us, 17us, "meta", "EX"}};
    Commits commits;
    commits.device = "vda";
    commits.latency = latency_of({{12, 4ms}, {1, 31ms}});
    commits.phases = {2ms, 9ms, 68ms};
    commits.askers = {{1311, "append", 8}};
    commits.by_timer = 3;
    commits.sized = 13;
    commits.handles = 912;
    commits.blocks = 340;
    counts.commits = {commits};
    counts.helpers = helpers();
    counts.scheduler = {66100, 410, 57, latency_of({{60000, 9us}, {6000, 85us}, {100, 3900us}})};
}

} // namespace

Coverage sample_coverage()
{
    return {{"sys_enter", "syscall", "tp_btf", "", ""},
            {"sys_exit", "syscall", "tp_btf", "", ""},
            {"sched_switch", "scheduler", "tp_btf", "", ""},
            {"sched_waking", "scheduler", "tp_btf", "", ""},
            {"block_issue", "block", "raw_tp", "", ""},
            {"contention_begin", "lock", "dark", "this kernel has no tracepoint contention_begin",
             "Linux 5.19 or newer"},
            {"file_range_lock_wait", "lock", "dark",
             "fentry is refused (EPERM) and there are no kprobes", ""}};
}

FactsView sample_facts()
{
    return {{"kernel", "6.18.44"},
            {"btf", "/sys/kernel/btf/vmlinux, 6.1 MiB"},
            {"lockdown", "none"},
            {"capabilities", "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_SYS_RESOURCE, "
                             "CAP_DAC_READ_SEARCH"},
            {"bpf_stats", ""}};
}

Interval sample_interval()
{
    Interval interval = empty_interval(6200ms, ScopeKind::command);
    interval.scope.command = {"sh", "-c", "fio reads.fio; append 400; cat big | gzip > big.gz"};
    // Not in the order of their time: sorting is the report's work.
    interval.counts.operations = {opens(),       spliced(), pipe_reads(),
                                  pipe_writes(), syncs(),   reads()};
    add_layers(interval.counts);
    interval.coverage = sample_coverage();
    interval.self = {31ms, 12ms, 14ULL << 20};
    interval.command_end = CommandEnd{0, 0};
    return interval;
}

namespace {

/// One of each kind, two with names that mean harm.
std::vector<Failure> sample_failures()
{
    Failure missing;
    missing.op = Op::open;
    missing.target = Target::file;
    missing.error = "ENOENT";
    missing.path = "/etc/evil\x1b[2J\n\xff.conf";
    missing.pid = 1402;
    missing.comm = "app";
    missing.count = 12345;
    missing.time = 60ms;
    Failure refused;
    refused.op = Op::connect;
    refused.target = Target::tcp;
    refused.error = "ECONNREFUSED";
    refused.address = "127.0.0.1:8080";
    refused.pid = 1403;
    refused.comm = "evil\x1b[2J\n\xff";
    refused.count = 17;
    refused.time = 1ms;
    Failure deep;
    deep.op = Op::write;
    deep.target = Target::file;
    deep.fs = "ext4";
    deep.device = "vda1";
    deep.error = "ENOSPC";
    deep.path = ".../var/lib/service/data/2026-11-23/segments/00000000000000000001/segment.log";
    deep.cut = true;
    deep.deleted = true;
    deep.pid = 1404;
    deep.comm = "service";
    deep.count = 3;
    deep.time = 2ms;
    Failure beyond;
    beyond.op = Op::metadata;
    beyond.target = Target::other;
    beyond.error = "ENOENT";
    beyond.count = 2;
    return {missing, refused, deep, beyond};
}

} // namespace

Interval troubled_interval()
{
    Interval interval = sample_interval();
    interval.scope = {};
    interval.counts.operations[5].top[0].comm = "evil\x1b[2J\n\xff";
    interval.counts.operations[4].imbalanced = 3;
    interval.counts.operations[4].residual = 12us;
    interval.counts.operations[2].key.pid = 1401;
    interval.counts.operations[2].key.comm = "\xe2\x80\xaegzip";
    interval.counts.losses[static_cast<std::size_t>(Loss::map_full)] = 12345;
    interval.counts.losses[static_cast<std::size_t>(Loss::missed_run)] = 2;
    interval.counts.io_uring_enters = 4711;
    interval.counts.block[0].errors = 2;
    interval.counts.block[0].timeouts = 1;
    interval.counts.block[0].by[0].by.comm = "evil\x1b[2J\n\xff";
    interval.counts.block_errors = {
        {"vda", "read", "MEDIUM", 2, 4656, 4656, interval.counts.block[0].by[0].by},
        {"vda", "flush", "TIMEOUT", 1, std::nullopt, std::nullopt, {}}};
    interval.counts.failures = sample_failures();
    interval.steal = 120ms;
    interval.command_end = CommandEnd{3, 2};
    InFlight open;
    open.key = {Op::read, Target::pipe, {}, "", "", 0, "", "", {}};
    open.pid = 1500;
    open.comm = "fifo-reader";
    open.syscall = "read";
    open.open_for = 5900ms;
    open.stages[static_cast<std::size_t>(Stage::peer)] = 5880ms;
    open.stages[static_cast<std::size_t>(Stage::cpu)] = 20ms;
    InFlight before;
    before.key.op = Op::sync;
    before.pid = 77;
    before.comm = "backup";
    before.syscall = "fsync";
    before.begun_before = true;
    before.open_for = 6200ms;
    interval.in_flight = {open, before};
    return interval;
}

} // namespace iopath::test
