# SPDX-License-Identifier: GPL-2.0-only
"""What operations by path had to walk, and the directories in which that took long. Which names the dentry cache did
not have is told where functions can be watched: tests/vm/guest/test_lookups.py."""
import os
import subprocess
import sys

from harness import Case

LONGEST = 383  # bytes of a path whose components are counted

# What changes a frozen file system takes until it is thawed, and so is looked at. Waits to be watched before it begins.
FROZEN = """
import fcntl, os, sys, threading, time
FREEZE, THAW = 0xC0045877, 0xC0045878
os.chdir(sys.argv[1])
place = os.open(".", os.O_RDONLY)
def thaw():
    time.sleep(0.01)
    fcntl.ioctl(place, THAW, 0)
os.read(0, 1)
for line in sys.argv[2:]:
    call, *paths = line.split(" ")
    fcntl.ioctl(place, FREEZE, 0)
    thread = threading.Thread(target=thaw)
    thread.start()
    getattr(os, call)(*paths)
    thread.join()
os._exit(0)
"""

# A FIFO is opened when its writer comes, much later. The writer comes by another directory.
SLOW = """
import os, sys, threading, time
folder = sys.argv[1]
def slow(path, **directory):
    def write():
        time.sleep(0.03)
        os.close(os.open(folder + "/writers/fifo", os.O_WRONLY))
    writer = threading.Thread(target=write)
    writer.start()
    reader = os.open(path, os.O_RDONLY, **directory)
    writer.join()
    os.close(reader)
"""
PLACES = """
below = os.open(folder + "/below", os.O_RDONLY | os.O_DIRECTORY)
for number in range(3):
    slow(folder + "//fifo")
os.chdir(folder + "/below")
for number in range(2):
    slow("fifo")
slow("fifo", dir_fd=below)
slow("../below/../fifo")
"""


class Lookups(Case):
    """`flavour`: options that decide which programs run."""
    flavour = ()

    def setUp(self):
        super().setUp()
        self.device = self.loop(fs="ext4")
        os.mkdir(self.device.path("sub"))

    def looked_up(self, *calls):
        process = self.spawn([sys.executable, "-S", "-E", "-c", FROZEN, self.device.mount, *calls], stdin=subprocess.PIPE)
        watch = self.watch(*self.flavour, "-p", process.pid).ready()
        process.stdin.write(b"g")
        process.stdin.flush()
        self.assertEqual(process.wait(60), 0)
        rows = [row["lookup"] for row in watch.stop().rows(op="metadata") if row["lookup"]]
        return sum(row["paths"] for row in rows), sum(row["components"] or 0 for row in rows)

    def test_components(self):
        above = self.device.mount.strip("/").count("/") + 1
        for path, components in {
                "a": 1, "b/": 1, "c//": 1, "./d": 2, "sub/e": 2, "sub///f//": 2, "./sub/../g": 4,
                self.device.path("h"): above + 1, "//" + self.device.mount + "/.//i": above + 2}.items():
            with self.subTest(path=path):
                self.assertEqual(self.looked_up("mkdir " + path), (1, components))

    def test_names_of_every_length(self):
        """Eight bytes are looked at a time, and thirty-two."""
        calls = ["mkdir " + "a" * length for length in range(1, 41)]
        calls += ["mkdir " + "/" * slashes + self.device.path("sub//" + "b" * (length + 3 * slashes))
                  for slashes in range(3) for length in range(1, 4)]
        above = self.device.mount.strip("/").count("/") + 1
        self.assertEqual(self.looked_up(*calls), (len(calls), 40 + 9 * (above + 2)))

    def test_paths_without_number(self):
        path = "./" * (LONGEST // 2)
        self.assertEqual(self.looked_up(f"mkdir {path}y"), (1, LONGEST // 2 + 1))
        self.assertEqual(self.looked_up(f"mkdir {path}yz", "mkdir sub/x"), (1, 2))
        # What a longer path has left behind is none of the next.
        self.assertEqual(self.looked_up("mkdir " + "./" * 100 + "z", "mkdir v", "mkdir sub/w", "mkdir abcdefgh", "mkdir abcdefg"),
                         (5, 101 + 1 + 2 + 1 + 1))

    def test_calls_with_two_paths(self):
        self.assertEqual(self.looked_up("mkdir a", "rename a ./sub/../b", "symlink any/thing/at/all sub/s",
                                        "link sub/s l", "unlink l"), (5, 1 + 5 + 2 + 3 + 1))

    def fifos(self, folder):
        """One, in several directories."""
        for name in ("", "below", "writers"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        os.mkfifo(os.path.join(folder, "fifo"))
        for name in ("below", "writers"):
            os.link(os.path.join(folder, "fifo"), os.path.join(folder, name, "fifo"))

    def slow(self, folder, places):
        return self.diagnose(*self.flavour, cmd=[sys.executable, "-S", "-E", "-c", SLOW + places, folder]).report

    def test_slow_operations_count_by_directory(self):
        self.fifos(self.folder)
        report = self.slow(self.folder, PLACES)
        rows = {row["path"]: row for row in report["lookups"]}
        found = {path[len(self.folder):]: row["slow"]["count"] for path, row in rows.items()
                 if (path or "").startswith(self.folder)}
        found.pop("/writers", None)
        # What was opened beside them may take long, too, now and then.
        self.assertEqual(set(found), {"", "/below", "/below/../below/.."})
        self.assert_within(found[""], 3, 5)
        self.assert_within(found["/below"], 3, 3)
        self.assertEqual(found["/below/../below/.."], 1)
        slow = rows[self.folder + "/below"]["slow"]
        self.assert_within(slow["seconds"], 0.08, 2)
        self.assert_within(slow["max_seconds"], slow["seconds"] / 3, slow["seconds"])
        self.assertEqual(slow["device_seconds"], 0)
        self.assertFalse(rows[self.folder]["path_cut"])
        self.assertNotIn("path-lookup", report.finding_ids())

    def test_their_file_system(self):
        device = self.device
        self.fifos(device.mount)
        report = self.slow(device.mount, """
slow(folder + "/fifo")
os.chdir(folder)
slow("fifo")
""")
        row, = [row for row in report["lookups"] if row["path"] == device.mount]
        self.assertEqual((row["fs"], row["device"]), ("ext4", device.name))
        self.assert_within(row["slow"]["count"], 2, 3)


class LookupsUntyped(Lookups):
    flavour = ("--no-attach", "typed")
