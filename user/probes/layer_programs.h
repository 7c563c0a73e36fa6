// SPDX-License-Identifier: GPL-2.0-only
// One layer's object: loaded with the programs that the plan chose, again without those that are
// refused.
#pragma once

#include "base/result.h"
#include "probes/objects.h"
#include "probes/plan.h"
#include "probes/shared_maps.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct bpf_link;
struct bpf_program;

namespace iopath {

class LayerPrograms {
public:
    /// Fills in an opened object's read-only data.
    using Configure = std::function<void(BpfObject&)>;

    /// `lit`: programs that run already, elsewhere.
    LayerPrograms(std::string_view layer, const Facts& facts, PlanLimits limits, ObjectKind kind,
                  Configure configure, std::set<std::string> lit = {});
    ~LayerPrograms();
    LayerPrograms(const LayerPrograms&) = delete;
    LayerPrograms& operator=(const LayerPrograms&) = delete;

    /// Opens the object, to be relocated with the BTF at this path unless it names types of
    /// modules, and adds the names of its types.
    void open(const std::string& excerpt, std::set<std::string, std::less<>>& names);
    /// Loads until what is left is accepted. Safe to call for several layers at once.
    void load(const SharedMaps& maps);
    /// Attaches what is loaded; what is refused is struck and the rest loaded again.
    void attach();
    void detach();
    /// Makes all that is chosen dark.
    void refuse_all(const std::string& reason);

    [[nodiscard]] std::string_view name() const { return layer_; }
    /// Instructions of the programs to be loaded, for which it must be open: the more, the longer
    /// that takes.
    [[nodiscard]] std::size_t instructions() const;
    /// How many probes are to be loaded.
    [[nodiscard]] std::size_t wanted() const { return chosen_.size(); }
    /// Null where the layer is dark.
    [[nodiscard]] BpfObject* object() const { return object_.get(); }
    [[nodiscard]] bpf_program* program(std::string_view name) const;
    /// What the kernel refused, with its reasons.
    [[nodiscard]] const auto& refused() const { return limits_.refused; }

private:
    [[nodiscard]] bool names_modules() const;
    bool try_load();
    bool try_attach();
    void choose();
    bool refuse(std::string_view program, const std::string& reason);
    bool out_of_descriptors(int error_number);

    std::string_view layer_;
    const Facts& facts_;
    PlanLimits limits_;
    const SharedMaps* maps_ = nullptr; ///< what it was loaded with
    ObjectKind kind_;
    Configure configure_;
    std::set<std::string> lit_;
    std::vector<const Alternative*> chosen_; ///< of what is not refused yet
    std::unique_ptr<BpfObject> object_;
    std::vector<bpf_link*> links_;
};

} // namespace iopath
