// SPDX-License-Identifier: GPL-2.0-only
// Parts of the documents; only for output/json.
#pragma once

#include "model/report.h"

#include <nlohmann/json.hpp>
#include <string>

namespace iopath::json {

using Json = nlohmann::ordered_json;

/// LAT of the contract. Quantiles of nothing are null.
Json latency(const Latency& latency);
Json host(const Host& host);
Json coverage(const Coverage& coverage);
Json operation(const Operation& row);
Json in_flight(const InFlight& open);
/// A path that is no UTF-8 has its other bytes as \\xNN, and says so: "path_escaped".
Json failure(const Failure& row);
Json directory(const DirectoryLookups& row);
/// Adds what is known of requests: "block" and the lists beside it.
void add_block(Json& out, const Counts& counts, Nanoseconds length);
Json async(const AsyncRequests& row, const Counts& counts, Nanoseconds length);
Json kernel_lock(const KernelLockWaits& row);
Json file_lock(const FileLockWaits& row);
Json helper(const Helper& row);
Json nvme_queue(const NvmeQueue& row);
Json finding(const Finding& finding);

/// fs, device and the like: what the rows are told apart by.
void add_key(Json& row, const OperationKey& key);

/// RFC 3339 in UTC with milliseconds: "2026-11-22T13:13:06.123Z".
std::string rfc3339(std::chrono::system_clock::time_point time);

/// The document as text; never throws for what a name contains.
std::string dumped(const Json& document, int indent);

} // namespace iopath::json
