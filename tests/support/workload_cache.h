// SPDX-License-Identifier: GPL-2.0-only
// Reads through the page cache, by system calls or by requests of io_uring; it is asked beforehand
// whether they will find their pages there.
#pragma once

#include "workload_async.h"
#include "workload_common.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace workload {

class CachedFile {
public:
    explicit CachedFile(const char* path)
        : fd_(static_cast<int>(must(open(path, O_RDONLY), "open")))
    {
        struct stat about {};
        must(fstat(fd_, &about), "fstat");
        bytes_ = static_cast<std::size_t>(about.st_size);
        void* const map = mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, fd_, 0);
        if (map == MAP_FAILED)
            die("mmap");
        map_ = map;
    }

    [[nodiscard]] std::size_t pages() const { return (bytes_ + kPage - 1) / kPage; }
    void advise(int advice) const { must(-posix_fadvise(fd_, 0, 0, advice), "posix_fadvise"); }
    /// Out of the cache, but for what somebody holds on to at the moment.
    void drop()
    {
        advise(POSIX_FADV_DONTNEED);
        kept_ = resident(0, pages());
    }

    /// Of the pages of a read to come.
    [[nodiscard]] std::uint64_t resident(std::size_t first, std::size_t count) const
    {
        std::vector<unsigned char> there(count);
        must(mincore(static_cast<char*>(map_) + first * kPage, count * kPage, there.data()),
             "mincore");
        return static_cast<std::uint64_t>(
            std::count_if(there.begin(), there.end(), [](unsigned char page) { return page & 1; }));
    }

    /// A page that is being read is not resident yet; one that nobody reads does not become it.
    [[nodiscard]] std::uint64_t settled(std::size_t first, std::size_t count) const
    {
        std::uint64_t there = resident(first, count);
        for (int i = 0; i < patience_ && there < count; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            there = resident(first, count);
        }
        return there;
    }

    /// Touches a page by way of the mapping.
    void touch(std::size_t page) const
    {
        static_cast<void>(*(static_cast<volatile char*>(map_) + page * kPage));
    }
    void map_at_random() const { must(madvise(map_, bytes_, MADV_RANDOM), "madvise"); }

    void ask_and_read(std::size_t first, std::size_t count)
    {
        const std::size_t last = std::min(first + count, pages());
        asked_ += last - first;
        hits_ += settled(first, last - first);
        read(first, count);
    }

    /// Calls with the first of each `each` pages, `count` times, no page twice: a step that shares
    /// no divisor with the number of pages meets each of them once.
    template <typename Call>
    void at_random(std::size_t each, std::size_t count, Call call) const
    {
        for (std::size_t i = 0, page = 0; i < count; ++i, page += 7919 * each)
            call(page % pages() / each * each);
    }

    /// Nothing is read ahead: what is not there will not come.
    void read_nothing_ahead()
    {
        advise(POSIX_FADV_RANDOM);
        patience_ = 5;
    }

    /// From now on by requests of io_uring, one at a time; `flags`: IOSQE_*.
    void read_by(Ring& ring, unsigned char flags)
    {
        ring_ = &ring;
        flags_ = flags;
    }

    void read(std::size_t first, std::size_t count)
    {
        std::vector<char> buffer(count * kPage);
        if (ring_ != nullptr) {
            ring_
                ->add(IORING_OP_READ, fd_, buffer.data(), static_cast<unsigned>(buffer.size()),
                      first * kPage)
                .flags |= flags_;
            ring_->run("read");
        } else {
            must(pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(first * kPage)),
                 "pread");
        }
        ++reads_;
    }

    /// Pages that none of those before them are near to.
    void read_batches(Ring& ring, std::size_t depth)
    {
        std::vector<char> buffer(depth * kPage);
        std::size_t waiting = 0;
        at_random(1, pages(), [&](std::size_t page) {
            asked_++;
            hits_ += resident(page, 1);
            ring.add(IORING_OP_READ, fd_, buffer.data() + waiting * kPage, kPage, page * kPage);
            ++reads_;
            if (++waiting < depth)
                return;
            ring.submit(static_cast<unsigned>(waiting));
            for (; waiting > 0; --waiting)
                must(ring.take().res, "a read");
        });
        if (waiting > 0)
            ring.submit(static_cast<unsigned>(waiting));
        for (; waiting > 0; --waiting)
            must(ring.take().res, "a read");
    }

    void print() const
    {
        Facts()
            .add("supported", 1)
            .add("reads", reads_)
            .add("pages", asked_)
            .add("hits", hits_)
            .add("kept", kept_)
            .print();
    }

