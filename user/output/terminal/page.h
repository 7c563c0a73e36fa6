// SPDX-License-Identifier: GPL-2.0-only
// The paper on which the terminal outputs write: lines that cannot become wider than 80 columns and
// text that cannot carry anything but text.
#pragma once

#include "base/text.h"
#include "model/report.h"
#include "output/terminal/style.h"

#include <string>
#include <string_view>
#include <vector>

namespace iopath::terminal {

/// The parameter of an SGR sequence; empty: as it is.
struct Ink {
    std::string_view sgr;
};

inline constexpr Ink kPlain{""};
inline constexpr Ink kBold{"1"};
inline constexpr Ink kDim{"2"};
inline constexpr Ink kTitle{"1;38;5;75"};
inline constexpr Ink kGood{"38;5;76"};
inline constexpr Ink kBad{"1;38;5;196"};
inline constexpr Ink kWarn{"38;5;214"};

/// Each stage has one colour, everywhere.
Ink ink_of(Stage stage);
Ink ink_of(Severity severity);

struct Piece {
    std::string text;
    Ink ink{};
};

/// One line in the making. Texts are raw: they are made safe, and cut at the right edge.
class Line {
public:
    explicit Line(const Style& style) : style_(style) {}

    Line& add(std::string_view raw, Ink ink = kPlain);
    /// Exactly `width` columns, the text at its left or right edge.
    Line& left(std::string_view raw, std::size_t width, Ink ink = kPlain);
    Line& right(std::string_view raw, std::size_t width, Ink ink = kPlain);
    /// Blanks up to column `column`.
    Line& to(std::size_t column);

    [[nodiscard]] std::size_t width() const { return width_; }
    /// The line with its newline, without blanks at its end.
    [[nodiscard]] std::string done() const { return text_ + "\n"; }

private:
    void put(std::string_view safe, Ink ink);
    void blanks(std::size_t count);

    Style style_;
    std::string text_;
    std::size_t width_ = 0;  ///< with the blanks
    std::size_t blanks_ = 0; ///< not written yet
};

class Page {
public:
    explicit Page(const Style& style) : style_(style) {}

    [[nodiscard]] const Style& style() const { return style_; }
    [[nodiscard]] Line line() const { return Line{style_}; }
    [[nodiscard]] Charset charset() const
    {
        return style_.unicode ? Charset::utf8 : Charset::ascii;
    }

    void put(const Line& line) { text_ += line.done(); }
    void put(std::string_view raw, Ink ink = kPlain) { put(line().add(raw, ink)); }
    void blank() { text_ += "\n"; }
    /// A blank line and a heading.
    void title(std::string_view text);
    /// Words wrapped to the page: `lead` before the first line, later ones indented as far.
    void paragraph(std::string_view lead, std::string_view raw, Ink ink = kPlain,
                   Ink lead_ink = kPlain);
    /// Pieces side by side, two blanks between them, on as many lines as they need.
    void flow(std::size_t indent, const std::vector<Piece>& pieces);

    [[nodiscard]] std::string text() const { return text_; }

private:
    Style style_;
    std::string text_;
};

} // namespace iopath::terminal
