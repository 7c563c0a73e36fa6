// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/report.h"

namespace iopath {

/// The report of an interval: rows in the order of their time, totals, OS tax, findings. Pure.
Report make_report(Interval interval);

/// The share of the operations' time that is none of device, network, peer, timer, throttle and
/// user file locks (contract.md, OS tax); 0 when there was no operation.
double os_tax(const Interval& interval);

} // namespace iopath
