// SPDX-License-Identifier: GPL-2.0-only
#include "collect/call_name.h"

#include "collect/records.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>

namespace iopath {

namespace {

std::string address_of(const char* raw)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    sockaddr_in6 six{};
    sockaddr_in four{};
    std::memcpy(&six, raw, sizeof(six));
    std::memcpy(&four, raw, sizeof(four));
    if (four.sin_family == AF_INET)
        return fmt::format("{}:{}", inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size()),
                           ntohs(four.sin_port));
    return fmt::format("[{}]:{}", inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size()),
                       ntohs(six.sin6_port));
}

} // namespace

CallName name_of_call(const iopath_call_name& called, const iopath_names& names)
{
    CallName name;
    if (called.naming == IOPATH_NAMED_BY_SOCKADDR)
        name.address = address_of(&called.path[0]);
    if (called.naming != IOPATH_NAMED_BY_PATH && called.naming != IOPATH_NAMED_BY_FD)
        return name;
    const std::string own = fixed_string(called.path);
    const bool relative = !own.empty() && own.front() != '/' && own.front() != '@';
    name.deleted = (names.flags & IOPATH_NAMES_DELETED) != 0;
    name.path = own;
    if (called.front_cut != 0) {
        name.cut = true;
        name.path = "..." + own;
    } else if (called.begins_at != 0) {
        name.cut = (names.flags & IOPATH_NAMES_CUT) != 0;
        std::string begin = path_of(names);
        if (!own.empty() && begin.back() != '/')
            begin += "/";
        name.path = (name.cut ? "..." : "") + begin + own;
    } else if (relative) { // from a descriptor that there is not
        name.cut = true;
        name.path = ".../" + own;
    }
    return name;
}

} // namespace iopath
