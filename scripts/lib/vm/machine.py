# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command line for a guest."""
import os
from dataclasses import dataclass

from .architectures import ACCELERATOR, ARCHITECTURES, find_qemu

# Ports of the guest, by the names that guest/start looks for; the console is the serial line.
PORTS = ("control", "out", "err", "files")


@dataclass(frozen=True)
class Image:
    path: str
    serial: str


def kernel_arguments(request, architecture):
    words = [f"console={ARCHITECTURES[architecture].console}", "panic=-1", "oops=panic", "cryptomgr.notests",
             *ARCHITECTURES[architecture].kernel_arguments]
    if not request.verbose:
        words.append("quiet")
    return " ".join([*words, request.append]).strip()


def command_line(request, kernel, files, initramfs, images, disks, channels):
    """images: read-only ones; disks: paths of the chosen disks' contents; channels: {port: file descriptor of a socket}."""
    architecture = ARCHITECTURES[kernel.architecture]
    words = [find_qemu(architecture), *architecture.machine, *ACCELERATOR, "-smp", str(request.processors()),
             "-m", str(request.memory), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
             "-kernel", files.image, "-initrd", initramfs, "-append", kernel_arguments(request, kernel.architecture),
             *_channel("console", channels), "-serial", "chardev:console", "-device", "virtio-serial-pci"]
    for name in PORTS:
        words += [*_channel(name, channels), "-device", f"virtserialport,chardev={name},name=iopath.{name}"]
    # Chosen disks before our own: theirs are the first names, vda and so on.
    for number, (disk, path) in enumerate(zip(request.disks, disks)):
        words += _disk(number, disk, path)
    for image in images:
        words += ["-drive", _drive(image.serial, image.path) + ",readonly=on",
                  "-device", f"virtio-blk-pci,drive={image.serial},serial={image.serial}"]
    if request.link:
        words += _link(request.link)
    if request.monitor:
        words += ["-qmp", f"unix:{_escape(os.path.abspath(request.monitor))},server=on,wait=off"]
    return words


def _channel(name, channels):
    return ["-chardev", f"socket,id={name},fd={channels[name]}"]


def _escape(path):
    return path.replace(",", ",,")


def _link(link):
    """Frames that come when the other guest is not there are lost, as on a cable with one end."""
    ends = [(side, link.socket(number)) for side, number in (("local", link.number), ("remote", 3 - link.number))]
    backend = ",".join(f"{side}.type=unix,{side}.path={_escape(path)}" for side, path in ends)
    return ["-netdev", f"dgram,id=link,{backend}",
            "-device", f"virtio-net-pci,id=link-device,netdev=link,mac=52:54:00:00:00:0{link.number},romfile="]


def _drive(name, path):
    # The guest's flushes need not reach this machine's disk: all of it goes with the guest.
    return f"if=none,id={name},file={_escape(path)},format=raw,cache=unsafe,discard=unmap"


def _disk(number, disk, path):
    name = f"disk{number}"
    # One that is shared is in this machine's page cache, where all its guests see the same.
    drive = ["-drive", _drive(name, path) + (",file.locking=off" if disk.path else "")]
    if disk.kind == "virtio":
        return [*drive, "-device", f"virtio-blk-pci,id={name}-device,drive={name},serial={name},num-queues={disk.queues}"]
    if disk.kind == "nvme":
        return [*drive, "-device", f"nvme,id={name}-device,drive={name},serial={name},max_ioqpairs={disk.queues}"]
    return [*drive, "-device", f"virtio-scsi-pci,id={name}-host,num_queues={disk.queues}",
            "-device", f"scsi-hd,id={name}-device,bus={name}-host.0,drive={name},serial={name}"]
