# SPDX-License-Identifier: GPL-2.0-only
"""32-bit arm programs on arm64: their calls have numbers of their own. No compiler for them is needed:
the program is written here, word by word."""
import os
import platform
import struct
import subprocess
import unittest

from harness import Case

BASE = 0x10000
HEADERS = 84
WRITES = 100
OTHERS = 1000
# A32 instructions: r7 is the number, r0 to r2 are the arguments.
PROGRAM = [
    0xE3A04064,  # mov r4, #100
    0xE3A00001,  # mov r0, #1
    0xE3A01801,  # mov r1, #0x10000
    0xE3A02003,  # mov r2, #3
    0xE3A07004,  # mov r7, #4: write
    0xEF000000,  # svc 0
    0xE2544001,  # subs r4, r4, #1
    0x1AFFFFF8,  # bne to the second instruction
    0xE3A04FFA,  # mov r4, #1000
    0xE3A07040,  # mov r7, #64: getppid, which is write in 64-bit programs
    0xEF000000,  # svc 0
    0xE2544001,  # subs r4, r4, #1
    0x1AFFFFFB,  # bne three back
    0xE3A00000,  # mov r0, #0
    0xE3A07001,  # mov r7, #1: exit
    0xEF000000,  # svc 0
]


def elf():
    code = struct.pack(f"<{len(PROGRAM)}I", *PROGRAM)
    size = HEADERS + len(code)
    header = b"\x7fELF\1\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIIIIIHHHHHH", 2, 40, 1, BASE + HEADERS, 52, 0, 0x5000400, 52, 32, 1, 0, 0, 0)
    return header + struct.pack("<8I", 1, 0, BASE, BASE, size, size, 5, 0x1000) + code


@unittest.skipUnless(platform.machine() == "aarch64", "32-bit arm programs run on arm64 only")
class Arm32(Case):
    def test_32_bit_calls_are_counted_by_their_own_table(self):
        program = self.fresh("arm32")
        with open(program, "wb") as file:
            file.write(elf())
        os.chmod(program, 0o755)
        try:
            subprocess.run([program], stdout=subprocess.DEVNULL, check=True, timeout=20)
        except OSError as problem:
            self.skipTest(f"no 32-bit programs here: {problem}")
        device = self.loop(fs="ext4")
        report = self.diagnose(cmd=["sh", "-c", 'exec "$0" >"$1"', program, device.path()]).report
        row = report.row(op="write", device=device.name)
        self.assertEqual((row["count"], row["bytes"], row["errors"]), (WRITES, 3 * WRITES, 0))
        # Taken for a 64-bit program's, its other calls would be writes too.
        self.assertLess(report.total("count", op="write"), OTHERS)
        self.assertEqual(report.loss("compat"), 0)
