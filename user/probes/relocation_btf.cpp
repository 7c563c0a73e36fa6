// SPDX-License-Identifier: GPL-2.0-only
#include "probes/relocation_btf.h"

#include "caps/kernel_btf.h"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace iopath {

namespace {

Status write_all(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return Error{"cannot keep an excerpt of the kernel's BTF", "", errno, ""};
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<BtfExcerpt> excerpt_of(const std::filesystem::path& source,
                              const std::set<std::string, std::less<>>& names)
{
    const auto whole = KernelBtf::open(source);
    if (!whole)
        return whole.error();
    return excerpt_btf(whole->bytes(), names);
}

std::uint32_t id_in(const BtfIds& ids, std::string_view name)
{
    const auto known = ids.find(name);
    return known == ids.end() ? 0 : known->second;
}

} // namespace

RelocationBtf::RelocationBtf(std::filesystem::path source, Fd file)
    : source_(std::move(source)), file_(std::move(file))
{
}

Result<RelocationBtf> RelocationBtf::make(std::filesystem::path source)
{
    Fd file(::memfd_create("iopath_btf", MFD_CLOEXEC));
    if (!file)
        return Error{"cannot make a file in memory", "", errno, ""};
    return RelocationBtf(std::move(source), std::move(file));
}

std::string RelocationBtf::path() const
{
    return "/proc/self/fd/" + std::to_string(file_.get());
}

Status RelocationBtf::include(const std::set<std::string, std::less<>>& names)
{
    const std::size_t known = names_.size();
    names_.insert(names.begin(), names.end());
    if (names_.size() == known)
        return {};
    auto excerpt = excerpt_of(source_.empty() ? kKernelBtf : source_, names_);
    if (!excerpt)
        return excerpt.error();
    if (source_.empty()) {
        functions_ = std::move(excerpt->functions);
        structures_ = std::move(excerpt->structures);
    } else if (auto own = excerpt_of(kKernelBtf, names_)) { // else nothing has an id
        functions_ = std::move(own->functions);
        structures_ = std::move(own->structures);
    }
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0)
        return Error{"cannot keep an excerpt of the kernel's BTF", "", errno, ""};
    return write_all(file_.get(), excerpt->bytes);
}

std::uint32_t RelocationBtf::function(std::string_view name) const
{
    return id_in(functions_, name);
}

std::uint32_t RelocationBtf::structure(std::string_view name) const
{
    return id_in(structures_, name);
}

} // namespace iopath