private:
    static constexpr std::size_t kPage = 4096;

    int fd_;
    std::size_t bytes_ = 0;
    void* map_ = nullptr;
    Ring* ring_ = nullptr;
    unsigned char flags_ = 0;
    int patience_ = 100; ///< milliseconds
    std::uint64_t reads_ = 0;
    std::uint64_t asked_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t kept_ = 0;
};

/// FILE HOW PAGES BY: out of the cache, then read PAGES at a time. HOW: "in-order" with what the
/// kernel reads ahead; "at-random" without, half of it; "twice" in order, and once more. BY:
/// "pread", or "uring", "uring-async" (IOSQE_ASYNC: by a worker), "uring-sqpoll".
inline void cached_reads(const Args& args)
{
    CachedFile file(args.path(0));
    const std::string how = args.path(1);
    const auto each = static_cast<std::size_t>(args.number(2));
    const std::string& by = args.text(3);
    if (by != "pread")
        file.read_by(ring_or_end(4, by == "uring-sqpoll" ? IORING_SETUP_SQPOLL : 0U),
                     by == "uring-async" ? IOSQE_ASYNC : 0);
    file.drop();
    if (how == "at-random") {
        file.read_nothing_ahead();
        file.at_random(each, file.pages() / each / 2,
                       [&](std::size_t page) { file.ask_and_read(page, each); });
    } else {
        for (int round = 0; round < (how == "twice" ? 2 : 1); ++round)
            for (std::size_t page = 0; page < file.pages(); page += each)
                file.ask_and_read(page, each);
    }
    file.print();
}

/// FILE DEPTH: out of the cache, then each of its pages by a request of io_uring, without what the
/// kernel reads ahead, DEPTH at once and far apart.
inline void cached_batches(const Args& args)
{
    CachedFile file(args.path(0));
    const auto depth = static_cast<std::size_t>(args.number(1));
    Ring& ring = ring_or_end(static_cast<unsigned>(depth));
    file.drop();
    file.advise(POSIX_FADV_RANDOM);
    file.read_batches(ring, depth);
    file.print();
}

/// FILE: out of the cache, then half of its pages by way of a mapping, without what the kernel
/// reads ahead, each twice.
inline void mapped_reads(const Args& args)
{
    CachedFile file(args.path(0));
    file.drop();
    file.map_at_random();
    rusage before{};
    rusage after{};
    must(getrusage(RUSAGE_SELF, &before), "getrusage");
    for (int round = 0; round < 2; ++round)
        for (std::size_t page = 0; page < file.pages(); page += 2)
            file.touch(page);
    must(getrusage(RUSAGE_SELF, &after), "getrusage");
    Facts()
        .add("touched", file.pages() / 2)
        .add("major_faults", static_cast<std::uint64_t>(after.ru_majflt - before.ru_majflt))
        .print();
}

/// FILE TIMES: reads each of its pages so many times, without what the kernel reads ahead.
inline void read_again(const Args& args)
{
    CachedFile file(args.path(0));
    file.advise(POSIX_FADV_RANDOM);
    for (long i = 0; i < args.number(1); ++i)
        file.at_random(1, file.pages(), [&](std::size_t page) { file.read(page, 1); });
    file.print();
}

} // namespace workload
