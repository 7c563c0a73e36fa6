# SPDX-License-Identifier: GPL-2.0-only
"""The way in for other scripts:

    sys.path.insert(0, "scripts/lib")
    from vm import lab, request
    result = lab.run(request.Request("6.1", ["iopath", "doctor"], disks=[request.parse_disk("nvme:1G:4")]))
    result.status, result.stdout, result.stderr

Raises errors.Skipped where the mirror has no such kernel, errors.TimedOut, errors.Failed where the guest died,
errors.Refused for a request that makes no sense.
"""
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass

from . import cache, initramfs, kernel_files, kernels, machine, request as requests, rootfs, session
from .errors import Failed


@dataclass
class Result:
    status: int
    stdout: bytes
    stderr: bytes
    kernel: kernels.Kernel
    ended: session.Ended


def prepare(name, packages=()):
    """The kernel and the root file system into the cache."""
    kernel, files = kernel_files.get(name)
    return kernel, files, rootfs.get(kernel.architecture, packages)


def run(request, output=None):
    """Boots, runs the command, and gives its Result. `output`, where given, is called with (port, bytes) as they come,
    for the ports out, err and console; then the Result holds none."""
    architecture = kernels.parse(request.kernel)[1]
    machine.find_qemu(machine.ARCHITECTURES[architecture])
    requests.check(request, architecture)
    kernel, files, root = prepare(request.kernel, request.packages)
    folder = tempfile.mkdtemp(prefix="iopath-vm-", dir=os.environ.get("TMPDIR") or "/var/tmp")
    try:
        return _run(request, kernel, files, root, folder, output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(request, kernel, files, root, folder, output):
    boot = os.path.join(folder, "initramfs")
    initramfs.write(boot, request, kernel, files, root)
    disks = []
    for number, disk in enumerate(request.disks):
        disks.append(disk.path or os.path.join(folder, f"disk{number}"))
        if not disk.path:
            with open(disks[-1], "wb") as file:
                file.truncate(disk.size)
    images = [machine.Image(root.image, "iopath-root"), machine.Image(files.modules_image, "iopath-modules")]
    if request.headers:
        images.append(machine.Image(kernel_files.headers(kernel), "iopath-headers"))
    kept = {"out": bytearray(), "err": bytearray()}
    with open(os.path.join(folder, "files"), "wb") as fetched:
        def write(port, data):
            if port == "files":
                fetched.write(data)
            elif output:
                output(port, data)
            elif port in kept:
                kept[port] += data

        ended = session.Session(
            lambda channels: machine.command_line(request, kernel, files, boot, images, disks, channels),
            write, request.timeout, request.silence).run()
    result = Result(ended.status, bytes(kept["out"]), bytes(kept["err"]), kernel, ended)
    if request.fetch:
        try:
            _place(os.path.join(folder, "files"), request.fetch)
        except Failed as problem:
            if ended.status == 0:
                raise
            cache.say(problem)  # the command's own failure is the news
    return result


def _place(path, wanted):
    """Puts what the guest sent where it was asked for: files and folders, nothing else, nowhere else."""
    missing = {there for there, _ in wanted}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = "/" + member.name.strip("/")
                for there, here in wanted:
                    if name == there or name.startswith(there + "/"):
                        _place_one(archive, member, here + name[len(there):])
                        missing.discard(there)
    except tarfile.TarError as problem:
        raise Failed(f"--fetch: what the guest sent cannot be read: {problem}") from None
    if missing:
        raise Failed(f"--fetch: the guest has no {', '.join(sorted(missing))}")


def _place_one(archive, member, target):
    if ".." in target.split("/"):
        return
    if member.isdir():
        os.makedirs(target, exist_ok=True)
    elif member.isreg():
        with archive.extractfile(member) as source, open(target, "wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
        os.chmod(target, member.mode & 0o777 | 0o200)

