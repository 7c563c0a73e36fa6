// SPDX-License-Identifier: GPL-2.0-only
#include "sys/host.h"

#include "sys/parse.h"

#include <algorithm>
#include <sys/utsname.h>
#include <unistd.h>

namespace iopath {

namespace {

/// CPUs of a list in sysfs; what the C library knows where there is no sysfs.
int count_cpus(const HostFiles& files, std::string_view list, int name_of_fallback)
{
    const int listed = cpus_in_list(files.line(list));
    return listed > 0 ? listed : std::max(1, static_cast<int>(::sysconf(name_of_fallback)));
}

} // namespace

Host read_host(const HostFiles& files)
{
    Host host;
    utsname name{};
    if (::uname(&name) == 0) {
        host.kernel = name.release;
        host.arch = name.machine;
        host.hostname = name.nodename;
    }
    host.cpus = count_cpus(files, "/sys/devices/system/cpu/online", _SC_NPROCESSORS_ONLN);
    return host;
}

int possible_cpus(const HostFiles& files)
{
    return count_cpus(files, "/sys/devices/system/cpu/possible", _SC_NPROCESSORS_CONF);
}

Nanoseconds read_steal(const HostFiles& files)
{
    // cpu user nice system idle iowait irq softirq steal guest guest_nice, in ticks of USER_HZ.
    const std::string line = files.line("/proc/stat");
    const auto fields = split(line, ' ');
    constexpr std::size_t kSteal = 8;
    if (fields.size() <= kSteal || fields[0] != "cpu")
        return Nanoseconds(0);
    const auto ticks = number_in<std::int64_t>(fields[kSteal]);
    return ticks.value_or(0) * (Nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK));
}

std::string irq_actions(const HostFiles& files, std::uint32_t irq)
{
    return files.line("/sys/kernel/irq/" + std::to_string(irq) + "/actions");
}

} // namespace iopath
