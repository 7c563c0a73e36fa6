// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "model/facts_view.h"
#include "model/report.h"

#include <string>

namespace iopath {

/// The report as one JSON document (contract.md, section 3), without a final newline. `indent` -1:
/// on one line. What is unknown is null; names that are no UTF-8 get replacement characters.
std::string report_json(const Report& report, int indent = -1);

/// The document of doctor: host, coverage, facts.
std::string doctor_json(const Host& host, const Coverage& coverage, const FactsView& facts,
                        int indent = -1);

} // namespace iopath
