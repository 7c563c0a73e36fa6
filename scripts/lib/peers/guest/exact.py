# SPDX-License-Identifier: GPL-2.0-only
"""A workload whose every operation is known: exact.py COUNTS FOLDER..., COUNTS as in exactness.py."""
import json
import mmap
import os
import socket
import sys
import threading

BLOCK = 4096


def files(folder, counts):
    page = mmap.mmap(-1, BLOCK)
    file = os.open(os.path.join(folder, "exact"), os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    for number in range(counts["writes"]):
        os.pwritev(file, [page], number * BLOCK)
        os.fsync(file)
    for number in range(counts["direct_reads"]):
        os.preadv(file, [page], number % counts["writes"] * BLOCK)
    os.close(file)


def echo(listener, pings):
    connection, _ = listener.accept()
    with connection:
        for _ in range(pings):
            connection.send(connection.recv(1))


def tcp(counts):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=echo, args=(listener, counts["pings"]))
        server.start()
        with socket.create_connection(listener.getsockname()) as client:
            for _ in range(counts["pings"]):
                client.send(b"x")
                client.recv(1)
            server.join()
    for _ in range(counts["refused"]):
        with socket.socket() as refused:
            refused.connect_ex(("127.0.0.1", 1))


def main(counts, folders):
    for folder in folders:
        files(folder, counts)
    tcp(counts)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
