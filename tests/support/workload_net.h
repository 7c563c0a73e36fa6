// SPDX-License-Identifier: GPL-2.0-only
// Scripted waiting for sockets: another process behind the loopback, and nobody at all.
#pragma once

#include "workload_common.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace workload {

inline sockaddr_in loopback_address()
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline sockaddr* generic(sockaddr_in& address)
{
    return reinterpret_cast<sockaddr*>(&address);
}

/// Binds a socket to a free loopback port and says which.
inline sockaddr_in bind_anywhere(int fd)
{
    sockaddr_in address = loopback_address();
    must(bind(fd, generic(address), sizeof address), "bind");
    socklen_t length = sizeof address;
    must(getsockname(fd, generic(address), &length), "getsockname");
    return address;
}

inline void no_delay(int fd)
{
    const int on = 1;
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
}

inline void receive_all(int fd, char* data, std::size_t size)
{
    must(recv(fd, data, size, MSG_WAITALL), "recv");
}

/// N MICROSECONDS: N requests over a loopback connection; the server sleeps before it answers.
inline void tcp_sleep(const Args& args)
{
    const long count = args.number(0);
    const auto nap = static_cast<std::uint64_t>(args.number(1)) * 1000;
    const int listener = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
    sockaddr_in address = bind_anywhere(listener);
    must(listen(listener, 1), "listen");
    char message[64] = "request";
    const pid_t server = spawn([&] {
        set_comm("wl-server");
        const int fd = static_cast<int>(must(accept(listener, nullptr, nullptr), "accept"));
        no_delay(fd);
        for (long i = 0; i < count; i++) {
            receive_all(fd, message, sizeof message);
            nap_ns(nap);
            must(send(fd, message, sizeof message, 0), "send");
        }
    });
    set_comm("wl-client");
    const int fd = static_cast<int>(must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
    must(connect(fd, generic(address), sizeof address), "connect");
    no_delay(fd);
    std::uint64_t waited = 0;
    for (long i = 0; i < count; i++) {
        must(send(fd, message, sizeof message, 0), "send");
        const std::uint64_t start = now_ns();
        receive_all(fd, message, sizeof message);
        waited += now_ns() - start;
    }
    join(server);
    const auto each = static_cast<std::uint64_t>(count);
    Facts()
        .add("client_sends", each)
        .add("client_recvs", each)
        .add("bytes", each * sizeof message)
        .seconds("client_recv_seconds", waited)
        .print();
}

/// N MICROSECONDS: N receives from a UDP socket to which nobody sends, ended by SO_RCVTIMEO.
inline void timer_waits(const Args& args)
{
    const long count = args.number(0);
    const int fd = static_cast<int>(must(socket(AF_INET, SOCK_DGRAM, 0), "socket"));
    bind_anywhere(fd);
    const timeval limit{0, args.number(1)};
    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "setsockopt");
    char byte = 0;
    const std::uint64_t start = now_ns();
    for (long i = 0; i < count; i++) {
        if (recv(fd, &byte, 1, 0) >= 0 || errno != EAGAIN)
            die("the recv was to run into its time limit");
    }
    Facts()
        .add("recvs", static_cast<std::uint64_t>(count))
        .seconds("seconds", now_ns() - start)
        .print();
}

} // namespace workload
