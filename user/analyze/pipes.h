// SPDX-License-Identifier: GPL-2.0-only
// What the two pipe rules share.
#pragma once

#include "analyze/load.h"

#include <string>

namespace iopath {

/// The tasks that ended the waits, that is the other end: "gzip 93.0%, sort 7.0%"; at most three.
std::string other_end(const Load& load);

/// The name of the first of them; "the other end" where no waker was seen.
std::string limiting(const Load& load);

/// The evidence of both rules; `waiting` says who waits for whom.
std::vector<std::string> pipe_evidence(const Load& load, std::string_view waiting);

} // namespace iopath
