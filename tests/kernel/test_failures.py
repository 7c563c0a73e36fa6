# SPDX-License-Identifier: GPL-2.0-only
"""Every failed system call is told with its op, errno, path, process and count."""
import collections
import os
import shutil
import sys

from harness import Case

MANY = 1000
TOO_MANY = 6000
KEPT = 4096  # IOPATH_FAILURES

# What the scripts below have in common: each call is to fail, and does so with that errno.
PRELUDE = """
import ctypes, errno, os, socket, sys
folder = os.fsencode(sys.argv[1])
def fails(times, error, call, *arguments, **named):
    for _ in range(times):
        try:
            call(*arguments, **named)
        except OSError as failed:
            assert failed.errno == getattr(errno, error), failed
        else:
            raise AssertionError(f"{call} {arguments} did not fail")
"""

BY_PATH = """
os.mkdir(folder + b"/sub")
os.close(os.open(folder + b"/file", os.O_CREAT | os.O_WRONLY))
fails(7, "ENOENT", os.open, folder + b"/missing", os.O_RDONLY)
fails(2, "EEXIST", os.open, folder + b"/file", os.O_CREAT | os.O_EXCL)
fails(3, "ENOENT", os.stat, folder + b"/missing")
fails(2, "ENOENT", os.unlink, folder + b"/missing")
fails(4, "ENOENT", os.rename, folder + b"/missing", folder + b"/elsewhere")
fails(2, "EEXIST", os.symlink, b"anything", folder + b"/file")
fails(2, "EEXIST", os.mkdir, folder + b"/sub")
fails(3, "EINVAL", os.readlink, folder + b"/file")
fails(2, "ENOENT", os.statvfs, folder + b"/nowhere")
fails(1, "ENOTDIR", os.open, folder + b"/file/below", os.O_RDONLY)
fails(1, "ENOENT", os.open, b"", os.O_RDONLY)
os.chdir(folder + b"/sub")
fails(3, "ENOENT", os.open, b"relative", os.O_RDONLY)
fails(2, "ENOENT", os.open, b"../upwards", os.O_RDONLY)
directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
fails(5, "ENOENT", os.open, b"from-a-descriptor", os.O_RDONLY, dir_fd=directory)
fails(2, "ENOENT", os.stat, b"from-a-descriptor", dir_fd=directory)
fails(2, "EBADF", os.open, b"from-nowhere", os.O_RDONLY, dir_fd=999)
os.chdir("/")
fails(2, "ENOENT", os.open, b"iopath-not-here", os.O_RDONLY)
unix = socket.socket(socket.AF_UNIX)
fails(5, "ENOENT", unix.connect, folder + b"/socket")
fails(2, "ECONNREFUSED", unix.connect, b"\\0iopath-nobody")
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    try:
        client = socket.socket(family)
        client.bind((host, 0))
    except OSError:
        continue  # no IPv6 here
    port = client.getsockname()[1]
    os.set_blocking(client.fileno(), True)
    other = socket.socket(family)
    fails(2, "ECONNREFUSED", other.connect, (host, port))
    print('{"port%d": %d}' % (4 if family == socket.AF_INET else 6, port))
fails(1, "EFAULT", lambda: ctypes.CDLL(None, use_errno=True).open(ctypes.c_void_p(1), 0) >= 0
      or (_ for _ in ()).throw(OSError(ctypes.get_errno(), "")))
"""

BY_DESCRIPTOR = """
only_written = os.open(folder + b"/file", os.O_CREAT | os.O_WRONLY)
fails(6, "EBADF", os.read, only_written, 1)
directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
fails(3, "EISDIR", os.read, directory, 1)
fails(2, "EINVAL", os.ftruncate, only_written, -1)
gone = os.open(folder + b"/gone", os.O_CREAT | os.O_WRONLY)
os.unlink(folder + b"/gone")
fails(2, "EBADF", os.read, gone, 1)
os.mkdir(folder + b"/left")
os.chdir(folder + b"/left")
os.rmdir(folder + b"/left")
fails(2, "ENOENT", os.open, b"below", os.O_CREAT)
fails(4, "EBADF", os.close, 999)
reader, writer = os.pipe()
os.set_blocking(reader, False)
fails(9, "EAGAIN", os.read, reader, 1)
os.close(reader)
fails(3, "EPIPE", os.write, writer, b"x")
os.mkfifo(folder + b"/fifo")
fifo = os.open(folder + b"/fifo", os.O_RDWR)
fails(2, "ESPIPE", os.pread, fifo, 1, 0)
"""

LONG = """
os.chdir(folder)
for level in range(12):
    os.mkdir(b"d" * 99 + b"%x" % level)
    os.chdir(b"d" * 99 + b"%x" % level)
fails(3, "ENOENT", os.open, b"deep", os.O_RDONLY)
fails(2, "ENOENT", os.open, folder + b"/x" * 1000 + b"/long", os.O_RDONLY)
for length in (383, 384):  # what the place for a path can take, and one more
    fails(1, "ENOENT", os.open, folder + b"/" * (length - len(folder) - 5) + b"exact", os.O_RDONLY)
"""

