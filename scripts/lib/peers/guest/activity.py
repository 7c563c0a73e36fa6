# SPDX-License-Identifier: GPL-2.0-only
"""What the tools are given to see, in rounds until it is ended: activity.py FOLDER...; `rounds` holds how many there were.

Each round does on every file system direct and buffered reads and writes, syncs, files that come and go; then mounts,
switches between two processes, and TCP over loopback: connections with traffic both ways, and one that is refused."""
import ctypes
import mmap
import os
import socket
import sys
import threading
import time

ROUNDS = "/run/peers-rounds"
BLOCK = 4096
libc = ctypes.CDLL(None, use_errno=True)


def name_thread():
    with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w", encoding="ascii") as file:
        file.write("activity")


def on_file_system(folder, page):
    path = os.path.join(folder, "direct")
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    for number in range(4):
        os.pwritev(file, [page], number * BLOCK)
        os.preadv(file, [page], number * BLOCK)
    os.fsync(file)
    os.close(file)
    # Read ahead of the reader, out of a cache that has nothing of it.
    file = os.open(os.path.join(folder, "buffered"), os.O_RDWR | os.O_CREAT)
    if os.fstat(file).st_size == 0:
        os.write(file, bytes(1 << 20))
    os.pwrite(file, b"x" * 100, 0)
    os.fdatasync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    for number in range(32):
        os.pread(file, BLOCK, number * BLOCK)
    os.pread(file, BLOCK, 0)
    # And around a page fault.
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    with mmap.mmap(file, 1 << 20, prot=mmap.PROT_READ) as pages:
        sum(pages[:: BLOCK * 4])
    os.close(file)
    short = os.path.join(folder, "short-lived")
    os.close(os.open(short, os.O_WRONLY | os.O_CREAT))
    os.stat(short)
    os.statvfs(short)
    os.unlink(short)


def mount_and_unmount():
    os.makedirs("/run/peers-mount", exist_ok=True)
    libc.mount(b"activity", b"/run/peers-mount", b"tmpfs", 0, b"")
    libc.umount(b"/run/peers-mount")


def switches():
    there, back = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        for _ in range(10):
            os.read(there[0], 1)
            os.write(back[1], b"x")
        os._exit(0)
    for _ in range(10):
        os.write(there[1], b"x")
        os.read(back[0], 1)
    os.waitpid(child, 0)
    for end in (*there, *back):
        os.close(end)


def serve(listener):
    name_thread()
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            while data := connection.recv(1 << 16):
                connection.sendall(data)


def connect():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        server = threading.Thread(target=serve, args=(listener,), daemon=True)
        server.start()
        for _ in range(2):
            with socket.create_connection(listener.getsockname(), timeout=5) as client:
                for _ in range(4):
                    client.sendall(bytes(8192))
                    client.recv(8192, socket.MSG_WAITALL)
        listener.shutdown(socket.SHUT_RDWR)
        server.join(5)
    try:
        socket.create_connection(("127.0.0.1", 1), timeout=1)
    except OSError:
        pass


def main(folders):
    name_thread()
    page = mmap.mmap(-1, BLOCK)
    rounds = 0
    while True:
        for folder in folders:
            on_file_system(folder, page)
        os.sync()
        mount_and_unmount()
        switches()
        try:
            connect()
        except OSError:
            pass  # packets are lost where a tool wants it
        rounds += 1
        with open(f"{ROUNDS}.new", "w", encoding="ascii") as file:
            file.write(str(rounds))
        os.rename(f"{ROUNDS}.new", ROUNDS)
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1:])
