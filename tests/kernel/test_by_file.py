# SPDX-License-Identifier: GPL-2.0-only
"""--by file: a row for each file, under the path that its process sees, with exactly its operations and bytes."""
import collections
import json
import os
import shutil
import subprocess
import sys

from harness import Case

PRELUDE = """
import os, socket, sys
folder = os.fsencode(sys.argv[1])
def do(path, writes, size, reads=0, flags=0):
    fd = os.open(path, os.O_CREAT | os.O_RDWR | flags)
    for _ in range(writes):
        os.write(fd, b"x" * size)
    for _ in range(reads):
        os.pread(fd, size, 0)
    return fd
"""
HOSTILE = [b"new\nline", b"escape\x1b[2J\x07", b"invalid\xff\xc0utf8", "r\u00e4uber\u202e".encode(), b"back\\slash"]
ROOM = 40  # for files, where there is too little


class ByFile(Case):
    """`flavour`: options that decide which programs run."""
    flavour = ()

    def setUp(self):
        super().setUp()
        self.work = self.fresh("work")
        os.mkdir(self.work)

    def by_file(self, script, *arguments, wrap=(), options=()):
        command = [*wrap, sys.executable, "-S", "-E", "-c", PRELUDE + script, self.work, *arguments]
        return self.diagnose(*self.flavour, "--by", "file", *options, cmd=command)

    def files(self, report, *fields, below=None):
        """What was counted for the files of the test, by path, state and op."""
        below = below or self.work
        seen = {}
        for row in report["operations"]:
            if (row["path"] or "").startswith(below + "/") and row["op"] in ("read", "write", "open", "close"):
                key = (row["path"][len(below):] + (" (deleted)" if row["deleted"] else ""), row["op"])
                self.assertNotIn(key, seen)
                seen[key] = tuple(row[field] for field in fields) if len(fields) > 1 else row[fields[0]]
        return seen

    def test_each_file_has_its_operations_and_bytes(self):
        run = self.by_file("""
one = do(folder + b"/one", 7, 100, 3)
two = do(folder + b"/two", 5, 4096, 11)
again = do(folder + b"/one", 2, 50)
os.fsync(two)
for fd in (one, two, again):
    os.close(fd)
""")
        self.assertEqual(self.files(run.report, "count", "bytes"), {
            ("/one", "open"): (2, 0), ("/one", "write"): (9, 800), ("/one", "read"): (3, 300), ("/one", "close"): (2, 0),
            ("/two", "open"): (1, 0), ("/two", "write"): (5, 20480), ("/two", "read"): (11, 45056), ("/two", "close"): (1, 0)})
        sync, = run.report.rows(op="sync", path=self.work + "/two")
        self.assertEqual(sync["count"], 1)
        for row in run.report["operations"]:
            self.assertEqual((row["path_cut"], row["path_escaped"], row["other_files"]), (False, False, False), row)
        self.assert_nothing_lost(run.report)

    def test_what_has_no_path(self):
        run = self.by_file("""
reader, writer = os.pipe()
os.mkfifo(folder + b"/fifo")
fifo = os.open(folder + b"/fifo", os.O_RDWR)
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_WRONLY)
for _ in range(4):
    os.write(writer, b"x"), os.read(reader, 1)
    os.write(fifo, b"xy"), os.read(fifo, 2)
    left.send(b"xyz"), right.recv(3)
    os.write(null, b"1234")
""")
        paths = collections.defaultdict(dict)
        for row in run.report.rows(op="write"):
            paths[row["target"]][row["path"]] = row["bytes"]
        self.assertEqual(paths["pipe"], {None: 4, self.work + "/fifo": 8})
        self.assertEqual(paths["other"]["/dev/null"], 16)
        self.assertEqual([row["path"] for row in run.report.rows(target="unix", op="send")], [None])

    def test_deleted_and_renamed(self):
        run = self.by_file("""
gone = do(folder + b"/gone", 3, 10)
os.unlink(folder + b"/gone")
for _ in range(5):
    os.write(gone, b"xy")
new = do(folder + b"/gone", 2, 1000)
moved = do(folder + b"/draft", 4, 1)
os.rename(folder + b"/draft", folder + b"/final")
for _ in range(6):
    os.write(moved, b"abc")
os.link(folder + b"/final", folder + b"/linked")
linked = do(folder + b"/linked", 1, 8)
""")
        written = {path: value for (path, op), value in self.files(run.report, "count", "bytes").items() if op == "write"}
        self.assertEqual(written, {"/gone": (3 + 2, 30 + 2000), "/gone (deleted)": (5, 10), "/draft": (4, 4),
                                   "/final": (6, 18), "/linked": (1, 8)})

    def test_as_the_process_sees_it(self):
        for tool in ("unshare", "mount"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        os.makedirs(os.path.join(self.work, "inner", "sub"))
        os.mkdir(os.path.join(self.work, "bound"))
        mount = ("unshare", "-m", "sh", "-c", f'mount --bind {self.work}/inner {self.work}/bound && exec "$@"', "sh")
        run = self.by_file("""
by_bind = do(folder + b"/bound/sub/file", 3, 1)
direct = do(folder + b"/inner/sub/file", 4, 1)
os.chroot(folder)
in_root = do(b"/inner/sub/file", 5, 1)
""", wrap=mount)
        written = {row["path"]: row["count"] for row in run.report.rows(op="write")}
        self.assertEqual((written[self.work + "/bound/sub/file"], written[self.work + "/inner/sub/file"]), (3, 4))
        self.assertEqual(written["/inner/sub/file"], 5)

    def test_hostile_names(self):
        script = """
for name in sys.argv[2:]:
    do(folder + b"/" + bytes.fromhex(name), 2, 10)
"""
        names = [name.hex() for name in HOSTILE]
        report = self.by_file(script, *names).report
        for name in HOSTILE:
            valid = name != HOSTILE[2]
            path = self.work + "/" + (name.decode() if valid else r"invalid\xff\xc0utf8")
            row, = report.rows(op="write", path=path)
            self.assertEqual((row["count"], row["bytes"], row["path_escaped"]), (2, 20, not valid))
        escaped = [rb"/new\nline", rb"/escape\x1b[2J\x07", rb"/invalid\xff\xc0utf8", rb"ber\u{202e}"]
        for name, expected in zip(names, escaped):
            shown = subprocess.run(
                [self.iopath, "diagnose", *self.flavour, "--by", "file", "--op", "write", "--color", "always", "--",
                 sys.executable, "-S", "-E", "-c", PRELUDE + script, self.work, name],
                capture_output=True, timeout=60, check=True).stderr
            self.assertIn(expected, shown)
            for raw in (b"new\nline", b"\x1b[2J", b"\x07", b"\xff", "\u202e".encode()):
                self.assertNotIn(raw, shown)

    def test_deep_paths_are_cut_at_the_front_and_marked(self):
        run = self.by_file("""
os.chdir(folder)
for level in range(12):
    os.mkdir(b"d" * 99 + b"%x" % level)
    os.chdir(b"d" * 99 + b"%x" % level)
do(b"deep", 3, 7)
os.chdir(folder)
for level in range(80):
    os.mkdir(b"s")
    os.chdir(b"s")
do(b"many", 2, 7)
""")
        cut = {row["path"].rsplit("/", 1)[1]: row for row in run.report.rows(op="write", path_cut=True)}
        self.assertEqual({name: row["count"] for name, row in cut.items()}, {"deep": 3, "many": 2})
        for row in cut.values():
            self.assertTrue(row["path"].startswith(".../"), row["path"])
            self.assertNotIn(self.work, row["path"])
        self.assertIn("/" + "d" * 99 + "a/" + "d" * 99 + "b/deep", cut["deep"]["path"])
        self.assertGreater(cut["many"]["path"].count("/s"), 50)

    def many(self, option):
        run = self.by_file("""
for number in range(int(sys.argv[2])):
    os.close(do(folder + b"/%d" % number, 2, 10))
""", "300", options=("--op", "write", *option))
        rows = run.report.rows(op="write", target="file")
        own = {row["path"]: row["count"] for row in rows if (row["path"] or "").startswith(self.work)}
        others, = [row for row in rows if row["other_files"]]
        self.assertEqual((others["path"], set(own.values())), ("other files", {2}))
        self.assertEqual(others["count"] + 2 * len(own), 600)
        self.assertEqual(others["bytes"] + 20 * len(own), 6000)
        self.assertEqual((others["fs"], others["device"]), tuple(rows[0][name] for name in ("fs", "device")))
        # Every operation that is not under its own file is told as a loss.
        self.assertEqual(run.report.loss("map_full"), others["count"])
        return len(own)

    def test_more_files_than_there_is_room_for(self):
        self.assertEqual(self.many(("--max-files", str(ROOM))), ROOM)

    def test_more_rows_than_there_is_room_for(self):
        self.assert_within(self.many(("--max-rows", "113")), 20, 60)

    def test_intervals_tell_what_was_done_in_them(self):
        out = self.fresh("out")
        subprocess.run(
            [self.iopath, "diagnose", *self.flavour, "--by", "file", "--json", "--interval", "0.3", "-o", out, "--",
             sys.executable, "-S", "-E", "-c", PRELUDE + """
import time
fd = do(folder + b"/file", 5, 10)
time.sleep(0.5)
os.unlink(folder + b"/file")
for _ in range(7):
    os.write(fd, b"x")
time.sleep(0.5)
""", self.work], capture_output=True, timeout=60, check=True)
        counts = collections.Counter()
        with open(out, encoding="utf-8") as lines:
            for line in lines:
                for row in json.loads(line)["operations"]:
                    if row["op"] == "write" and (row["path"] or "").startswith(self.work):
                        counts[row["deleted"]] += row["count"]
        self.assertEqual(counts, {False: 5, True: 7})

    def test_only_one_device(self):
        device = self.loop(fs="ext4")
        run = self.by_file("""
do(os.fsencode(sys.argv[2]), 9, 10)
do(folder + b"/elsewhere", 3, 10)
""", device.path(), options=("-d", device.name, "--max-files", "1"))
        row, = run.report.rows(op="write")
        self.assertEqual((row["path"], row["count"], row["fs"], row["device"]), (device.path(), 9, "ext4", device.name))
        self.assertEqual(run.report.loss("map_full"), 0)


class ByFileUntyped(ByFile):
    flavour = ("--no-attach", "typed")


class Requests(Case):
    """Of io_uring and libaio."""
    flavour = ()

    def requests(self, interface, *words):
        device = self.loop(fs="ext4")
        with open(device.path(), "wb") as file:
            file.write(b"x" * (4 << 20))
        os.sync()
        run = self.diagnose(*self.flavour, "--by", "file", cmd=self.workload(words[0], device.path(), *words[1:]))
        if not run.facts["supported"]:
            self.skipTest(f"{' '.join(map(str, words))} is not possible here")
        row, = run.report.rows(op="read", interface=interface)
        self.assertEqual((row["path"], row["fs"]), (device.path(), "ext4"))
        self.assert_nothing_lost(run.report)
        return row

    def test_of_io_uring(self):
        for how in ("plain", "async", "sqpoll", "fixed"):
            with self.subTest(how=how):
                row = self.requests("io_uring", "uring-reads", 64, 4096, 8, how)
                self.assertEqual((row["count"], row["bytes"]), (64, 64 * 4096))

    def test_of_libaio(self):
        row = self.requests("libaio", "aio-batches", 10, 8)
        self.assertEqual((row["count"], row["bytes"]), (80, 80 * 4096))


class RequestsUntyped(Requests):
    flavour = ("--no-attach", "typed")
