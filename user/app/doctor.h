// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "app/options.h"

namespace iopath {

/// `iopath doctor`; returns the exit status: 3 where nothing useful can be observed.
int run_doctor(const DoctorOptions& options);

} // namespace iopath
