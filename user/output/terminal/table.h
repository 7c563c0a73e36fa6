// SPDX-License-Identifier: GPL-2.0-only
// Tables of the page: columns said once, for the head and for every row.
#pragma once

#include "output/terminal/page.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace iopath::terminal {

struct Column {
    std::string_view head;
    std::size_t width;
    bool text = false; ///< at the left edge, with a blank behind it; numbers are at the right
};

class Table {
public:
    Table(Page& page, std::initializer_list<Column> columns) : page_(page), columns_(columns) {}

    void head();
    /// A cell for each column, or for the first ones.
    void row(const std::vector<Piece>& cells);

    /// Puts each row, up to `most`, and says how many there are more.
    template <typename Rows, typename PutRow>
    void rows(const Rows& all, std::size_t most, PutRow&& put)
    {
        const std::size_t shown = std::min(all.size(), most);
        for (std::size_t i = 0; i < shown; ++i)
            put(all[i]);
        more(all.size() - shown);
    }

private:
    void more(std::size_t count);

    Page& page_;
    std::vector<Column> columns_;
};

} // namespace iopath::terminal
