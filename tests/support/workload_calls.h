// SPDX-License-Identifier: GPL-2.0-only
// Every system call that the contract calls an operation, and some that it does not, each made
// directly, with a tally of what was done.
#pragma once

#include "workload_net.h"

#include <map>

#include <linux/openat2.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <utime.h>

namespace workload {

/// Makes system calls and counts them as the contract would: by op and target. An empty target is
/// one that the contract leaves open (a path, or nothing at all).
class Tally {
public:
    template <class... Words>
    long call(const char* op, const char* target, const char* name, long number, Words... words)
    {
        const long result = syscall(number, as_word(words)...);
        if (result < 0)
            die(name);
        calls_[name]++;
        Row& row = rows_[{op, target}];
        row.count++;
        row.bytes += static_cast<std::uint64_t>(result);
        return result;
    }

    /// {"calls":{name:count},"rows":[[op,target,count,bytes]]}; bytes mean something only for ops
    /// that move data, one message a call.
    void print() const
    {
        std::string calls;
        for (const auto& [name, count] : calls_)
            calls += (calls.empty() ? "\"" : ",\"") + name + "\":" + std::to_string(count);
        std::string rows;
        for (const auto& [key, row] : rows_)
            rows += (rows.empty() ? "[\"" : ",[\"") + key.first + "\",\"" + key.second + "\"," +
                    std::to_string(row.count) + "," + std::to_string(row.bytes) + "]";
        Facts().raw("calls", "{" + calls + "}").raw("rows", "[" + rows + "]").print();
    }

private:
    struct Row {
        std::uint64_t count = 0;
        std::uint64_t bytes = 0;
    };

    static long as_word(std::nullptr_t) { return 0; }

    template <class T>
    static long as_word(T* pointer)
    {
        return reinterpret_cast<long>(pointer);
    }
    template <class T>
    static long as_word(T number)
    {
        return static_cast<long>(number);
    }

