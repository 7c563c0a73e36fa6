// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/processes.h"
#include "unit/sys/fake_tree.h"

#include <algorithm>
#include <unistd.h>

using namespace iopath;

namespace {

std::string stat_line(pid_t pid, std::string_view comm, char state, pid_t parent, int threads = 1)
{
    return std::to_string(pid) + " (" + std::string(comm) + ") " + state + " " +
           std::to_string(parent) + " 7 8 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 " +
           std::to_string(threads) + " 0 9876 1000 200 18446744073709551615\n";
}

void add(const FakeTree& tree, pid_t pid, pid_t parent, char state = 'S', int threads = 1)
{
    tree.file("/proc/" + std::to_string(pid) + "/stat",
              stat_line(pid, "worker", state, parent, threads));
}

std::vector<pid_t> sorted(std::vector<pid_t> pids)
{
    std::ranges::sort(pids);
    return pids;
}

} // namespace

TEST_CASE("a stat line is parsed whatever the name", "[processes]")
{
    const auto process = parse_stat(stat_line(42, "a) S 1 (b", 'R', 7, 3));
    REQUIRE(process);
    CHECK(process->pid == 42);
    CHECK(process->comm == "a) S 1 (b");
    CHECK(process->state == 'R');
    CHECK(process->parent == 7);
    CHECK(process->session == 8);
    CHECK(process->threads == 3);
    CHECK(process->start_ticks == 9876);

    CHECK_FALSE(parse_stat(""));
    CHECK_FALSE(parse_stat("42 (cut"));
    CHECK_FALSE(parse_stat("42 (cut)"));
    CHECK_FALSE(parse_stat("42 (cut) S 1 2"));
    CHECK_FALSE(parse_stat(")("));
}

TEST_CASE("a zombie is no live process, unless its threads go on", "[processes]")
{
    const FakeTree tree;
    add(tree, 10, 1);
    add(tree, 11, 1, 'Z');
    add(tree, 12, 1, 'Z', 2);
    const auto files = tree.files();
    CHECK(process_exists(files, 10));
    CHECK_FALSE(process_exists(files, 11));
    CHECK(process_exists(files, 12));
    CHECK_FALSE(process_exists(files, 13));
    CHECK(count_children(files, 1) == 2);
    CHECK(count_children(files, 10) == 0);
}

TEST_CASE("descendants are found over generations", "[processes]")
{
    const FakeTree tree;
    add(tree, 1, 0);
    add(tree, 10, 1);
    add(tree, 11, 10);
    add(tree, 12, 11);
    add(tree, 13, 10, 'Z');
    add(tree, 20, 1);
    add(tree, 21, 20);
    tree.directory("/proc/sys");
    const auto files = tree.files();
    CHECK(sorted(descendants_of(files, {10})) == std::vector<pid_t>{11, 12});
    CHECK(sorted(descendants_of(files, {10, 11, 20})) == std::vector<pid_t>{12, 21});
    CHECK(descendants_of(files, {12}).empty());
    CHECK(descendants_of(files, {99}).empty());

    // What a list not read at one instant can show.
    add(tree, 30, 31);
    add(tree, 31, 30);
    CHECK(descendants_of(files, {30}) == std::vector<pid_t>{31});
}

TEST_CASE("names and threads of processes", "[processes]")
{
    const FakeTree tree;
    tree.file("/proc/10/comm", "a\nb\n");
    tree.directory("/proc/10/task/10");
    tree.directory("/proc/10/task/12");
    const auto files = tree.files();
    CHECK(comm_of(files, 10) == "a\nb");
    CHECK(comm_of(files, 11).empty());
    CHECK(sorted(threads_of(files, 10)) == std::vector<pid_t>{10, 12});
    CHECK(threads_of(files, 11).empty());
}

TEST_CASE("membership of a cgroup includes those below", "[processes]")
{
    const FakeTree tree;
    tree.file("/proc/10/cgroup", "12:cpu:/v1\n0::/system.slice/x.service/sub\n");
    tree.file("/proc/11/cgroup", "1:cpu:/system.slice\n");
    const auto files = tree.files();
    CHECK(in_cgroup(files, 10, "/"));
    CHECK(in_cgroup(files, 10, "/system.slice"));
    CHECK(in_cgroup(files, 10, "/system.slice/x.service/sub"));
    CHECK_FALSE(in_cgroup(files, 10, "/system.slice/x"));
    CHECK_FALSE(in_cgroup(files, 10, "/v1"));
    CHECK_FALSE(in_cgroup(files, 10, "/system.slice/x.service/sub/deeper"));
    CHECK_FALSE(in_cgroup(files, 11, "/system.slice"));
    CHECK_FALSE(in_cgroup(files, 12, "/"));
}

TEST_CASE("this very process is found", "[processes]")
{
    const HostFiles files;
    const auto self = read_process(files, ::getpid());
    REQUIRE(self);
    CHECK(self->parent == ::getppid());
    CHECK(self->comm == comm_of(files, ::getpid()));
    const auto threads = threads_of(files, ::getpid());
    CHECK(std::ranges::count(threads, ::getpid()) == 1);
}
