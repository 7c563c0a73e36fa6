# SPDX-License-Identifier: GPL-2.0-only
"""A cluster of two guests with one ocfs2, by the kernel's own o2cb, and what they agree on."""
import glob
import os
import socket
import subprocess
import time

CONFIG = "/sys/kernel/config"
CLUSTER = f"{CONFIG}/cluster/lab"
DISK = os.path.realpath("/dev/iopath/disk0")
FOLDER = "/mnt/shared"
PATIENCE = 120  # seconds, for the other node: both share the processors of one machine
# From the first value behind the value block, a line of locking_state (fs/ocfs2/dlmglue.c).
STATISTICS = 10 + 64
MODULES = ("ocfs2", "ocfs2_stack_o2cb")


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(text))


class Node:
    """This guest, 1 or 2; brought up once, by whichever test is first."""

    def __init__(self, number):
        self.number = number
        self.join()
        self.other = self.connect()
        # For reading alone: one for both forgets at each line written what it has read ahead.
        self.heard = self.other.makefile("r", encoding="ascii")
        if number == 1:
            # Without the tools' own look at the cluster, which is another's disk to them.
            subprocess.run(["mkfs.ocfs2", "-q", "-F", "-x", "-N", "2", "-J", "size=4M", "--cluster-stack=o2cb", "--cluster-name=lab",
                            DISK], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        os.makedirs(FOLDER, exist_ok=True)
        for turn in (1, 2):
            if turn == number:
                subprocess.run(["mount", "-t", "ocfs2", DISK, FOLDER], check=True)
            self.meet(f"mounted by {turn}")

    def join(self):
        if not os.path.ismount(CONFIG):
            subprocess.run(["mount", "-t", "configfs", "configfs", CONFIG], check=True)
        os.mkdir(CLUSTER)
        # The same on both nodes, or they refuse each other.
        write(f"{CLUSTER}/idle_timeout_ms", 10000)
        write(f"{CLUSTER}/keepalive_delay_ms", 2000)
        write(f"{CLUSTER}/heartbeat/dead_threshold", 11)  # 20 s
        for number in (1, 2):
            node = f"{CLUSTER}/node/node{number}"
            os.mkdir(node)
            write(f"{node}/ipv4_address", f"10.35.0.{number}")
            write(f"{node}/ipv4_port", 7777)
            write(f"{node}/num", number)  # last: it takes the address
        write(f"{CLUSTER}/node/node{self.number}/local", 1)

    def connect(self):
        address = ("10.35.0.1", 7000)
        if self.number == 1:
            with socket.create_server(address) as server:
                server.settimeout(PATIENCE)
                end = server.accept()[0]
        else:
            for _ in range(PATIENCE):
                try:
                    end = socket.create_connection(address, timeout=1)
                    break
                except OSError:
                    time.sleep(1)
            else:
                raise TimeoutError("the other node does not listen")
        end.settimeout(PATIENCE)
        return end

    def exchange(self, word):
        """The other's."""
        self.other.sendall(f"{word}\n".encode("ascii"))
        return self.heard.readline().strip()

    def meet(self, where):
        """Both nodes are here."""
        heard = self.exchange(where)
        if heard != where:
            raise AssertionError(f"here it is '{where}', on the other node '{heard}'")


def lock_counts(path):
    """By a lock's letter (M: meta, W: rw): how often this node has asked for those of that file, and the seconds from
    asking to having, by ocfs2 itself."""
    inode = f"{os.stat(path).st_ino:016x}"
    counts = {}
    with open(glob.glob("/sys/kernel/debug/ocfs2/*/locking_state")[0], encoding="ascii") as state:
        for line in state:
            words = line.split()
            if words[1][7:23] == inode:
                numbers = [int(word) for word in words[STATISTICS:]]
                counts[words[1][0]] = (numbers[0] + numbers[1], (numbers[4] + numbers[5]) / 1e9)
    return counts
