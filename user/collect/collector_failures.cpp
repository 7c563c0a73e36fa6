// SPDX-License-Identifier: GPL-2.0-only
// Failed operations: names put together from what the programs kept of them.
#include "base/errors.h"
#include "bpf/iopath.h"
#include "collect/collector.h"
#include "collect/records.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <map>
#include <netinet/in.h>
#include <tuple>

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

void name_failure(Failure& row, const iopath_failure_key& key, const iopath_failure& failure)
{
    if (key.naming == IOPATH_NAMED_BY_SOCKADDR)
        row.address = address_of(&key.path[0]);
    if (key.naming != IOPATH_NAMED_BY_PATH && key.naming != IOPATH_NAMED_BY_FD)
        return;
    const std::string own = fixed_string(key.path);
    const bool relative = !own.empty() && own.front() != '/' && own.front() != '@';
    row.deleted = (failure.names.flags & IOPATH_NAMES_DELETED) != 0;
    row.path = own;
    if (key.front_cut != 0) {
        row.cut = true;
        row.path = "..." + own;
    } else if (key.begins_at != 0) {
        row.cut = (failure.names.flags & IOPATH_NAMES_CUT) != 0;
        std::string begin = path_of(failure.names);
        if (!own.empty() && begin.back() != '/')
            begin += "/";
        row.path = (row.cut ? "..." : "") + begin + own;
    } else if (relative) { // from a descriptor that there is not
        row.cut = true;
        row.path = ".../" + own;
    }
}

/// What a reader can tell failures apart by: a directory that came anew under its old name is the
/// same to him.
auto place_of(const Failure& row)
{
    return std::tuple(row.pid, row.op, row.target, row.fs, row.device, row.error, row.path, row.cut,
                      row.deleted, row.address);
}

} // namespace

void Collector::read_failures(Counts& counts)
{
    std::map<decltype(place_of(Failure())), std::size_t> places;
    maps_.each("failures", [&](const void* raw_key, const void* value) {
        const auto* key = static_cast<const iopath_failure_key*>(raw_key);
        const auto* failure = static_cast<const iopath_failure*>(value);
        const auto identity = identities_.find(key->row);
        if (identity == identities_.end() || failure->count == 0)
            return;
        Failure row;
        row.op = identity->second.op;
        row.target = identity->second.target;
        row.fs = identity->second.fs;
        row.device = identity->second.device;
        row.error = error_name(key->error);
        row.pid = static_cast<int>(key->tgid);
        row.comm = fixed_string(failure->comm);
        name_failure(row, *key, *failure);
        const auto [place, is_new] = places.try_emplace(place_of(row), counts.failures.size());
        if (is_new)
            counts.failures.push_back(std::move(row));
        counts.failures[place->second].count += failure->count;
        counts.failures[place->second].time += Nanoseconds(failure->ns);
    });
    const auto* beyond =
        static_cast<const iopath_failures_beyond*>(maps_.read("failures_beyond", 0));
    for (std::size_t i = 0; beyond && i < std::size(beyond->count); i++) {
        if (beyond->count[i] == 0)
            continue;
        Failure row;
        row.op = static_cast<Op>(i / IOPATH_FAILURE_ERRORS);
        row.target = Target::other;
        row.error = error_name(static_cast<int>(i % IOPATH_FAILURE_ERRORS));
        row.count = beyond->count[i];
        counts.failures.push_back(std::move(row));
    }
}

} // namespace iopath
