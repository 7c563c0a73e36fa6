// SPDX-License-Identifier: GPL-2.0-only
#include "probes/objects.h"

#include <bpf/libbpf.h>

#include "bpf/block.skel.h"
#include "bpf/irq.skel.h"
#include "bpf/lock.skel.h"
#include "bpf/maps.skel.h"
#include "bpf/memory.skel.h"
#include "bpf/sched.skel.h"
#include "bpf/socket.skel.h"
#include "bpf/syscall.skel.h"

namespace iopath {

namespace {

template <typename Skeleton>
class ObjectOf : public BpfObject {
public:
    explicit ObjectOf(Skeleton* skeleton) : skeleton_(skeleton) {}
    ~ObjectOf() override { Skeleton::destroy(skeleton_); }
    ObjectOf(const ObjectOf&) = delete;
    ObjectOf& operator=(const ObjectOf&) = delete;

    [[nodiscard]] bpf_object* handle() const override { return skeleton_->obj; }
    int load() override { return Skeleton::load(skeleton_); }
    [[nodiscard]] iopath_config* config() override { return &skeleton_->rodata->config; }

protected:
    [[nodiscard]] Skeleton& skeleton() { return *skeleton_; }

private:
    Skeleton* skeleton_;
};

class SyscallObject : public ObjectOf<iopath_syscall_bpf> {
public:
    using ObjectOf::ObjectOf;
    [[nodiscard]] iopath_syscall_pair* syscalls() override
    {
        return static_cast<iopath_syscall_pair*>(skeleton().rodata->syscalls);
    }
    [[nodiscard]] std::uint32_t* rows_taken() override { return &skeleton().data->rows_taken; }
};

class BlockObject : public ObjectOf<iopath_block_bpf> {
public:
    using ObjectOf::ObjectOf;
    [[nodiscard]] std::uint32_t* block_rows_taken() override
    {
        return &skeleton().data->block_rows_taken;
    }
    [[nodiscard]] std::uint64_t* attached_ns() override { return &skeleton().bss->attached_ns; }
};

template <typename Skeleton, typename Object = ObjectOf<Skeleton>>
std::unique_ptr<BpfObject> open_skeleton()
{
    Skeleton* skeleton = Skeleton::open();
    return skeleton ? std::make_unique<Object>(skeleton) : nullptr;
}

} // namespace

std::unique_ptr<BpfObject> open_object(std::string_view layer)
{
    if (layer == "maps")
        return open_skeleton<iopath_maps_bpf>();
    if (layer == "syscall")
        return open_skeleton<iopath_syscall_bpf, SyscallObject>();
    if (layer == "sched")
        return open_skeleton<iopath_sched_bpf>();
    if (layer == "irq")
        return open_skeleton<iopath_irq_bpf>();
    if (layer == "block")
        return open_skeleton<iopath_block_bpf, BlockObject>();
    if (layer == "lock")
        return open_skeleton<iopath_lock_bpf>();
    if (layer == "memory")
        return open_skeleton<iopath_memory_bpf>();
    if (layer == "socket")
        return open_skeleton<iopath_socket_bpf>();
    return nullptr;
}

} // namespace iopath
