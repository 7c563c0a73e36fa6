// SPDX-License-Identifier: GPL-2.0-only
#include "output/json/parts.h"

namespace iopath::json {

namespace {

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json(nullptr) : Json(text);
}

Json process(int pid, const std::string& comm)
{
    return {{"pid", pid != 0 ? Json(pid) : Json(nullptr)}, {"comm", text_or_null(comm)}};
}

} // namespace

Json file_lock(const FileLockWaits& row)
{
    return {{"kind", row.key.exclusive ? "write" : "read"},
            {"type", name_of(row.key.type)},
            {"device", row.key.device},
            {"inode", row.key.inode},
            {"path", text_or_null(row.path)},
            {"name", text_or_null(row.name)},
            {"start", row.key.start},
            {"end", row.key.end ? Json(*row.key.end) : Json(nullptr)},
            {"waiter", process(row.key.waiter, row.waiter_comm)},
            {"holder", process(row.key.holder, row.holder_comm)},
            {"waits", row.waits},
            {"seconds", to_seconds(row.time)},
            {"max", to_seconds(row.max)},
            {"open", row.open}};
}

Json kernel_lock(const KernelLockWaits& row)
{
    return {{"caller", row.caller},
            {"type", row.type},
            {"lock", text_or_null(row.lock)},
            {"level", text_or_null(row.level)},
            {"op", name_of(row.op)},
            {"target", name_of(row.target)},
            {"fs", row.fs},
            {"device", row.device},
            {"waits", row.waits},
            {"seconds", to_seconds(row.time)},
            {"max", to_seconds(row.max)}};
}

} // namespace iopath::json
