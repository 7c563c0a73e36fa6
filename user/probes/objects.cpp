// SPDX-License-Identifier: GPL-2.0-only
#include "probes/objects.h"

#include "probes/relocation_btf.h"

#include <array>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpf/block.skel.h"
#include "bpf/block_untyped.skel.h"
#include "bpf/cache.skel.h"
#include "bpf/cache_untyped.skel.h"
#include "bpf/cluster.skel.h"
#include "bpf/cluster_untyped.skel.h"
#include "bpf/fault.skel.h"
#include "bpf/fault_untyped.skel.h"
#include "bpf/function.skel.h"
#include "bpf/function_untyped.skel.h"
#include "bpf/irq.skel.h"
#include "bpf/irq_untyped.skel.h"
#include "bpf/journal.skel.h"
#include "bpf/journal_untyped.skel.h"
#include "bpf/limit.skel.h"
#include "bpf/limit_untyped.skel.h"
#include "bpf/lock.skel.h"
#include "bpf/lock_untyped.skel.h"
#include "bpf/lookup.skel.h"
#include "bpf/lookup_untyped.skel.h"
#include "bpf/maps.skel.h"
#include "bpf/maps_untyped.skel.h"
#include "bpf/memory.skel.h"
#include "bpf/memory_untyped.skel.h"
#include "bpf/nvme.skel.h"
#include "bpf/nvme_untyped.skel.h"
#include "bpf/sched.skel.h"
#include "bpf/sched_untyped.skel.h"
#include "bpf/socket.skel.h"
#include "bpf/socket_untyped.skel.h"
#include "bpf/syscall.skel.h"
#include "bpf/syscall_untyped.skel.h"

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
    [[nodiscard]] iopath_syscall_pair* syscalls() override
    {
        if constexpr (requires(Skeleton & skeleton) { skeleton.rodata->syscalls; })
            return static_cast<iopath_syscall_pair*>(skeleton_->rodata->syscalls);
        else
            return nullptr;
    }
    [[nodiscard]] std::uint64_t* attached_ns() override
    {
        if constexpr (requires(Skeleton & skeleton) { skeleton.bss->attached_ns; })
            return &skeleton_->bss->attached_ns;
        else
            return nullptr;
    }

private:
    Skeleton* skeleton_;
};

template <typename Skeleton>
std::unique_ptr<BpfObject> open_skeleton(const bpf_object_open_opts& options)
{
    Skeleton* skeleton = Skeleton::open(&options);
    return skeleton ? std::make_unique<ObjectOf<Skeleton>>(skeleton) : nullptr;
}

struct Opener {
    std::string_view layer;
    std::unique_ptr<BpfObject> (*typed)(const bpf_object_open_opts&);
    std::unique_ptr<BpfObject> (*untyped)(const bpf_object_open_opts&);
};

constexpr std::array kOpeners{
    Opener{"maps", open_skeleton<iopath_maps_bpf>, open_skeleton<iopath_maps_untyped_bpf>},
    Opener{"syscall", open_skeleton<iopath_syscall_bpf>, open_skeleton<iopath_syscall_untyped_bpf>},
    Opener{"function", open_skeleton<iopath_function_bpf>,
           open_skeleton<iopath_function_untyped_bpf>},
    Opener{"sched", open_skeleton<iopath_sched_bpf>, open_skeleton<iopath_sched_untyped_bpf>},
    Opener{"irq", open_skeleton<iopath_irq_bpf>, open_skeleton<iopath_irq_untyped_bpf>},
    Opener{"block", open_skeleton<iopath_block_bpf>, open_skeleton<iopath_block_untyped_bpf>},
    Opener{"cache", open_skeleton<iopath_cache_bpf>, open_skeleton<iopath_cache_untyped_bpf>},
    Opener{"cluster", open_skeleton<iopath_cluster_bpf>, open_skeleton<iopath_cluster_untyped_bpf>},
    Opener{"fault", open_skeleton<iopath_fault_bpf>, open_skeleton<iopath_fault_untyped_bpf>},
    Opener{"journal", open_skeleton<iopath_journal_bpf>, open_skeleton<iopath_journal_untyped_bpf>},
    Opener{"limit", open_skeleton<iopath_limit_bpf>, open_skeleton<iopath_limit_untyped_bpf>},
    Opener{"lock", open_skeleton<iopath_lock_bpf>, open_skeleton<iopath_lock_untyped_bpf>},
    Opener{"lookup", open_skeleton<iopath_lookup_bpf>, open_skeleton<iopath_lookup_untyped_bpf>},
    Opener{"memory", open_skeleton<iopath_memory_bpf>, open_skeleton<iopath_memory_untyped_bpf>},
    Opener{"nvme", open_skeleton<iopath_nvme_bpf>, open_skeleton<iopath_nvme_untyped_bpf>},
    Opener{"socket", open_skeleton<iopath_socket_bpf>, open_skeleton<iopath_socket_untyped_bpf>},
};

} // namespace

void add_type_names(const BpfObject& object, std::set<std::string, std::less<>>& names)
{
    const btf* types = bpf_object__btf(object.handle());
    if (!types)
        return;
    for (std::uint32_t id = 1; id < btf__type_cnt(types); ++id) {
        const std::string_view name =
            btf__name_by_offset(types, btf__type_by_id(types, id)->name_off);
        if (!name.empty())
            names.emplace(kernel_name(name));
    }
}

std::unique_ptr<BpfObject> open_object(std::string_view layer, const ObjectKind& kind)
{
    bpf_object_open_opts options{};
    options.sz = sizeof(options);
    options.btf_custom_path = kind.btf_file.empty() ? nullptr : kind.btf_file.c_str();
    for (const Opener& opener : kOpeners) {
        if (opener.layer == layer)
            return kind.flavour == Flavour::typed ? opener.typed(options) : opener.untyped(options);
    }
    return nullptr;
}

} // namespace iopath