    std::map<std::string, std::uint64_t> calls_;
    std::map<std::pair<std::string, std::string>, Row> rows_;
};

#define CALL(op, target, name, ...) tally.call(op, target, #name, SYS_##name, __VA_ARGS__)

inline constexpr std::size_t kBlock = 4096;

inline char* calls_buffer()
{
    alignas(4096) static char buffer[kBlock];
    return buffer;
}

inline int open_rw(Tally& tally, const std::string& path)
{
    return static_cast<int>(
        CALL("open", "file", openat, AT_FDCWD, path.c_str(), O_RDWR | O_CREAT, 0600));
}

inline void shut(Tally& tally, const char* target, int fd)
{
    CALL("close", target, close, fd);
}

inline void call_opens(Tally& tally, const std::string& dir)
{
    const std::string path = dir + "/opens";
    shut(tally, "file", open_rw(tally, path));
    open_how how{};
    how.flags = O_RDONLY;
    shut(tally, "file",
         static_cast<int>(CALL("open", "file", openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
#ifdef SYS_open
    shut(tally, "file", static_cast<int>(CALL("open", "file", open, path.c_str(), O_RDONLY, 0)));
    shut(tally, "file", static_cast<int>(CALL("open", "file", creat, path.c_str(), 0600)));
#endif
    const std::string fifo = dir + "/fifo";
    CALL("metadata", "", mknodat, AT_FDCWD, fifo.c_str(), S_IFIFO | 0600, 0);
    shut(tally, "pipe",
         static_cast<int>(CALL("open", "pipe", openat, AT_FDCWD, fifo.c_str(), O_RDWR, 0)));
    const int null =
        static_cast<int>(CALL("open", "other", openat, AT_FDCWD, "/dev/null", O_RDWR, 0));
    CALL("write", "other", write, null, calls_buffer(), 10);
    CALL("read", "other", read, null, calls_buffer(), 10);
    shut(tally, "other", null);
    CALL("metadata", "", unlinkat, AT_FDCWD, fifo.c_str(), 0);
    CALL("metadata", "", unlinkat, AT_FDCWD, path.c_str(), 0);
}

inline void call_reads_and_writes(Tally& tally, const std::string& dir)
{
    char* buffer = calls_buffer();
    const iovec parts[2] = {{buffer, 100}, {buffer + 100, 200}};
    const int fd = open_rw(tally, dir + "/data");
    CALL("write", "file", write, fd, buffer, kBlock);
    CALL("write", "file", pwrite64, fd, buffer, 512, 0);
    CALL("write", "file", writev, fd, parts, 2);
    CALL("write", "file", pwritev, fd, parts, 2, 0, 0);
    CALL("write", "file", pwritev2, fd, parts, 2, 0, 0, 0);
    must(lseek(fd, 0, SEEK_SET), "lseek");
    CALL("read", "file", read, fd, buffer, kBlock);
    CALL("read", "file", pread64, fd, buffer, 512, 0);
    CALL("read", "file", readv, fd, parts, 2);
    CALL("read", "file", preadv, fd, parts, 2, 0, 0);
    CALL("read", "file", preadv2, fd, parts, 2, 0, 0, 0);
    CALL("sync", "file", fsync, fd);
    CALL("sync", "file", fdatasync, fd);
    CALL("sync", "file", sync_file_range, fd, 0, kBlock, SYNC_FILE_RANGE_WRITE);
    CALL("sync", "file", syncfs, fd);
    CALL("sync", "", sync, 0);
    void* map = mmap(nullptr, kBlock, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        die("mmap");
    CALL("sync", "", msync, map, kBlock, MS_SYNC);
    munmap(map, kBlock);
    CALL("lock", "file", flock, fd, LOCK_EX);
    CALL("lock", "file", flock, fd, LOCK_UN);
    struct flock region {};
    region.l_type = F_WRLCK;
    CALL("lock", "file", fcntl, fd, F_SETLKW, &region);
    region.l_type = F_UNLCK;
    CALL("lock", "file", fcntl, fd, F_SETLKW, &region);
    region.l_type = F_WRLCK;
    CALL("lock", "file", fcntl, fd, F_OFD_SETLKW, &region);
    region.l_type = F_UNLCK;
    CALL("lock", "file", fcntl, fd, F_OFD_SETLKW, &region);
    // No operations: these must not be counted.
    must(fcntl(fd, F_GETFL), "fcntl");
    must(syscall(SYS_getppid), "getppid");
    pollfd none{-1, 0, 0};
    must(poll(&none, 1, 0), "poll");
    shut(tally, "file", fd);
}

inline void call_descriptor_metadata(Tally& tally, const std::string& dir)
{
    const std::string path = dir + "/descriptor";
    const int fd = open_rw(tally, path);
    struct stat status {};
    struct statfs system {};
    char value[64];
    CALL("metadata", "file", fstat, fd, &status);
    CALL("metadata", "file", fstatfs, fd, &system);
    CALL("metadata", "file", fchmod, fd, 0600);
    CALL("metadata", "file", fchown, fd, 0, 0);
    CALL("metadata", "file", ftruncate, fd, 100);
    CALL("metadata", "file", fallocate, fd, 0, 0, kBlock);
    CALL("metadata", "file", fsetxattr, fd, "user.f", "v", 1, 0);
    CALL("metadata", "file", fgetxattr, fd, "user.f", value, sizeof value);
    CALL("metadata", "file", flistxattr, fd, value, sizeof value);
    CALL("metadata", "file", fremovexattr, fd, "user.f");
    shut(tally, "file", fd);
    CALL("metadata", "", unlinkat, AT_FDCWD, path.c_str(), 0);
    char entries[1024];
    const int list = static_cast<int>(
        CALL("open", "file", openat, AT_FDCWD, dir.c_str(), O_RDONLY | O_DIRECTORY, 0));
    CALL("metadata", "file", getdents64, list, entries, sizeof entries);
#ifdef SYS_getdents
    CALL("metadata", "file", getdents, list, entries, sizeof entries);
#endif
    shut(tally, "file", list);
}

inline void call_path_metadata(Tally& tally, const std::string& dir)
{
    const std::string one = dir + "/path";
    const std::string two = dir + "/path2";
    const std::string sub = dir + "/sub";
    const char* path = one.c_str();
    struct stat status {};
    struct statx extended {};
    struct statfs system {};
    char value[64];
    shut(tally, "file", open_rw(tally, one));
    CALL("metadata", "", newfstatat, AT_FDCWD, path, &status, 0);
    CALL("metadata", "", statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &extended);
    CALL("metadata", "", statfs, path, &system);
    CALL("metadata", "", faccessat, AT_FDCWD, path, R_OK);
    CALL("metadata", "", faccessat2, AT_FDCWD, path, R_OK, 0);
    CALL("metadata", "", symlinkat, path, AT_FDCWD, two.c_str());
    CALL("metadata", "", readlinkat, AT_FDCWD, two.c_str(), value, sizeof value);
    CALL("metadata", "", unlinkat, AT_FDCWD, two.c_str(), 0);
    CALL("metadata", "", linkat, AT_FDCWD, path, AT_FDCWD, two.c_str(), 0);
    CALL("metadata", "", renameat2, AT_FDCWD, two.c_str(), AT_FDCWD, sub.c_str(), 0);
    CALL("metadata", "", unlinkat, AT_FDCWD, sub.c_str(), 0);
    CALL("metadata", "", mkdirat, AT_FDCWD, sub.c_str(), 0700);
    CALL("metadata", "", unlinkat, AT_FDCWD, sub.c_str(), AT_REMOVEDIR);
    CALL("metadata", "", mknodat, AT_FDCWD, two.c_str(), S_IFREG | 0600, 0);
    CALL("metadata", "", fchmodat, AT_FDCWD, path, 0600);
    CALL("metadata", "", fchownat, AT_FDCWD, path, 0, 0, 0);
    CALL("metadata", "", utimensat, AT_FDCWD, path, nullptr, 0);
    CALL("metadata", "", truncate, path, 10);
    CALL("metadata", "", setxattr, path, "user.a", "v", 1, 0);
    CALL("metadata", "", getxattr, path, "user.a", value, sizeof value);
    CALL("metadata", "", listxattr, path, value, sizeof value);
    CALL("metadata", "", removexattr, path, "user.a");
    CALL("metadata", "", lsetxattr, path, "user.l", "v", 1, 0);
    CALL("metadata", "", lgetxattr, path, "user.l", value, sizeof value);
    CALL("metadata", "", llistxattr, path, value, sizeof value);
    CALL("metadata", "", lremovexattr, path, "user.l");
    CALL("metadata", "", unlinkat, AT_FDCWD, two.c_str(), 0);
    CALL("metadata", "", unlinkat, AT_FDCWD, path, 0);
}

/// The calls that only older tables have.
inline void call_legacy_metadata(Tally& tally, const std::string& dir)
{
#ifdef SYS_stat
    const std::string one = dir + "/legacy";
    const std::string two = dir + "/legacy2";
    const char* path = one.c_str();
    struct stat status {};
    char value[64];
    shut(tally, "file", open_rw(tally, one));
    CALL("metadata", "", stat, path, &status);
    CALL("metadata", "", lstat, path, &status);
    CALL("metadata", "", access, path, R_OK);
    CALL("metadata", "", symlink, path, two.c_str());
    CALL("metadata", "", readlink, two.c_str(), value, sizeof value);
    CALL("metadata", "", lchown, two.c_str(), 0, 0);
    CALL("metadata", "", unlink, two.c_str());
    CALL("metadata", "", link, path, two.c_str());
    CALL("metadata", "", rename, two.c_str(), path); // two names of one file: both stay
    CALL("metadata", "", unlink, two.c_str());
    CALL("metadata", "", renameat, AT_FDCWD, path, AT_FDCWD, two.c_str());
    CALL("metadata", "", mkdir, path, 0700);
    CALL("metadata", "", rmdir, path);
    CALL("metadata", "", mknod, path, S_IFREG | 0600, 0);
    CALL("metadata", "", chmod, path, 0600);
    CALL("metadata", "", chown, path, 0, 0);
    CALL("metadata", "", utime, path, nullptr);
    CALL("metadata", "", utimes, path, nullptr);
    CALL("metadata", "", futimesat, AT_FDCWD, path, nullptr);
    CALL("metadata", "", unlink, path);
    CALL("metadata", "", unlink, two.c_str());
#else
    static_cast<void>(tally);
    static_cast<void>(dir);
#endif
}

inline void call_splices(Tally& tally, const std::string& dir)
{
    char* buffer = calls_buffer();
    const int from = open_rw(tally, dir + "/from");
    const int to = open_rw(tally, dir + "/to");
    CALL("write", "file", pwrite64, from, buffer, kBlock, 0);
    const Pipe one;
    const Pipe two;
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    std::int64_t offset = 0;
    CALL("splice", "file", splice, from, &offset, one.writer, nullptr, 1000, 0);
    CALL("splice", "pipe", tee, one.reader, two.writer, 1000, 0);
    CALL("read", "pipe", read, two.reader, buffer, 1000);
    CALL("splice", "file", splice, one.reader, nullptr, to, nullptr, 1000, 0);
    const iovec part{buffer, 300};
    CALL("splice", "pipe", vmsplice, two.writer, &part, 1, 0);
    CALL("read", "pipe", read, two.reader, buffer, kBlock);
    offset = 0;
    CALL("splice", "file", sendfile, one.writer, from, &offset, 200);
    CALL("read", "pipe", read, one.reader, buffer, kBlock);
    offset = 0;
    CALL("splice", "unix", sendfile, ends[0], from, &offset, 150);
    CALL("read", "unix", read, ends[1], buffer, kBlock);
    std::int64_t start = 0;
    offset = 0;
    CALL("splice", "file", copy_file_range, from, &start, to, &offset, 500, 0);
    for (const int fd : {one.reader, one.writer, two.reader, two.writer})
        shut(tally, "pipe", fd);
    for (const int fd : ends)
        shut(tally, "unix", fd);
    shut(tally, "file", from);
    shut(tally, "file", to);
}

inline void call_datagrams(Tally& tally)
{
    char* buffer = calls_buffer();
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), "socketpair");
    iovec part{buffer, 32};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    CALL("send", "unix", sendto, ends[0], buffer, 16, 0, nullptr, 0);
    CALL("recv", "unix", recvfrom, ends[1], buffer, 16, 0, nullptr, nullptr);
    CALL("send", "unix", sendmsg, ends[0], &message, 0);
    CALL("recv", "unix", recvmsg, ends[1], &message, 0);
    CALL("write", "unix", write, ends[0], buffer, 20);
    CALL("read", "unix", read, ends[1], buffer, 20);
    for (const int fd : ends)
        shut(tally, "unix", fd);
    const int fd = static_cast<int>(must(socket(AF_INET, SOCK_DGRAM, 0), "socket"));
    sockaddr_in address = bind_anywhere(fd);
    mmsghdr messages[2] = {};
    messages[0].msg_hdr = message;
    messages[1].msg_hdr = message;
    CALL("connect", "udp", connect, fd, &address, sizeof address);
    CALL("send", "udp", sendmmsg, fd, messages, 2, 0);
    CALL("recv", "udp", recvmmsg, fd, messages, 2, 0, nullptr);
    shut(tally, "udp", fd);
    const int event = static_cast<int>(must(eventfd(1, 0), "eventfd"));
    CALL("write", "other", write, event, "\1\0\0\0\0\0\0", 8);
    CALL("read", "other", read, event, buffer, 8);
    shut(tally, "other", event);
}

inline void call_connections(Tally& tally)
{
    char* buffer = calls_buffer();
    const int listener = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
    sockaddr_in address = bind_anywhere(listener);
    must(listen(listener, 4), "listen");
    for (const bool four : {false, true}) {
        const int client = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
        CALL("connect", "tcp", connect, client, &address, sizeof address);
        const int server =
            four ? static_cast<int>(CALL("accept", "tcp", accept4, listener, nullptr, nullptr, 0))
                 : static_cast<int>(CALL("accept", "tcp", accept, listener, nullptr, nullptr));
        CALL("send", "tcp", sendto, client, buffer, 40, 0, nullptr, 0);
        CALL("recv", "tcp", recvfrom, server, buffer, 40, MSG_WAITALL, nullptr, nullptr);
        CALL("write", "tcp", write, server, buffer, 30);
        CALL("read", "tcp", read, client, buffer, 30);
        shut(tally, "tcp", client);
        shut(tally, "tcp", server);
    }
    shut(tally, "tcp", listener);
}

/// DIR TIMES: all of the above, TIMES over.
inline void all_calls(const Args& args)
{
    Tally tally;
    for (long i = 0; i < args.number(1); i++) {
        call_opens(tally, args.text(0));
        call_reads_and_writes(tally, args.text(0));
        call_descriptor_metadata(tally, args.text(0));
        call_path_metadata(tally, args.text(0));
        call_legacy_metadata(tally, args.text(0));
        call_splices(tally, args.text(0));
        call_datagrams(tally);
        call_connections(tally);
    }
    tally.print();
}

#undef CALL

} // namespace workload
