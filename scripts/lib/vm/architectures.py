# SPDX-License-Identifier: GPL-2.0-only
"""What differs between the architectures that guests can have. Keys are Debian's names."""
import os
import platform
from dataclasses import dataclass

from .errors import Refused


@dataclass(frozen=True)
class Architecture:
    name: str
    elf_machine: int  # e_machine of its programs
    qemu: str
    qemu_package: str
    machine: tuple  # QEMU's arguments for machine and processor
    console: str  # the kernel's name of the serial console
    kernel_arguments: tuple


# KVM is never asked for: the laboratory is for machines without it. Guests crashed in code
# patching (int3) with a thread for each virtual processor, hence thread=single.
ACCELERATOR = ("-accel", "tcg,thread=single")

ARCHITECTURES = {
    "amd64": Architecture("amd64", 62, "qemu-system-x86_64", "qemu-system-x86",
                          ("-M", "q35", "-cpu", "max"), "ttyS0",
                          # QEMU gives all processors one counter; the kernel doubts it, and would take the slow HPET.
                          ("tsc=reliable",)),
    # Pointer authentication in QEMU's own algorithm: the architecture's takes half of the time.
    "arm64": Architecture("arm64", 183, "qemu-system-aarch64", "qemu-system-arm",
                          ("-M", "virt", "-cpu", "max,pauth-impdef=on"), "ttyAMA0", ()),
}

NATIVE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "amd64")


def elf_machine(path):
    """e_machine of a program, None for what is no ELF file."""
    with open(path, "rb") as file:
        head = file.read(20)
    return int.from_bytes(head[18:20], "little") if head[:4] == b"\x7fELF" else None


def is_whole(path):
    """False for a program that a linker has not finished: its last table is not there, or its head is not."""
    with open(path, "rb") as file:
        head = file.read(64)
    if head[:4] != b"\x7fELF":
        return head[:2] == b"#!"
    table = int.from_bytes(head[40:48], "little")
    size = int.from_bytes(head[58:60], "little") * int.from_bytes(head[60:62], "little")
    return 0 < table and table + size <= os.path.getsize(path)


def name_of(machine):
    return next((a.name for a in ARCHITECTURES.values() if a.elf_machine == machine), f"machine {machine}")


def find_qemu(architecture):
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        path = os.path.join(folder, architecture.qemu)
        if os.access(path, os.X_OK):
            return path
    raise Refused(f"{architecture.qemu} is not installed: apt-get install {architecture.qemu_package}")
