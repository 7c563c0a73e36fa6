# SPDX-License-Identifier: GPL-2.0-only
"""Two nodes of a cluster with one ocfs2. Both run the same tests in the same order and meet at their ends; the last one
is the death of node 2."""
import os
import subprocess
import sys
import time

from file_systems import FileSystemCase
from harness import Disturbed
import o2cb

NUMBER = int(os.environ["IOPATH_NODE"])
WRITES = 100
TRIES = 6
# Each node has blocks of its own; it is the file that they share.
WRITE = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for number in range(3):
    os.pwrite(fd, b"x" * 1000, 4096 * number)
os.close(fd)
"""
# In turns, so that each write has to get the file's locks from the other node.
WRITE_IN_TURNS = """
import os, socket, sys, time
path, node, writes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
address = ("10.35.0.1", 7001)
if node == 1:
    with socket.create_server(address) as server:
        server.settimeout(60)
        other = server.accept()[0]
else:
    for _ in range(60):
        try:
            other = socket.create_connection(address, timeout=1)
            break
        except OSError:
            time.sleep(1)
other.settimeout(60)
fd = os.open(path, os.O_WRONLY)
for number in range(writes):
    if node == 2:
        assert other.recv(1)
    os.pwrite(fd, b"x" * 1000, 4096 * (2 * number + node - 1))
    other.send(b"t")
    if node == 1:
        assert other.recv(1)
os.close(fd)
"""
LETTERS = {"M": "meta", "W": "rw"}
nodes = []


class Ocfs2(FileSystemCase):
    def setUp(self):
        super().setUp()
        if not nodes:
            nodes.append(o2cb.Node(NUMBER))
        self.node = nodes[0]

    def cluster_probe(self, report):
        return next(line for line in report["coverage"] if line["probe"] == "cluster_lock")

    def cluster_locks(self, report, count):
        """Rows of those that so many writes of 1,000 bytes have waited for. Where programs can be preempted a few of so
        many runs are always skipped, and each may be a write's."""
        skipped = report.loss("skipped_run")
        if not skipped:
            self.check(report)
            self.assert_nothing_lost(report)
        self.assertEqual(report["ledger"]["imbalanced"], 0)
        row = report.row(op="write", fs="ocfs2")
        self.assert_within(row["count"], count - skipped, count, f"writes, {skipped} runs skipped")
        self.assertEqual((row["bytes"], row["device"], row["errors"]), (1000 * row["count"], os.path.basename(o2cb.DISK), 0))
        locks = [line for line in report["kernel_locks"] if line["type"] == "cluster"]
        for line in locks:
            self.assertEqual(line["fs"], "ocfs2", line)
            if line["op"] == "write":
                self.assertEqual(line["device"], os.path.basename(o2cb.DISK))
            self.assertIn(line["level"], ("PR", "EX"))
        return locks

    def until_undisturbed(self, attempt):
        """attempt(number), again on both nodes where one of them was disturbed: they go together."""
        for number in range(TRIES):
            try:
                attempt(number)
                word = "done"
            except Disturbed as reason:
                word = f"disturbed: {reason}"
            words = word, self.node.exchange(word)
            if words == ("done", "done"):
                return
        self.fail(f"{TRIES} times: {words}")

    def test_1_each_node_counts_its_own(self):
        self.until_undisturbed(self.count)

    def count(self, number):
        folder = os.path.join(o2cb.FOLDER, f"node{NUMBER}-{number}")
        os.mkdir(folder)
        self.node.meet("made a folder")
        report = self.assert_exact(folder, "ocfs2", os.path.basename(o2cb.DISK))
        probe = self.cluster_probe(report)
        self.assertIn(probe["how"], ("kprobe", "kprobe_multi"), probe)

    def test_2_writers_of_one_file_wait_for_each_other(self):
        path = os.path.join(o2cb.FOLDER, "both")
        if NUMBER == 1:
            with open(path, "wb") as file:
                file.truncate(4096 * 2 * WRITES)
        self.node.meet("made a file")
        before = o2cb.lock_counts(path)
        self.node.meet("ready to write")
        writers = [sys.executable, "-S", "-E", "-c", WRITE_IN_TURNS, path, NUMBER, WRITES]
        report = self.diagnose("--fs", "ocfs2", cmd=writers, check=False, timeout=150).report
        locks = self.cluster_locks(report, WRITES)
        after = o2cb.lock_counts(path)
        rw = [line for line in locks if (line["op"], line["lock"], line["level"]) == ("write", "rw", "EX")]
        # The first one may find it at hand, and an answer may be there before the asker sleeps.
        self.assert_within(sum(line["waits"] for line in rw), 0.8 * WRITES, WRITES, "waits for lock rw")
        meta = [line for line in locks if (line["op"], line["lock"]) == ("write", "meta")]
        self.assert_within(sum(line["waits"] for line in meta), 0.8 * WRITES, 3 * WRITES, "waits for lock meta")
        for letter, (count, seconds) in after.items():
            asked, waited = (now - then for now, then in zip((count, seconds), before.get(letter, (0, 0))))
            mine = [line for line in locks if line["lock"] == LETTERS.get(letter)]
            self.assertLessEqual(sum(line["waits"] for line in mine), asked, letter)
            self.assertLessEqual(sum(line["seconds"] for line in mine), waited + 1e-3, letter)
            # The rest ran, or waited for a processor: both guests have one, emulated.
            if mine:
                self.assertGreater(sum(line["seconds"] for line in mine), 0.5 * waited, letter)
        stage = report.stage("lock", op="write")
        self.assert_within(sum(line["seconds"] for line in locks if line["op"] == "write"), 0.8 * stage, stage + 1e-6)
        finding = next(one for one in report["findings"] if one["id"] == "lock-contention" and one["subject"]["type"] == "cluster")
        self.assertIn(finding["subject"]["lock"], LETTERS.values())
        with open(path, "rb") as file:
            self.assertEqual(file.read().count(b"x"), 2 * 1000 * WRITES)
        self.node.meet("read")

    def test_3_a_node_that_dies_is_waited_for(self):
        path = os.path.join(o2cb.FOLDER, "last")
        if NUMBER == 2:
            with open(path, "wb") as file:  # its locks are here now
                file.write(b"x" * 1000)
                file.flush()
                os.fsync(file.fileno())  # what the journal does not have is gone with the node
            self.node.meet("about to die")
            with open("/proc/sysrq-trigger", "w", encoding="ascii") as trigger:
                trigger.write("b")
            time.sleep(60)
        watch = self.watch("--fs", "ocfs2").ready()
        self.node.meet("about to die")
        time.sleep(1)
        began = time.monotonic()
        subprocess.run([sys.executable, "-S", "-E", "-c", WRITE, path], check=True, timeout=100)
        took = time.monotonic() - began
        report = watch.stop(check=False)
        locks = self.cluster_locks(report, 3)
        # Whichever call needs one of its locks first: the open, as a rule.
        self.assert_within(max((line["max"] for line in locks), default=0), 5, took, locks)
        self.assertGreater(report.share("lock", fs="ocfs2"), 0.9)
