// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <string>

namespace iopath {

/// The name of a request's status as the programs keep it (struct iopath_block_error_key).
std::string block_status_name(std::uint32_t status);

} // namespace iopath
