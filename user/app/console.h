// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "app/options.h"
#include "app/sink.h"
#include "base/result.h"
#include "output/terminal/style.h"

namespace iopath {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitMissing = 3; ///< a privilege or a kernel feature

/// What the place where a report goes can show, by NO_COLOR, TERM, locale and --color.
Style style_for(const Sink& sink, Colour colour);

/// One line for people on standard error.
void complain(const Error& error);

} // namespace iopath
