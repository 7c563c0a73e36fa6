// SPDX-License-Identifier: GPL-2.0-only
#include "base/errors.h"
#include "tests/support/catch.h"

#include <cerrno>

using namespace iopath;

TEST_CASE("errors have their names, or at least their numbers", "[errors]")
{
    CHECK(error_name(ENOENT) == "ENOENT");
    CHECK(error_name(EREMOTEIO) == "EREMOTEIO");
    CHECK(error_name(524) == "ENOTSUPP"); // the kernel's own, of NFS
    CHECK(error_name(250) == "250");
    CHECK(error_name(0).empty());
}
