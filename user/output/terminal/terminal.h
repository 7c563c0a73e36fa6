// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/facts_view.h"
#include "model/report.h"
#include "output/terminal/style.h"

#include <string>

namespace iopath {

/// The report for people: at most 80 columns, every name made safe, ends with a newline.
std::string render_report(const Report& report, const Style& style);

/// Every probe by layer, how it is attached or why it is dark; then the facts of the host.
std::string render_doctor(const Host& host, const Coverage& coverage, const FactsView& facts,
                          const Style& style);

} // namespace iopath
