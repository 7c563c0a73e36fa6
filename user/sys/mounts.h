// SPDX-License-Identifier: GPL-2.0-only
// The mount table, which names the device below file systems that have only an anonymous number.
#pragma once

#include "model/below.h"
#include "sys/devices.h"
#include "sys/host_files.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iopath {

/// One line of /proc/PID/mountinfo, unescaped.
struct Mount {
    std::uint32_t dev = 0; ///< kernel dev_t of the super block
    std::string point;
    std::string type;    ///< "ext4", "fuse.sshfs"
    std::string source;  ///< "/dev/vda1", "server:/export", "tmpfs"
    std::string options; ///< of the super block, still escaped: a comma in a path is \054
    std::string root{};  ///< what of the file system is mounted: "/", "/subvolume"
};

/// The lines that can be understood, in their order.
std::vector<Mount> parse_mountinfo(std::string_view text);

/// Those of this process; empty where /proc cannot be read.
std::vector<Mount> read_mounts(const HostFiles& files);

class Mounts {
public:
    /// Reads the table; `devices` is asked about what lies below an overlay, and must outlive this.
    Mounts(HostFiles files, Devices& devices);

    /// The block device below an anonymous device number: that of its source (btrfs), or of the
    /// upper directory (overlay); empty where there is none (tmpfs, nfs) or it is unknown. `fs`,
    /// if not empty, must be the type mounted: numbers are given out again.
    [[nodiscard]] std::string device_of(std::uint32_t dev, std::string_view fs) const;

    /// The type of the file system with this number, "ext4"; empty where none is mounted.
    [[nodiscard]] std::string type_of(std::uint32_t dev) const;

    /// The path of `inner`, which counts from the root of the file system with this number; empty
    /// where no mount shows it.
    [[nodiscard]] std::string path_of(std::uint32_t dev, std::string_view inner) const;

    /// The type and device of the file system that a path lies on; empty: unknown.
    [[nodiscard]] Below mount_of(std::string_view path) const;

    /// The file systems that the layers of an overlay lie on, the upper one's first; the processes
    /// that serve a FUSE mount. Of what is mounted now.
    [[nodiscard]] std::vector<Below> below(std::uint32_t dev, std::string_view fs) const;

    /// As it was read last.
    [[nodiscard]] const std::vector<Mount>& table() const { return table_; }

    /// Reads the table again. What was unmounted is remembered until its number is given to
    /// another: what was counted for it still has its name.
    void refresh();

private:
    [[nodiscard]] std::string source_device(const std::string& source) const;
    [[nodiscard]] const Mount* mount_below(std::string_view path) const;
    [[nodiscard]] std::string device_of(const Mount& mount) const;
    [[nodiscard]] std::string device_below(std::string_view path) const;
    [[nodiscard]] std::vector<Below> layers_of(const Mount& overlay) const;

    struct Anonymous {
        std::string type;
        std::string device;
    };

    HostFiles files_;
    Devices& devices_;
    std::vector<Mount> table_;
    std::map<std::uint32_t, Anonymous> anonymous_;
};

/// Types of the file systems mounted from a disk or its partitions, without repeats: "ext4 xfs".
std::string file_systems_on(Devices& devices, const Mounts& mounts, std::string_view disk);

/// The name of a file's device by the number of its super block: real ones from sysfs, anonymous
/// ones (major 0) through the mount table.
std::string file_device(Devices& devices, const Mounts& mounts, std::uint32_t dev,
                        std::string_view fs);

} // namespace iopath
