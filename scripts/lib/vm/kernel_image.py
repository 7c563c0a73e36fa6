# SPDX-License-Identifier: GPL-2.0-only
"""Kernel images in the form that QEMU starts fastest: not compressed, as unpacking takes an emulated
processor longer than all the rest of booting."""
import lzma
import shutil
import struct
import subprocess
import zlib

GZIP, XZ, ZSTD, LZ4 = b"\x1f\x8b", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x02\x21\x4c\x18"
ELF = b"\x7fELF"


def write_plain(image, plain):
    """Writes the kernel inside of an image to another file; False where there is no way, and the image has to do."""
    with open(image, "rb") as file:
        data = file.read()
    packed = _payload_of_bzimage(data) or _payload_of_zboot(data)
    kernel = _decompress(packed) if packed else None
    # x86's is a program that starts by the PVH note in it, arm64's a bare image.
    if not kernel or not (kernel.startswith(ELF) or kernel[56:60] == b"ARM\x64"):
        return False
    with open(plain, "wb") as file:
        file.write(kernel)
    return True


def _payload_of_bzimage(data):
    """Documentation/arch/x86/boot.rst: the header names place and length of the compressed kernel."""
    if data[0x202:0x206] != b"HdrS":
        return None
    sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (sectors + 1) * 512 + offset
    return data[start:start + length]


def _payload_of_zboot(data):
    """include/linux/efi.h, struct linux_efi_zboot_header: arm64 kernels that unpack themselves under EFI only."""
    if data[:2] != b"MZ" or data[4:8] != b"zimg":
        return None
    offset, length = struct.unpack_from("<II", data, 8)
    return data[offset:offset + length]


def _decompress(packed):
    # What follows the compressed data is the length of the plain, and no concern of ours.
    try:
        if packed.startswith(GZIP):
            return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS).decompress(packed)
        if packed.startswith(XZ):
            return lzma.LZMADecompressor().decompress(packed)
    except (lzma.LZMAError, zlib.error):
        return None
    tool = "zstd" if packed.startswith(ZSTD) else "lz4" if packed.startswith(LZ4) else None
    if not tool or not shutil.which(tool):
        return None
    return subprocess.run([tool, "-dc"], input=packed, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
