#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The laboratory itself, in real guests: what scripts/vm promises about output, status, disks, modules and ends.

    tests/vm/test_lab.py [--kernel NAME]... [unittest's arguments]

A kernel that the mirror does not have is a skip. Takes about a minute a kernel, and minutes more with an empty cache."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VM = os.path.join(ROOT, "scripts", "vm")
KERNELS = ["5.10", "6.1", "6.12", "newest"]
SKIPPED = 77


def vm(*words, timeout=300):
    done = subprocess.run([VM, *words], capture_output=True, timeout=timeout, check=False)
    if done.returncode == SKIPPED and b"skipped: " in done.stderr:
        raise unittest.SkipTest(done.stderr.decode(errors="replace").strip())
    return done


class Lab(unittest.TestCase):
    kernel = ""  # given by the classes made below

    def setUp(self):
        vm("--fetch-only", self.kernel, timeout=900)

    def guest(self, *command, options=(), status=0):
        done = vm(self.kernel, "--no-iopath", *options, "--", *command)
        self.assertEqual(done.returncode, status, done)
        return done

    def test_output_is_exact_and_apart(self):
        program = r"printf 'a\r\n\0b\377\n\n'; printf 'one\r\ntwo' >&2; head -c 300000 /dev/zero; exit 7"
        done = self.guest("sh", "-c", program, status=7)
        self.assertEqual(done.stdout, b"a\r\n\0b\377\n\n" + bytes(300000))
        self.assertEqual(done.stderr, b"one\r\ntwo")

    def test_words_arrive_as_they_are(self):
        words = ["", " ", "a  b", "'", '"', "\\", "$HOME", "`id`", "a\nb", "*", "~", "!x", "-n", "\udcff\udc81", "é;&|<>"]
        done = self.guest("python3", "-c", "import os,sys; os.write(1, b'|'.join(os.fsencode(a) for a in sys.argv[1:]))", *words)
        self.assertEqual(done.stdout, b"|".join(os.fsencode(word) for word in words))

    def test_signals_and_missing_commands(self):
        self.guest("sh", "-c", "kill -SEGV $$", status=128 + signal.SIGSEGV)
        done = self.guest("no-such-command", status=127)
        self.assertIn(b"no-such-command", done.stderr)

    def test_output_can_be_opened_again_and_outlive_the_command(self):
        done = self.guest("sh", "-c", "echo one >/dev/stdout; echo two >/dev/stderr; sleep 1000 & echo three; cat")
        self.assertEqual((done.stdout, done.stderr), (b"one\nthree\n", b"two\n"))

    def test_disks(self):
        program = """set -e
            echo $IOPATH_VM_DISKS
            for disk in $IOPATH_VM_DISKS; do ls /sys/block/${disk#/dev/}/mq | wc -l; blockdev --getsize64 $disk; done
            mkfs.ext4 -q -F /dev/nvme0n1; mount /dev/nvme0n1 /mnt; echo hello >/mnt/file; sync; cat /mnt/file"""
        done = self.guest("sh", "-c", program, options=["--disk", "nvme:256M:4", "--disk", "scsi:64M", "--disk", "virtio:32M:2"])
        self.assertEqual(done.stdout.decode().split(), ["/dev/nvme0n1", "/dev/sda", "/dev/vda", "4", str(256 << 20), "1",
                                                        str(64 << 20), "2", str(32 << 20), "hello"])

    def test_modules(self):
        names = ["xfs", "btrfs", "f2fs", "ocfs2", "nfs", "null_blk", "dm_mod", "veth", "9p"]
        if "/arm64" not in self.kernel:
            names.append("scsi_debug")  # Debian builds it for amd64 only
        done = self.guest("sh", "-c", "lsmod; ls /dev/nullb0", options=[word for name in names for word in ("--module", name)])
        loaded = {line.split()[0] for line in done.stdout.decode().splitlines()}
        self.assertLessEqual(set(names), loaded | {"/dev/nullb0"})

    def test_a_module_that_is_not_there(self):
        done = self.guest("true", options=["--module", "no_such_module"], status=125)
        self.assertIn(b"cannot load the module no_such_module", done.stderr)

    def test_what_is_mounted(self):
        paths = ["/sys/kernel/tracing/events", "/sys/kernel/debug/tracing", "/sys/fs/bpf", "/sys/fs/cgroup/cgroup.procs", "/dev/pts/ptmx",
                 "/proc/self/fd", "/dev/fd/0", "/dev/loop-control", "/dev/mapper/control", "/dev/shm"]
        self.guest("ls", "-d", *paths)
        self.guest("sh", "-c", "test -e /boot/config-$(uname -r) && ip -br link show lo && echo 1 >/tmp/x && echo 2 >/usr/x")

    def test_files_go_in_and_come_back(self):
        with tempfile.TemporaryDirectory() as folder:
            here = os.path.join(folder, "a file")
            with open(here, "wb") as file:
                file.write(bytes(range(256)))
            os.chmod(here, 0o755)
            back, tree = os.path.join(folder, "back"), os.path.join(folder, "tree")
            self.guest("sh", "-c", "mkdir -p /srv/x/y; cp 'a file' /srv/x/y/z; ln -s z /srv/x/y/link; test -x /other/name",
                       options=["--file", here, "--file", f"{here}:/other/name", "--fetch", "a file:" + back, "--fetch", "/srv/x:" + tree])
            for path in (back, os.path.join(tree, "y", "z")):
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), bytes(range(256)))
            for command, status in (("true", 125), ("false", 1)):
                done = self.guest(command, options=["--fetch", "/nothing/here:" + back], status=status)
                self.assertIn(b"the guest has no /nothing/here", done.stderr)

    def test_timeout(self):
        began = time.monotonic()
        done = self.guest("sh", "-c", "echo before; sleep 1000", options=["--timeout", "20"], status=124)
        self.assertEqual(done.stdout, b"before\n")
        self.assertIn(b"timed out after 20 s", done.stderr)
        self.assertLess(time.monotonic() - began, 25)

    def test_silence(self):
        done = self.guest("sh", "-c", "echo before; sleep 10; echo between; sleep 1000", options=["--silence", "25"], status=124)
        self.assertEqual(done.stdout, b"before\nbetween\n")
        self.assertIn(b"nothing came from it for 25 s", done.stderr)

    def test_panic(self):
        done = self.guest("sh", "-c", "echo before; echo c >/proc/sysrq-trigger; sleep 100", status=125)
        self.assertEqual(done.stdout, b"before\n")
        self.assertIn(b"the guest ended before the command did", done.stderr)
        self.assertIn(b"sysrq", done.stderr)

    def test_no_coming_up(self):
        done = self.guest("true", options=["--append", "rdinit=/nothing"], status=125)
        self.assertIn(b"the guest did not come up", done.stderr)

    def test_monitor_throttles_a_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "qmp")
            words = [VM, self.kernel, "--no-iopath", "--disk", "virtio:64M", "--monitor", path, "--", "sh", "-c",
                     "echo up; sleep 3; dd if=/dev/vda of=/dev/null bs=64k count=32 iflag=direct 2>&1 | tail -n 1"]
            with subprocess.Popen(words, stdout=subprocess.PIPE) as running:
                self.assertEqual(running.stdout.readline(), b"up\n")
                with socket.socket(socket.AF_UNIX) as monitor:
                    monitor.connect(path)
                    with monitor.makefile("rw") as stream:
                        for request in ({"execute": "qmp_capabilities"},
                                        {"execute": "block_set_io_throttle",
                                         "arguments": {"device": "disk0", "bps": 1 << 20, "bps_rd": 0, "bps_wr": 0,
                                                       "iops": 0, "iops_rd": 0, "iops_wr": 0}}):
                            stream.readline()
                            stream.write(json.dumps(request) + "\n")
                            stream.flush()
                        self.assertIn("return", stream.readline())
                seconds = float(running.stdout.read().decode().split(", ")[2].split()[0])
            self.assertEqual(running.returncode, 0)
            self.assertGreater(seconds, 0.8)  # 2 MiB at 1 MiB/s, less what may come at once

    def test_interrupted_it_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen([VM, self.kernel, "--no-iopath", "--disk", "virtio", "--", "sh", "-c", "echo up; sleep 1000"],
                                  stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": folder}) as running:
                running.stdout.readline()
                children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(running.pid)], capture_output=True, text=True, check=False).stdout.split()
                running.terminate()
            self.assertEqual(running.returncode, 128 + signal.SIGTERM)
            self.assertEqual(os.listdir(folder), [])
            self.assertEqual([pid for pid in children if os.path.exists(f"/proc/{pid}")], [])

    def test_readers_that_are_slow_or_go_away(self):
        with subprocess.Popen([VM, self.kernel, "--no-iopath", "--", "sh", "-c", "seq 400000; cat /proc/uptime >&2"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            time.sleep(15)
            self.assertEqual(running.stdout.read(), b"".join(b"%d\n" % i for i in range(1, 400001)))
            self.assertLess(float(running.stderr.read().split()[0]), 12)
        with subprocess.Popen([VM, self.kernel, "--no-iopath", "--", "yes"], stdout=subprocess.PIPE) as running:
            self.assertEqual(running.stdout.readline(), b"y\n")
            running.stdout.close()
            self.assertEqual(running.wait(30), 128 + signal.SIGPIPE)

    def test_two_at_once(self):
        words = [VM, self.kernel, "--no-iopath", "--", "sh", "-c", "echo $$ >/root/mine; cat /root/mine >/dev/null; echo ok"]
        running = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(2)]
        self.assertEqual([process.communicate()[0] for process in running], [b"ok\n", b"ok\n"])

    def test_two_with_a_link_and_a_disk_in_common(self):
        """Each writes a block of its own for the other to find, and hears that the other has done so."""
        program = """set -e
            ip -4 -br address show eth0 | awk '{ print $3 }'
            echo from $1 | dd of=/dev/iopath/disk1 bs=512 seek=$1 conv=sync oflag=direct status=none
            python3 - $1 <<'END'
import socket, sys, time
mine, other = int(sys.argv[1]), 3 - int(sys.argv[1])
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end.bind(("10.35.0.%d" % mine, 7000))
end.settimeout(1)
heard = told = 0
while not (heard and told > 2):
    end.sendto(b"done", ("10.35.0.%d" % other, 7000))
    told += heard
    try:
        heard |= end.recv(10) == b"done"
    except (TimeoutError, ConnectionRefusedError):
        pass
END
            dd if=/dev/iopath/disk1 bs=512 skip=$((3 - $1)) count=1 iflag=direct status=none | tr -d '\\0'
            blockdev --getsize64 /dev/iopath/disk0 /dev/iopath/disk1"""
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            shared = os.path.join(folder, "shared")
            with open(shared, "wb") as file:
                file.truncate(3 << 20)
            running = [subprocess.Popen([VM, self.kernel, "--no-iopath", "--disk", "virtio:1M", "--share", shared, "--link", f"{folder}:{number}",
                                         "--", "sh", "-c", program, "sh", str(number)], stdout=subprocess.PIPE) for number in (1, 2)]
            for number, process in zip((1, 2), running):
                self.assertEqual(process.communicate(timeout=300)[0].decode().splitlines(),
                                 [f"10.35.0.{number}/24", f"from {3 - number}", str(1 << 20), str(3 << 20)])
            with open(shared, "rb") as file:
                self.assertEqual(file.read(1536), bytes(512) + b"from 1\n".ljust(512, b"\0") + b"from 2\n".ljust(512, b"\0"))

    def test_iopath(self):
        if not os.path.exists(os.path.join(ROOT, "build", "dev", "iopath")) or "/" in self.kernel:
            self.skipTest("no iopath for this guest is built")
        if self.kernel == "5.10":
            self.skipTest("what iopath does there is for its own tests to say")
        done = vm(self.kernel, "--", "iopath", "doctor")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"probes lit", done.stdout)


def load_tests(_loader, _standard, _pattern):
    suite = unittest.TestSuite()
    for kernel in KERNELS:
        kind = type(f"Lab {kernel}", (Lab,), {"kernel": kernel})
        suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(kind))
    return suite


if __name__ == "__main__":
    chosen = []
    while "--kernel" in sys.argv:
        at = sys.argv.index("--kernel")
        chosen.append(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    KERNELS = chosen or KERNELS
    unittest.main(verbosity=2)
