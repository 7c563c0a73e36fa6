// SPDX-License-Identifier: GPL-2.0-only
// The words of iopath as types. Names are those of the JSON and of the metrics.
#pragma once

#include "bpf/words.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace iopath {

#define IOPATH_ENUM(id, word) id,
#define IOPATH_NAME(id, word) std::string_view{word},

enum class Op { IOPATH_OPS(IOPATH_ENUM) };
enum class Target { IOPATH_TARGETS(IOPATH_ENUM) };
enum class Stage { IOPATH_STAGES(IOPATH_ENUM) };
enum class Loss { IOPATH_LOSSES(IOPATH_ENUM) };
enum class Interface { IOPATH_INTERFACES(IOPATH_ENUM) };
enum class Punt { IOPATH_PUNTS(IOPATH_ENUM) };
enum class FileWait { IOPATH_WAITS(IOPATH_ENUM) };
enum class CommitPhase { IOPATH_COMMIT_PHASES(IOPATH_ENUM) };
enum class Reclaim { IOPATH_RECLAIMS(IOPATH_ENUM) };

inline constexpr std::array kOpNames{IOPATH_OPS(IOPATH_NAME)};
inline constexpr std::array kTargetNames{IOPATH_TARGETS(IOPATH_NAME)};
inline constexpr std::array kStageNames{IOPATH_STAGES(IOPATH_NAME)};
inline constexpr std::array kLossNames{IOPATH_LOSSES(IOPATH_NAME)};
inline constexpr std::array kInterfaceNames{IOPATH_INTERFACES(IOPATH_NAME)};
inline constexpr std::array kPuntNames{IOPATH_PUNTS(IOPATH_NAME)};
inline constexpr std::array kFileWaitNames{IOPATH_WAITS(IOPATH_NAME)};
inline constexpr std::array kCommitPhaseNames{IOPATH_COMMIT_PHASES(IOPATH_NAME)};
inline constexpr std::array kReclaimNames{IOPATH_RECLAIMS(IOPATH_NAME)};

#define IOPATH_FLAG_ID(id, kernel, word) id,
enum class RequestFlag { IOPATH_REQUEST_FLAGS(IOPATH_FLAG_ID) };
#undef IOPATH_FLAG_ID
#define IOPATH_FLAG_NAME(id, kernel, word) std::string_view{word},
inline constexpr std::array kRequestFlagNames{IOPATH_REQUEST_FLAGS(IOPATH_FLAG_NAME)};
#undef IOPATH_FLAG_NAME

#undef IOPATH_ENUM
#undef IOPATH_NAME

inline constexpr std::size_t kOps = kOpNames.size();
inline constexpr std::size_t kTargets = kTargetNames.size();
inline constexpr std::size_t kStages = kStageNames.size();
inline constexpr std::size_t kLosses = kLossNames.size();
inline constexpr std::size_t kRequestFlags = kRequestFlagNames.size();
inline constexpr std::size_t kInterfaces = kInterfaceNames.size();
inline constexpr std::size_t kPunts = kPuntNames.size();
inline constexpr std::size_t kFileWaits = kFileWaitNames.size();
inline constexpr std::size_t kCommitPhases = kCommitPhaseNames.size();
inline constexpr std::size_t kReclaims = kReclaimNames.size();

constexpr std::string_view name_of(Op op)
{
    return kOpNames.at(static_cast<std::size_t>(op));
}
constexpr std::string_view name_of(Target target)
{
    return kTargetNames.at(static_cast<std::size_t>(target));
}
constexpr std::string_view name_of(Stage stage)
{
    return kStageNames.at(static_cast<std::size_t>(stage));
}
constexpr std::string_view name_of(Loss loss)
{
    return kLossNames.at(static_cast<std::size_t>(loss));
}
constexpr std::string_view name_of(Interface interface)
{
    return kInterfaceNames.at(static_cast<std::size_t>(interface));
}
constexpr std::string_view name_of(FileWait wait)
{
    return kFileWaitNames.at(static_cast<std::size_t>(wait));
}
constexpr std::string_view name_of(CommitPhase phase)
{
    return kCommitPhaseNames.at(static_cast<std::size_t>(phase));
}
constexpr std::string_view name_of(Punt punt)
{
    return kPuntNames.at(static_cast<std::size_t>(punt));
}

/// The op, or target, that a word names; nothing if none does.
std::optional<Op> op_named(std::string_view word);
std::optional<Target> target_named(std::string_view word);

} // namespace iopath
