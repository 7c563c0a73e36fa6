# SPDX-License-Identifier: GPL-2.0-only
# Builds for arm64 on another machine: with Debian's cross compiler and a folder of Debian's arm64
# packages, which scripts/build-arm64 makes and names in IOPATH_SYSROOT.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
if(NOT IOPATH_SYSROOT)
    message(FATAL_ERROR "IOPATH_SYSROOT is not set: let scripts/build-arm64 do it")
endif()
# CMake reads this file anew for the programs with which it tries the compiler.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IOPATH_SYSROOT)

set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT ${IOPATH_SYSROOT})
# Programs are this machine's (clang, bpftool), all else is arm64's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${IOPATH_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
    ${IOPATH_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${IOPATH_SYSROOT}/usr/share/pkgconfig)
unset(ENV{PKG_CONFIG_PATH})
