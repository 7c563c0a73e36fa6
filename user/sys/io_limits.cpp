// SPDX-License-Identifier: GPL-2.0-only
#include "sys/io_limits.h"

#include "sys/cgroups.h"
#include "sys/mounts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace iopath {

namespace {

/// What of "rbps=max riops=100" limits anything: "riops=100".
std::string without_max(std::istringstream& words)
{
    std::string kept;
    for (std::string word; words >> word;) {
        if (word.ends_with("=max"))
            continue;
        kept += (kept.empty() ? "" : " ") + word;
    }
    return kept;
}

class Reader {
public:
    Reader(const HostFiles& files, Devices& devices) : files_(files), devices_(devices) {}

    void read_version_2(const std::string& mount)
    {
        if (mount.empty())
            return;
        read_lines(mount + "/io.cost.qos", LimitKind::cost, "", "");
        std::erase_if(limits_, [](const IoLimit& limit) {
            return limit.kind == LimitKind::cost &&
                   limit.setting.find("enable=1") == std::string::npos;
        });
        walk(mount, "", [&](const std::string& directory, const std::string& cgroup) {
            read_lines(directory + "/io.max", LimitKind::rate, cgroup, "");
        });
    }

    void read_version_1(const std::string& mount)
    {
        constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kFiles{{
            {"blkio.throttle.read_bps_device", "rbps="},
            {"blkio.throttle.write_bps_device", "wbps="},
            {"blkio.throttle.read_iops_device", "riops="},
            {"blkio.throttle.write_iops_device", "wiops="},
        }};
        walk(mount, "", [&](const std::string& directory, const std::string& cgroup) {
            for (const auto& [file, name] : kFiles)
                read_lines(directory + "/" + std::string(file), LimitKind::rate, cgroup, name);
        });
    }

    void read_devices()
    {
        for (const std::string& disk : files_.list("/sys/block")) {
            const std::string file = "/sys/block/" + disk + "/queue/wbt_lat_usec";
            const std::string microseconds = files_.line(file);
            if (microseconds.empty() || microseconds == "0")
                continue;
            limits_.push_back({LimitKind::writeback, "", disk,
                               files_.line("/sys/block/" + disk + "/dev"), file,
                               "wbt_lat_usec=" + microseconds});
        }
    }

    std::vector<IoLimit> take() { return std::move(limits_); }

private:
    /// Lines of "MAJOR:MINOR VALUE..."; `name` stands before a bare value.
    void read_lines(const std::string& file, LimitKind kind, const std::string& cgroup,
                    std::string_view name)
    {
        const auto text = files_.read(file);
        if (!text)
            return;
        std::istringstream lines(*text);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string number;
            words >> number;
            const auto dev = DeviceNumber::in(number);
            const std::string setting = without_max(words);
            if (dev && !setting.empty())
                limits_.push_back({kind, cgroup, devices_.name(dev->value()), number, file,
                                   std::string(name) + setting});
        }
    }

    template <typename Visit>
    void walk(const std::string& directory, const std::string& path, const Visit& visit)
    {
        visit(directory, path.empty() ? "/" : path);
        std::vector<std::string> names = files_.list(directory);
        std::sort(names.begin(), names.end());
        for (const std::string& name : names) {
            const std::string inside = "/" + name;
            const std::string below = directory + inside;
            std::error_code ignored;
            if (std::filesystem::is_directory(files_.at(below), ignored))
                walk(below, path + inside, visit);
        }
    }

    const HostFiles& files_;
    Devices& devices_;
    std::vector<IoLimit> limits_;
};

bool has_blkio(const Mount& mount)
{
    return mount.type == "cgroup" &&
           ("," + mount.options + ",").find(",blkio,") != std::string::npos;
}

} // namespace

std::vector<IoLimit> read_io_limits(const HostFiles& files, Devices& devices)
{
    Reader reader(files, devices);
    reader.read_version_2(cgroup2_mount(files));
    const auto mounts = read_mounts(files);
    if (const auto blkio = std::ranges::find_if(mounts, has_blkio); blkio != mounts.end())
        reader.read_version_1(blkio->point);
    reader.read_devices();
    return reader.take();
}

} // namespace iopath
