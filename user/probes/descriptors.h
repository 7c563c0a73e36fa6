// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace iopath {

/// Raises this process's limit of open files, as far as it may: every layer's object holds a
/// descriptor of each map that is shared, which makes over a thousand with all layers at functions,
/// and shells allow 1,024. For processes forked before nothing changes.
void allow_descriptors();

/// What helps where this errno says that none is left; empty for any other.
std::string descriptor_hint(int error_number);

} // namespace iopath
