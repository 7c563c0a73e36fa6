# SPDX-License-Identifier: GPL-2.0-only
"""The cache: entries are folders that appear whole or not at all, also when two runs make the same."""
import contextlib
import fcntl
import os
import shutil
import sys
import tempfile
import time

UNUSED_LIFETIME = 30 * 24 * 3600  # seconds


def root():
    """The folder of the cache, made at need."""
    path = os.environ.get("IOPATH_VM_CACHE")
    if not path:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        path = os.path.join(home, "iopath", "vm")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


def say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked(name):
    """One process at a time; the lock goes with the process, however that ends."""
    folder = os.path.join(root(), "locks")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name.replace("/", "-")), "w", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run to finish {name}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def path_of(name):
    return os.path.join(root(), name)


def has(name):
    return os.path.isdir(path_of(name))


def entry(name, make):
    """The folder of that entry; where it is not there, make(folder) fills it first."""
    path = path_of(name)
    if _used(path):
        return path
    with locked(name):
        if _used(path):
            return path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _sweep(path)
        folder = tempfile.mkdtemp(prefix=os.path.basename(path) + ".new-", dir=os.path.dirname(path))
        try:
            os.chmod(folder, 0o755)
            make(folder)
            os.rename(folder, path)
            forget_unused(os.path.dirname(path))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return path


def _used(path):
    """True where it is there; notes that it was used."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except PermissionError:
        pass  # another user's cache, which serves all the same
    return True


def forget_unused(folder):
    """Kernels and packages are replaced by newer ones every few weeks: what nobody used for so long goes."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        try:
            if ".new-" in name or time.time() - os.lstat(path).st_mtime < UNUSED_LIFETIME:
                continue
            # Away at once, so that nobody finds half of it.
            os.rename(path, f"{path}.new-unused")
        except OSError:
            continue  # another run was faster
        shutil.rmtree(f"{path}.new-unused", ignore_errors=True)


def _sweep(path):
    """What a killed run left of this entry. Called with its lock held, so nobody is making it."""
    folder, name = os.path.split(path)
    for other in os.listdir(folder):
        if other.startswith(name + ".new-"):
            shutil.rmtree(os.path.join(folder, other), ignore_errors=True)