HOSTILE = [b"new\nline", b"escape\x1b[2J\x07", b"invalid\xff\xc0utf8", "r\u00e4uber\u202e".encode(), b"back\\slash"]


class Failures(Case):
    """`flavour`: options that decide which programs run."""
    flavour = ()

    def failing(self, script, *arguments, wrap=(), options=()):
        command = [*wrap, sys.executable, "-S", "-E", "-c", PRELUDE + script, self.folder, *arguments]
        return self.diagnose(*self.flavour, *options, cmd=command)

    def counts(self, report, below=None, keys=("op", "errno", "path")):
        """Counts of what failed below the test's folder, by these keys."""
        counts = collections.Counter()
        for row in report["failures"]:
            if (row["path"] or "").startswith(below or self.folder):
                counts[tuple(row[key].replace(below or self.folder, "") if key == "path" else row[key]
                             for key in keys)] += row["count"]
        return counts

    def test_calls_by_path(self):
        run = self.failing(BY_PATH)
        self.assertEqual(self.counts(run.report), {
            ("open", "ENOENT", "/missing"): 7,
            ("open", "EEXIST", "/file"): 2,
            ("metadata", "ENOENT", "/missing"): 3 + 2 + 4,
            ("metadata", "EEXIST", "/file"): 2,
            ("metadata", "EEXIST", "/sub"): 2,
            ("metadata", "EINVAL", "/file"): 3,
            ("metadata", "ENOENT", "/nowhere"): 2,
            ("open", "ENOTDIR", "/file/below"): 1,
            ("open", "ENOENT", "/sub/relative"): 3,
            ("open", "ENOENT", "/sub/../upwards"): 2,
            ("open", "ENOENT", "/from-a-descriptor"): 5,
            ("metadata", "ENOENT", "/from-a-descriptor"): 2,
            ("connect", "ENOENT", "/socket"): 5,
        })
        others = {(row["op"], row["errno"], row["path"]): row for row in run.report["failures"]}
        self.assertEqual(others["open", "ENOENT", ""]["count"], 1)
        self.assertEqual(others["open", "ENOENT", "/iopath-not-here"]["count"], 2)
        nowhere = others["open", "EBADF", ".../from-nowhere"]
        self.assertEqual((nowhere["count"], nowhere["path_cut"]), (2, True))
        self.assertEqual(others["connect", "ECONNREFUSED", "@iopath-nobody"]["count"], 2)
        self.assertEqual(others["open", "EFAULT", None]["count"], 1)
        refused = {row["address"]: row["count"] for row in run.report["failures"] if row["address"]}
        printed = run.out.decode()
        self.assertTrue(refused)
        for address, count in refused.items():
            host, port = address.rsplit(":", 1)
            self.assertIn(host, ("127.0.0.1", "[::1]"))
            self.assertIn('{"port%d": %s}' % (6 if "[" in host else 4, port), printed)
            self.assertEqual(count, 2)

    def test_calls_by_descriptor(self):
        report = self.failing(BY_DESCRIPTOR).report
        self.assertEqual(self.counts(report, keys=("op", "errno", "path", "deleted")), {
            ("read", "EBADF", "/file", False): 6,
            ("read", "EISDIR", "", False): 3,
            ("metadata", "EINVAL", "/file", False): 2,
            ("read", "EBADF", "/gone", True): 2,
            ("open", "ENOENT", "/left/below", True): 2,
            ("read", "ESPIPE", "/fifo", False): 2,
        })
        nameless = collections.Counter()
        for row in report["failures"]:
            if row["path"] is None:
                nameless[row["op"], row["errno"], row["target"]] += row["count"]
        self.assertEqual(nameless["write", "EPIPE", "pipe"], 3)
        self.assertEqual(sum(count for (op, error, _), count in nameless.items() if (op, error) == ("close", "EBADF")), 4)
        # That nothing was there yet is no failure.
        self.assertEqual([row for row in report["failures"] if row["errno"] == "EAGAIN"], [])

    def test_the_process_is_named(self):
        run = self.failing("""
open("/proc/self/comm", "w").write("wl-fails")
fails(3, "ENOENT", os.open, folder + b"/missing", os.O_RDONLY)
print('{"pid": %d}' % os.getpid())
""")
        row, = [row for row in run.report["failures"] if row["path"] == self.folder + "/missing"]
        self.assertEqual((row["comm"], row["pid"], row["count"]), ("wl-fails", run.facts["pid"], 3))
        self.assertEqual((row["target"], row["fs"], row["device"]), ("file", "", ""))
        self.assertGreater(row["seconds"], 0)

    def test_across_mounts_and_roots(self):
        for tool in ("unshare", "mount"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        os.makedirs(os.path.join(self.folder, "inner", "sub"))
        os.mkdir(os.path.join(self.folder, "bound"))
        mount = ("unshare", "-m", "sh", "-c", f'mount --bind {self.folder}/inner {self.folder}/bound && exec "$@"', "sh")
        report = self.failing("""
os.chdir(folder + b"/bound/sub")
fails(3, "ENOENT", os.open, b"relative", os.O_RDONLY)
directory = os.open(folder + b"/bound", os.O_RDONLY | os.O_DIRECTORY)
fails(2, "EISDIR", os.read, directory, 1)
os.chdir("/proc/self")
fails(2, "ENOENT", os.open, b"iopath-none", os.O_RDONLY)
os.chroot(folder)
os.chdir("/inner")
fails(4, "ENOENT", os.open, b"in-a-new-root", os.O_RDONLY)
fails(5, "EISDIR", os.read, directory, 1)
""", wrap=mount).report
        self.assertEqual(self.counts(report)["open", "ENOENT", "/bound/sub/relative"], 3)
        seen = collections.Counter()
        for row in report["failures"]:
            seen[row["errno"], row["path"]] += row["count"]
        pids = {row["pid"] for row in report["failures"] if row["path"] == "/inner/in-a-new-root"}
        self.assertEqual(seen["ENOENT", "/inner/in-a-new-root"], 4)
        self.assertEqual([count for (_, path), count in seen.items() if path == f"/proc/{min(pids)}/iopath-none"], [2])
        # Counted in one row, which has the name of its first failure.
        self.assertEqual(seen["EISDIR", self.folder + "/bound"], 7)

    def test_long_paths_are_cut_at_the_front_and_marked(self):
        report = self.failing(LONG).report
        cut = [row for row in report["failures"] if row["path_cut"]]
        tails = {row["path"][-12:]: row for row in cut if row["path"].startswith("...")}
        self.assertEqual(len(tails), len(cut), cut)
        deep = tails["d" * 6 + "b/deep"]
        self.assertEqual(deep["count"], 3)
        self.assertIn("/" + "d" * 99 + "a/", deep["path"])
        self.assertNotIn(self.folder, deep["path"])
        long = tails["x/x/x/x/long"]
        self.assertEqual((long["count"], len(long["path"])), (2, 3 + 383))
        exact = sorted((len(row["path"]), row["path_cut"]) for row in report["failures"]
                       if (row["path"] or "").endswith("exact"))
        self.assertEqual(exact, [(383, False), (3 + 383, True)])

    def test_hostile_names(self):
        script = "fails(2, 'ENOENT', os.open, folder + b'/' + bytes.fromhex(sys.argv[2]), os.O_RDONLY)"
        for name in HOSTILE:
            with self.subTest(name=name):
                report = self.failing(script, name.hex()).report
                row, = [row for row in report["failures"]
                        if (row["path"] or "").startswith(self.folder) and row["count"] == 2]
                valid = name != HOSTILE[2]
                self.assertEqual(row["path"], self.folder + "/" + (name.decode() if valid else r"invalid\xff\xc0utf8"))
                self.assertEqual(row["path_escaped"], not valid)

    def test_many_paths(self):
        report = self.failing("""
for number in range(int(sys.argv[2])):
    fails(1, "ENOENT", os.open, folder + b"/%d" % number, os.O_RDONLY)
""", str(MANY)).report
        self.assertEqual(self.counts(report), {("open", "ENOENT", f"/{number}"): 1 for number in range(MANY)})
        self.assertEqual(report.loss("detail_full"), 0)
        self.assert_totals(report)

    def test_more_paths_than_there_is_room_for(self):
        report = self.failing("""
for number in range(int(sys.argv[2])):
    fails(2, "ENOENT", os.open, folder + b"/%d" % number, os.O_RDONLY)
""", str(TOO_MANY)).report
        self.assertLessEqual(len(report["failures"]), KEPT + 20)
        counts = self.counts(report)
        self.assertGreater(len(counts), KEPT - 300)  # what starting the interpreter takes
        self.assertEqual(set(counts.values()), {2})
        beyond = [row for row in report["failures"] if row["pid"] is None]
        self.assertTrue(all(row["path"] is None and row["comm"] is None for row in beyond))
        self.assertEqual(sum(row["count"] for row in beyond), report.loss("detail_full"))
        self.assert_totals(report)

    def assert_totals(self, report):
        """Rows of operations and failures are of one mind."""
        failed = collections.Counter()
        for row in report["failures"]:
            failed[row["op"]] += row["count"]
        counted = collections.Counter()
        for row in report.rows(interface="syscall"):
            counted[row["op"]] += row["errors"] - row["would_block"]
        self.assertEqual(+failed, +counted)


class FailuresUntyped(Failures):
    flavour = ("--no-attach", "typed")
