// SPDX-License-Identifier: GPL-2.0-only
// The BPF objects, one per layer, behind one interface; the only place that knows the generated
// skeletons.
#pragma once

#include "bpf/iopath.h"
#include "probes/table.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

struct bpf_object;

namespace iopath {

/// Which build of an object, and what to relocate it with.
struct ObjectKind {
    Flavour flavour = Flavour::typed;
    std::string btf_file; ///< in place of the kernel's own BTF; empty: that
};

class BpfObject {
public:
    BpfObject() = default;
    virtual ~BpfObject() = default;
    BpfObject(const BpfObject&) = delete;
    BpfObject& operator=(const BpfObject&) = delete;

    [[nodiscard]] virtual bpf_object* handle() const = 0;
    /// Loads what is set to be loaded, and makes the variables below visible; 0 or -errno.
    virtual int load() = 0;
    /// Read-only data, to be filled in before the load; null where the object has none.
    [[nodiscard]] virtual iopath_config* config() = 0;
    [[nodiscard]] virtual iopath_syscall_pair* syscalls() { return nullptr; }
    /// A variable of the running programs; null where the object has none.
    [[nodiscard]] virtual std::uint64_t* attached_ns() { return nullptr; }
};

/// Names of the types in an opened object, as the kernel has them: without the ___flavour.
void add_type_names(const BpfObject& object, std::set<std::string, std::less<>>& names);

/// Opens the object of a layer ("maps" is the one that owns the shared maps); null, with errno, on
/// failure.
std::unique_ptr<BpfObject> open_object(std::string_view layer, const ObjectKind& kind);

} // namespace iopath
