// SPDX-License-Identifier: GPL-2.0-only
// The main function of the unit tests, for Catch2 2 only: version 3 brings its own.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
