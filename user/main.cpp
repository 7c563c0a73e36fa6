// SPDX-License-Identifier: GPL-2.0-only
#include "app/diagnose.h"
#include "app/doctor.h"
#include "app/options.h"
#include "app/sink.h"

#include <cstdio>
#include <exception>

namespace {

int run(const iopath::CommandLine& line)
{
    using Command = iopath::CommandLine::Command;
    switch (line.command) {
    case Command::diagnose:
        return iopath::run_diagnose(line.diagnose);
    case Command::doctor:
        return iopath::run_doctor(line.doctor);
    case Command::print:
        break;
    }
    iopath::Sink sink =
        line.exit_status == 0 ? iopath::Sink::standard_output() : iopath::Sink::standard_error();
    return sink.write(line.text).ok() ? line.exit_status : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run(iopath::parse_command_line({argv + 1, argv + argc}));
    } catch (const std::exception& error) {
        // A library's exception that no edge caught: a bug of ours, or no memory.
        std::fprintf(stderr, "iopath: %s\n", error.what());
        return 1;
    }
}
