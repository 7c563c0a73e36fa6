// SPDX-License-Identifier: GPL-2.0-only
#include "app/console.h"

#include "base/text.h"

#include <cstdlib>
#include <string_view>

namespace iopath {

namespace {

std::string_view variable(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody sets any
    return value ? value : "";
}

bool locale_is_utf8()
{
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view value = variable(name);
        if (!value.empty())
            return value.find("UTF-8") != std::string_view::npos ||
                   value.find("utf8") != std::string_view::npos;
    }
    return false;
}

} // namespace

Style style_for(const Sink& sink, Colour colour)
{
    const bool terminal = sink.is_terminal() && variable("TERM") != "dumb";
    Style style;
    style.colour = colour == Colour::always ||
                   (colour == Colour::automatic && terminal && variable("NO_COLOR").empty());
    style.unicode = (terminal || colour == Colour::always) && locale_is_utf8();
    return style;
}

void complain(const Error& error)
{
    (void)Sink::standard_error().write("iopath: " + safe_text(error.text()) + "\n");
}

} // namespace iopath
