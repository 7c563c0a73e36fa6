// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "app/options.h"

namespace iopath {

/// `iopath diagnose`; returns the exit status.
int run_diagnose(const DiagnoseOptions& options);

} // namespace iopath
