// SPDX-License-Identifier: GPL-2.0-only
#include "caps/kernel_btf.h"

#include "base/fd.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace iopath {

void Unmap::operator()(char* begin) const
{
    ::munmap(begin, size);
}

Result<KernelBtf> KernelBtf::open(const std::filesystem::path& path)
{
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0)
        return Error{"cannot open", path.string(), errno, ""};
    const auto size = static_cast<std::size_t>(about.st_size);

    KernelBtf btf;
    void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapped != MAP_FAILED) {
        btf.mapping_ = {static_cast<char*>(mapped), Unmap{size}};
        return btf;
    }

    btf.copy_.resize(size);
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got = ::read(file.get(), btf.copy_.data() + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return Error{"cannot read", path.string(), errno, ""};
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    btf.copy_.resize(done);
    return btf;
}

} // namespace iopath
