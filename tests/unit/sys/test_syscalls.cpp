// SPDX-License-Identifier: GPL-2.0-only
#include "support/catch.h"
#include "sys/syscalls.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
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

TEST_CASE("calls have the name of what they fail on in their arguments", "[syscalls]")
{
    for (const auto& call : native_syscalls()) {
        INFO(call.name);
        // By a path, from a directory's descriptor: the kernel's convention for names of calls.
        const bool at = call.name.ends_with("at") || call.name == "openat2" ||
                        call.name == "faccessat2" || call.name == "renameat2" ||
                        call.name == "fchmodat2" || call.name == "newfstatat" ||
                        call.name == "statx";
        const bool other = call.name == "symlinkat" || call.name == "open_by_handle_at" ||
                           call.name == "fstat" || call.name == "stat" || call.name == "creat" ||
                           call.name == "lstat";
        if (!other)
            CHECK((call.naming == Naming::at_0) == at);
        if (call.naming == Naming::fd)
            CHECK((call.file == FileArg::fd || call.file == FileArg::both ||
                   call.file == FileArg::fcntl));
    }
    CHECK(native("symlinkat").naming == Naming::at_1);
    CHECK(native("open_by_handle_at").naming == Naming::nothing);
    CHECK(native("setxattr").naming == Naming::path_0);
    CHECK(native("connect").naming == Naming::address);
    CHECK(native("sync").naming == Naming::nothing);
    CHECK(native("io_submit").naming == Naming::nothing);
#ifdef __NR_open
    CHECK(native("open").naming == Naming::path_0);
    CHECK(native("rename").naming == Naming::path_0);
    CHECK(native("symlink").naming == Naming::path_1);
    CHECK(native("futimesat").naming == Naming::at_0);
#endif
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
        CHECK(call.naming == same->second->naming);
    }
}

namespace {

/// Numbers by name of the headers that are there: "#define __NR_read 3", also with the base that
/// arm's have: "(__NR_SYSCALL_BASE + 3)".
std::map<std::string, int> numbers_in(std::initializer_list<const char*> paths)
{
    std::map<std::string, int> numbers;
    for (const char* path : paths) {
        std::ifstream header(path);
        std::string line;
        while (std::getline(header, line)) {
            std::istringstream words(line);
            std::string define;
            std::string name;
            std::string number;
            words >> define >> name >> number;
            if (number == "(__NR_SYSCALL_BASE")
                words >> number >> number;
            constexpr std::string_view kPrefix = "__NR_";
            if (define == "#define" && name.starts_with(kPrefix) &&
                number.find_first_of("0123456789") == 0)
                numbers[name.substr(kPrefix.size())] = std::stoi(number);
        }
    }
    return numbers;
}

/// How many rows the header knows, all of which it numbers as we do; younger ones it does not.
int compare(std::span<const Syscall> table, const std::map<std::string, int>& numbers)
{
    int compared = 0;
    for (const auto& call : table) {
        INFO(call.name);
        const auto known = numbers.find(std::string(call.name));
        if (known == numbers.end())
            continue;
        CHECK(call.number == known->second);
        compared++;
    }
    return compared;
}

} // namespace

#ifdef __x86_64__
TEST_CASE("32-bit numbers are those of the kernel's header", "[syscalls]")
{
    const auto numbers = numbers_in(
        {"/usr/include/x86_64-linux-gnu/asm/unistd_32.h", "/usr/include/asm/unistd_32.h"});
    if (numbers.empty()) {
        WARN("skipped: asm/unistd_32.h is not installed");
        return;
    }
    CHECK(compare(compat_syscalls(), numbers) > 100);
    CHECK(numbers.at("socketcall") == kCompatSocketcall);
}
#endif

#ifdef __aarch64__
TEST_CASE("native numbers are those of the table for all younger architectures", "[syscalls]")
{
    const auto numbers = numbers_in({"/usr/include/asm-generic/unistd.h"});
    if (numbers.empty()) {
        WARN("skipped: asm-generic/unistd.h is not installed");
        return;
    }
    // Those of 64 bits that 32-bit ones have under other names stand there as __NR3264_.
    CHECK(compare(native_syscalls(), numbers) > 60);
    for (const char* older : {"open", "creat", "stat", "getdents", "rename", "futimesat"})
        CHECK(std::ranges::find(native_syscalls(), older, &Syscall::name) ==
              native_syscalls().end());
}

TEST_CASE("32-bit numbers are those of arm's header", "[syscalls]")
{
    // Packages linux-libc-dev:armhf and linux-libc-dev-armhf-cross.
    const auto numbers = numbers_in({"/usr/include/arm-linux-gnueabihf/asm/unistd-eabi.h",
                                     "/usr/arm-linux-gnueabihf/include/asm/unistd-eabi.h"});
    if (numbers.empty()) {
        WARN("skipped: arm's asm/unistd-eabi.h is not installed");
        return;
    }
    CHECK(compare(compat_syscalls(), numbers) > 100);
}
#endif
