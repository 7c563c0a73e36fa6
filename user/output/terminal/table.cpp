// SPDX-License-Identifier: GPL-2.0-only
#include "output/terminal/table.h"

#include <fmt/format.h>

namespace iopath::terminal {

void Table::head()
{
    std::vector<Piece> cells;
    for (const Column& column : columns_)
        cells.push_back({std::string(column.head), kDim});
    row(cells);
}

void Table::row(const std::vector<Piece>& cells)
{
    Line line = page_.line();
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Column& column = columns_.at(i);
        if (column.text)
            line.left(cells[i].text, column.width - 1, cells[i].ink).to(line.width() + 1);
        else
            line.right(cells[i].text, column.width, cells[i].ink);
    }
    page_.put(line);
}

void Table::more(std::size_t count)
{
    if (count > 0)
        page_.put(fmt::format("+ {} more", count), kDim);
}

} // namespace iopath::terminal
