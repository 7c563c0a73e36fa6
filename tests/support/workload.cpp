// SPDX-License-Identifier: GPL-2.0-only
// Exact, scripted I/O for the tests: `workload [--gate] SUBCOMMAND ARG...`. Prints one line of JSON
// saying what it did, as seen from outside the kernel. With --gate it waits for a byte on standard
// input before it begins, so that a watch can be attached to it first.
#include "workload_async.h"
#include "workload_cache.h"
#include "workload_calls.h"
#include "workload_common.h"
#include "workload_failing_requests.h"
#include "workload_files.h"
#include "workload_net.h"
#include "workload_pipes.h"
#include "workload_ring_ends.h"
#include "workload_tasks.h"

#include <array>
#include <string_view>

namespace {

struct Entry {
    std::string_view name;
    workload::Subcommand run;
};

constexpr std::array kSubcommands{
    Entry{"direct-reads", workload::direct_reads},
    Entry{"write-fsync", workload::write_fsync},
    Entry{"cached-reads", workload::cached_reads},
    Entry{"cached-batches", workload::cached_batches},
    Entry{"mapped-reads", workload::mapped_reads},
    Entry{"read-again", workload::read_again},
    Entry{"cached", workload::cached},
    Entry{"failed", workload::failed},
    Entry{"threads", workload::many_threads},
    Entry{"processes", workload::many_processes},
    Entry{"descend", workload::descend},
    Entry{"calls", workload::all_calls},
    Entry{"ping-pong", workload::ping_pong},
    Entry{"pipe-stream", workload::pipe_stream},
    Entry{"fifo-reader", workload::fifo_reader},
    Entry{"leave-reader", workload::leave_reader},
    Entry{"idle-threads", workload::idle_threads},
    Entry{"interrupted", workload::interrupted},
    Entry{"unix-ping", workload::unix_ping},
    Entry{"flock", workload::flock_wait},
    Entry{"crowd", workload::crowd},
    Entry{"stopped", workload::stopped},
    Entry{"tcp-sleep", workload::tcp_sleep},
    Entry{"timer-waits", workload::timer_waits},
    Entry{"hog", workload::hog},
    Entry{"stamp", workload::stamp},
    Entry{"daemonise", workload::daemonise},
    Entry{"named", workload::named},
    Entry{"compat", workload::compat},
    Entry{"uring", workload::uring},
    Entry{"aio", workload::aio},
    Entry{"uring-reads", workload::uring_reads},
    Entry{"uring-calls", workload::uring_calls},
    Entry{"uring-failures", workload::uring_failures},
    Entry{"uring-missing", workload::uring_missing},
    Entry{"aio-failures", workload::aio_failures},
    Entry{"uring-sockets", workload::uring_sockets},
    Entry{"uring-waiting", workload::uring_waiting},
    Entry{"aio-batches", workload::aio_batches},
    Entry{"uring-multishot", workload::uring_multishot},
    Entry{"uring-multishot-recv", workload::uring_multishot_recv},
    Entry{"uring-pending", workload::uring_pending},
    Entry{"uring-killed", workload::uring_killed},
    Entry{"uring-shared", workload::uring_shared},
    Entry{"uring-broken-chains", workload::uring_broken_chains},
};

} // namespace

int main(int argc, char** argv)
{
    int at = 1;
    if (at < argc && std::string_view(argv[at]) == "--gate") {
        char byte = 0;
        workload::must(read(STDIN_FILENO, &byte, 1), "gate");
        at++;
    }
    for (const Entry& entry : kSubcommands) {
        if (at < argc && entry.name == argv[at]) {
            entry.run(workload::Args(argc - at - 1, argv + at + 1));
            return 0;
        }
    }
    std::fputs("usage: workload [--gate] SUBCOMMAND ARG...; subcommands:\n", stderr);
    for (const Entry& entry : kSubcommands)
        std::fprintf(stderr, "  %s\n", entry.name.data());
    return 64;
}
