// SPDX-License-Identifier: GPL-2.0-only
#include "tests/support/golden.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace iopath::test {

namespace {

std::string first_difference(const std::string& expected, const std::string& actual)
{
    std::istringstream want{expected};
    std::istringstream have{actual};
    for (int number = 1;; ++number) {
        std::string want_line;
        std::string have_line;
        const bool more_want = static_cast<bool>(std::getline(want, want_line));
        const bool more_have = static_cast<bool>(std::getline(have, have_line));
        if (!more_want && !more_have)
            return "they differ in the last newline";
        if (want_line != have_line || more_want != more_have) {
            std::ostringstream out;
            out << "line " << number << "\n  expected: " << want_line
                << "\n  actual:   " << have_line;
            return out.str();
        }
    }
}

} // namespace

std::string golden_difference(const std::string& name, const std::string& actual)
{
    const std::string path = std::string{IOPATH_TESTS_DIR} + "/golden/" + name;
    if (std::getenv("IOPATH_REFRESH_GOLDEN") != nullptr) {
        std::ofstream{path, std::ios::binary} << actual;
        return {};
    }
    std::ifstream file{path, std::ios::binary};
    if (!file)
        return "there is no " + path;
    const std::string expected{std::istreambuf_iterator<char>{file}, {}};
    if (expected == actual)
        return {};
    return path + ": " + first_difference(expected, actual);
}

} // namespace iopath::test
