// SPDX-License-Identifier: GPL-2.0-only
#include "base/units.h"
#include "tests/support/catch.h"

using namespace iopath;
using namespace std::chrono_literals;

TEST_CASE("durations have three digits and the unit a human reads", "[units]")
{
    CHECK(human_duration(0ns) == "0ns");
    CHECK(human_duration(850ns) == "850ns");
    CHECK(human_duration(999ns) == "999ns");
    CHECK(human_duration(1us) == "1.00us");
    CHECK(human_duration(12345ns) == "12.3us");
    CHECK(human_duration(4500us) == "4.50ms");
    CHECK(human_duration(1200ms) == "1.20s");
    CHECK(human_duration(312s) == "312s");
    CHECK(human_duration(4000s) == "4000s");
    CHECK(human_duration(-12345ns) == "-12.3us");
}

TEST_CASE("a duration that rounds up takes the next form", "[units]")
{
    CHECK(human_duration(9994ns) == "9.99us");
    CHECK(human_duration(9996ns) == "10.0us");
    CHECK(human_duration(99960ns) == "100us");
    CHECK(human_duration(999400ns) == "999us");
    CHECK(human_duration(999600ns) == "1.00ms");
    CHECK(human_duration(999600us) == "1.00s");
}

TEST_CASE("bytes are IEC", "[units]")
{
    CHECK(human_bytes(0) == "0B");
    CHECK(human_bytes(512) == "512B");
    CHECK(human_bytes(1023) == "1023B");
    CHECK(human_bytes(1024) == "1.0KiB");
    CHECK(human_bytes(4096) == "4.0KiB");
    CHECK(human_bytes(1.5 * 1024 * 1024) == "1.5MiB");
    CHECK(human_bytes(1024.0 * 1024 - 1) == "1.0MiB");
    CHECK(human_bytes(3e30) == "2602085213965.2EiB");
}

TEST_CASE("counts are short, or exact with commas", "[units]")
{
    CHECK(human_count(950) == "950");
    CHECK(human_count(999.6) == "1.00k");
    CHECK(human_count(61785) == "61.8k");
    CHECK(human_count(1.2e6) == "1.20M");
    CHECK(human_count(3e13) == "30.0T");
    CHECK(grouped_count(0) == "0");
    CHECK(grouped_count(999) == "999");
    CHECK(grouped_count(1000) == "1,000");
    CHECK(grouped_count(61785) == "61,785");
    CHECK(grouped_count(1234567890) == "1,234,567,890");
}

TEST_CASE("a share that is there is never printed as nothing", "[units]")
{
    CHECK(human_share(0) == "0.0%");
    CHECK(human_share(0.0001) == "<0.1%");
    CHECK(human_share(0.0005) == "0.1%");
    CHECK(human_share(0.456) == "45.6%");
    CHECK(human_share(1) == "100.0%");
}
