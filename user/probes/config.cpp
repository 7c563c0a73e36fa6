// SPDX-License-Identifier: GPL-2.0-only
#include "probes/config.h"

#include "sys/syscalls.h"

#include <algorithm>
#include <bit>
#include <unistd.h>

namespace iopath {

namespace {

iopath_syscall row_of(const Syscall& call, const std::optional<Op>& only)
{
    iopath_syscall row{};
    row.op = call.op ? static_cast<std::uint8_t>(*call.op) : IOPATH_NO_OP;
    row.file = static_cast<std::uint8_t>(call.file);
    row.args = call.file == FileArg::not_followed
                   ? static_cast<std::uint8_t>(call.fd_arg)
                   : static_cast<std::uint8_t>(call.fd_arg | call.other_arg << 4);
    if (!only || !call.op || call.op == only)
        row.flags = static_cast<std::uint8_t>(
            IOPATH_SYSCALL_KNOWN | (call.bytes ? IOPATH_SYSCALL_BYTES : 0) |
            (call.twice ? IOPATH_SYSCALL_TWICE : 0) |
            static_cast<unsigned>(call.naming) << IOPATH_SYSCALL_NAMING);
    return row;
}

iopath_fields fields_of(const Facts& facts)
{
    const auto offset = [&facts](const char* field) {
        const auto found = facts.fields.find(field);
        return static_cast<std::uint16_t>(found == facts.fields.end() ? IOPATH_NO_FIELD
                                                                      : found->second);
    };
#define IOPATH_OFFSET(id, structure, field) offset(structure "." field),
    return {IOPATH_FIELDS(IOPATH_OFFSET)};
#undef IOPATH_OFFSET
}

/// REQ_OP_* that an op leads to by itself, a bit each; 0: all, as where it needs metadata.
std::uint64_t request_ops(const std::optional<Op>& op)
{
    constexpr std::uint64_t kRead = 1U << 0;
    constexpr std::uint64_t kWrite = 1U << 1;
    constexpr std::uint64_t kFlush = 1U << 2;
    constexpr std::uint64_t kOtherWrites = 1U << 3 | 1U << 5 | 1U << 7 | 1U << 9; // discard...
    if (op == Op::read)
        return kRead;
    if (op == Op::write)
        return kWrite | kOtherWrites;
    return op == Op::sync ? kWrite | kFlush : 0;
}

/// What finds no room of its own is counted in rows of other files, for which some are kept.
std::uint32_t rows_for_files(std::uint32_t rows)
{
    constexpr std::uint32_t kKept = 64;
    return rows - std::min(kKept, (rows - IOPATH_FIRST_FREE_ROW) / 2);
}

} // namespace

WantedFields fields_of_interest()
{
    WantedFields fields;
#define IOPATH_ADD(id, structure, field) fields[structure].insert(field);
    IOPATH_FIELDS(IOPATH_ADD)
#undef IOPATH_ADD
    return fields;
}

void fill_syscalls(iopath_syscall_pair* table, const std::optional<Op>& only)
{
    const auto number_fits = [](int number) { return number >= 0 && number < IOPATH_SYSCALLS; };
    for (const Syscall& call : native_syscalls()) {
        if (number_fits(call.number))
            table[call.number].native = row_of(call, only);
    }
    for (const Syscall& call : compat_syscalls()) {
        if (number_fits(call.number))
            table[call.number].compat = row_of(call, only);
    }
    if (!compat_syscalls().empty())
        table[kCompatSocketcall].compat.flags = IOPATH_SYSCALL_KNOWN | IOPATH_SYSCALL_LOST;
}

iopath_config config_of(const Facts& facts, const WatchOptions& options, const MapSizes& sizes)
{
    iopath_config config{};
    config.self_tgid = static_cast<std::uint32_t>(getpid());
    config.scope = static_cast<std::uint8_t>(options.scope);
    config.by = options.by == Breakdown::process  ? IOPATH_BY_PROCESS
                : options.by == Breakdown::cgroup ? IOPATH_BY_CGROUP
                : options.by == Breakdown::file   ? IOPATH_BY_FILE
                                                  : IOPATH_BY_NOTHING;
    config.filter_comm = !options.comm.empty();
    config.has_rdonly_cast = facts.has_function(kRdonlyCast);
    config.preemptible =
        facts.preemptible_programs && facts.can_preempt() && facts.has_function(kPreemptDisable);
    config.page_shift = static_cast<std::uint32_t>(
        std::countr_zero(static_cast<unsigned long>(sysconf(_SC_PAGESIZE))));
    config.max_rows = sizes.rows;
    config.max_block_rows = std::min<std::uint32_t>(sizes.block_rows, IOPATH_MOST_BLOCK_ROWS);
    config.max_submitters = sizes.submitters;
    config.max_files = IOPATH_FIRST_FREE_FILE + sizes.files;
    config.max_file_rows = rows_for_files(sizes.rows);
    config.has_io_start = facts.tracepoint_args.contains("block_io_start");
    config.cgroup_id = options.cgroup_id;
    config.filter_device = options.one_device;
    config.disk = options.disk;
    config.only_op = options.op ? static_cast<std::uint8_t>(*options.op) : IOPATH_NO_OP;
    config.request_ops = request_ops(options.op);
    config.fields = fields_of(facts);
    options.comm.copy(config.comm, sizeof(config.comm) - 1);
    return config;
}

} // namespace iopath
