// SPDX-License-Identifier: GPL-2.0-only
// Names of processes, files and devices are chosen by others: what may be printed of them, and how
// wide it is.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace iopath {

/// What the reader of the output can display.
enum class Charset { ascii, utf8 };

/// `raw` as one line that a terminal shows and never obeys: control bytes, ESC and invalid UTF-8
/// become \n, \t or \xNN; bidi controls, invisible and line-breaking code points become \u{NNNN}.
/// With ascii, everything beyond ASCII is escaped.
std::string safe_text(std::string_view raw, Charset charset = Charset::utf8);

/// Whether all of it are characters.
bool is_utf8(std::string_view raw);

/// For outputs that take any character, but nothing else: `raw` as it is if it is UTF-8, else as
/// safe_text() shows it.
std::string as_utf8(std::string_view raw);

/// Terminal columns that safe_text()'s result takes: 2 for wide (CJK, emoji), 0 for combining.
std::size_t display_width(std::string_view safe);

/// At most `columns` wide; what is cut off is marked by `mark` at the end, where that fits.
std::string truncated(std::string_view safe, std::size_t columns, std::string_view mark = "~");

/// The same, but cut at the front and marked there by "...": of paths the end tells more.
std::string front_truncated(std::string_view safe, std::size_t columns);

} // namespace iopath
