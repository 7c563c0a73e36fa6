// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/syscalls.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <sys/syscall.h>

using namespace iopath;

namespace {

const Syscall& native(std::string_view name)
{
    const auto all = native_syscalls();
    const auto found = std::ranges::find(all, name, &Syscall::name);
    REQUIRE(found != all.end());
    return *found;
}

void check_table(std::span<const Syscall> table)
{
    std::set<int> numbers;
    std::set<std::string_view> names;
    for (const auto& call : table) {
        INFO(call.name);
        CHECK(numbers.insert(call.number).second);
        CHECK(names.insert(call.name).second);
        // The kernel side has room for 512 numbers and keeps the arguments in four bits each.
        CHECK((call.number >= 0 && call.number < 512));
        CHECK((call.fd_arg >= 0 && call.fd_arg < 6));
        CHECK((call.other_arg >= 0 && call.other_arg < 6));
        CHECK(call.op.has_value() == (call.file != FileArg::not_followed));
        if (call.file == FileArg::empty_path || call.file == FileArg::null_path ||
            call.file == FileArg::both)
            CHECK(call.fd_arg != call.other_arg);
    }
}

} // namespace

TEST_CASE("the system call tables are consistent", "[syscalls]")
{
    check_table(native_syscalls());
    check_table(compat_syscalls());
}

TEST_CASE("native system calls have their numbers and arguments", "[syscalls]")
{
    CHECK(native("read").number == SYS_read);
    CHECK(native("pwritev2").number == SYS_pwritev2);
    CHECK(native("read").bytes);
    CHECK(native("read").op == Op::read);

    CHECK(native("openat").file == FileArg::returned);
    CHECK(native("fcntl").file == FileArg::fcntl);
    CHECK(native("sync").file == FileArg::path);

    CHECK(native("newfstatat").file == FileArg::empty_path);
    CHECK(native("newfstatat").other_arg == 3);
    CHECK(native("statx").other_arg == 2);
    CHECK(native("linkat").other_arg == 4);
    CHECK(native("utimensat").file == FileArg::null_path);
    CHECK(native("utimensat").other_arg == 1);

    CHECK(native("sendfile").fd_arg == 0);
    CHECK(native("sendfile").other_arg == 1);
    CHECK(native("splice").fd_arg == 2);
    CHECK(native("splice").other_arg == 0);
    CHECK(native("tee").fd_arg == 1);
    CHECK(native("copy_file_range").fd_arg == 2);
    CHECK(native("copy_file_range").bytes);

    CHECK_FALSE(native("recvmmsg").bytes);
    CHECK_FALSE(native("sendmmsg").bytes);
    CHECK(native("io_uring_enter").fd_arg == 0);
    CHECK(native("io_submit").fd_arg == 1);
}

TEST_CASE("system calls are named as strace names them", "[syscalls]")
{
    CHECK(syscall_name(SYS_newfstatat) == "newfstatat");
    CHECK(syscall_name(SYS_pread64) == "pread64");
    CHECK(syscall_name(452) == "fchmodat2");
    CHECK(syscall_name(SYS_getpid).empty());
    CHECK(syscall_name(-1).empty());
}

TEST_CASE("every op has a native call", "[syscalls]")
{
    std::set<Op> ops;
    for (const auto& call : native_syscalls()) {
        if (call.op)
            ops.insert(*call.op);
    }
    CHECK(ops.size() == kOps);
}

TEST_CASE("a call does the same for 32-bit programs", "[syscalls]")
{
    std::map<std::string_view, const Syscall*> natives;
    for (const auto& call : native_syscalls())
        natives[call.name] = &call;
    for (const auto& call : compat_syscalls()) {
        INFO(call.name);
        const auto same = natives.find(call.name);
        if (same == natives.end())
            continue;
        CHECK(call.op == same->second->op);
        CHECK(call.file == same->second->file);
        CHECK(call.fd_arg == same->second->fd_arg);
        CHECK(call.other_arg == same->second->other_arg);
        CHECK(call.bytes == same->second->bytes);
    }
}

#ifdef __x86_64__
TEST_CASE("32-bit numbers are those of the kernel's header", "[syscalls]")
{
    std::map<std::string, int> numbers;
    for (const char* path :
         {"/usr/include/x86_64-linux-gnu/asm/unistd_32.h", "/usr/include/asm/unistd_32.h"}) {
        std::ifstream header(path);
        std::string word;
        while (header >> word) {
            int number = 0;
            constexpr std::string_view kPrefix = "__NR_";
            if (word.starts_with(kPrefix) && header >> number)
                numbers[word.substr(kPrefix.size())] = number;
        }
    }
    if (numbers.empty()) {
        WARN("skipped: asm/unistd_32.h is not installed");
        return;
    }
    int compared = 0;
    for (const auto& call : compat_syscalls()) {
        INFO(call.name);
        const auto known = numbers.find(std::string(call.name));
        if (known == numbers.end())
            continue; // younger than the header
        CHECK(call.number == known->second);
        compared++;
    }
    CHECK(compared > 100);
    CHECK(numbers["socketcall"] == kCompatSocketcall);
}
#endif
