# SPDX-License-Identifier: GPL-2.0-only
"""The same workload on file systems that need a kernel with modules, or servers of their own: the same operations and
bytes, under the type and device of each."""
import os
import subprocess
import time

from file_systems import FileSystemCase
from harness import long_only
import hostdev

PORT = 5640


class Guest(FileSystemCase):
    def need_module(self, *names):
        for name in names:
            if subprocess.run(["modprobe", name], capture_output=True, check=False).returncode:
                self.skipTest(f"this kernel has no module {name}")

    def on_device(self, fs, make):
        """A new file system on a loop device; (folder, device)."""
        self.need_module(fs)
        program = hostdev.tool(make[0])
        device = self.loop(mebibytes=320)
        subprocess.run([program, *make[1:], device.node], check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return self.mounted(fs, device.node), device

    def wait_for(self, ready, what):
        for _ in range(100):
            if ready():
                return
            time.sleep(0.1)
        self.fail(what)


class OnDevices(Guest):
    def test_f2fs(self):
        folder, device = self.on_device("f2fs", ["mkfs.f2fs", "-q", "-f"])
        self.assert_exact(folder, "f2fs", device.name)

    @long_only
    def test_ocfs2_local(self):
        try:
            folder, device = self.on_device("ocfs2", ["mkfs.ocfs2", "-q", "-M", "local", "-J", "size=4M"])
        except AssertionError as refused:
            self.skipTest(f"this kernel refuses what mkfs.ocfs2 makes: {refused}")
        self.assert_exact(folder, "ocfs2", device.name)


@long_only
class OnOthers(Guest):
    def test_overlay(self):
        upper, lower = self.loop(fs="ext4"), self.loop(fs="ext4")
        self.assert_exact(self.overlay(lower.mount, upper.mount), "overlay", upper.name)

    def test_fuse(self):
        self.assert_exact(self.served_by_bindfs(self.loop(fs="ext4").mount)[0], "fuse", "")


class OverNetwork(Guest):
    def setUp(self):
        super().setUp()
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    @long_only
    def test_9p(self):
        self.need_module("9p", "9pnet_fd")
        below = self.loop(fs="ext4")
        self.spawn([hostdev.tool("diod"), "-f", "-n", "-U", "root", "-e", below.mount, "-l", f"127.0.0.1:{PORT}"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: f":{PORT:04X}" in open("/proc/net/tcp", encoding="ascii").read(), "diod does not listen")
        folder = self.mounted("9p", "127.0.0.1", f"trans=tcp,port={PORT},aname={below.mount},version=9p2000.L,uname=root,access=user")
        self.assert_exact(folder, "9p", "")

    def serve_nfs(self, folder):
        self.need_module("nfsd", "nfsv4")
        for program in ("rpcbind", "rpc.nfsd", "rpc.mountd", "exportfs"):
            hostdev.tool(program)
        os.makedirs("/var/lib/nfs/v4recovery", exist_ok=True)
        for name in ("etab", "rmtab", "state"):
            open(f"/var/lib/nfs/{name}", "a", encoding="ascii").close()
        open("/etc/exports", "a", encoding="ascii").close()
        if not os.path.ismount("/proc/fs/nfsd"):
            subprocess.run(["mount", "-t", "nfsd", "nfsd", "/proc/fs/nfsd"], check=True)
        # No 90 seconds of grace for clients of a server that has never been.
        for name in ("nfsv4gracetime", "nfsv4leasetime"):
            with open(f"/proc/fs/nfsd/{name}", "w", encoding="ascii") as file:
                file.write("10")
        os.makedirs("/run/rpcbind", exist_ok=True)
        self.spawn([hostdev.tool("rpcbind"), "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.spawn([hostdev.tool("rpc.mountd"), "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([hostdev.tool("exportfs"), "-o", "rw,no_root_squash,insecure,fsid=0,no_subtree_check", f"127.0.0.1:{folder}"],
                       check=True)
        self.addCleanup(subprocess.run, [hostdev.tool("exportfs"), "-ua"], check=False)
        time.sleep(1)  # rpcbind
        subprocess.run([hostdev.tool("rpc.nfsd"), "-N", "3", "2"], check=True)
        self.addCleanup(subprocess.run, [hostdev.tool("rpc.nfsd"), "0"], check=False)
        try:
            with open("/proc/fs/nfsd/v4_end_grace", "w", encoding="ascii") as file:
                file.write("Y")
        except OSError:  # later kernels want a helper for that
            time.sleep(11)

    @long_only
    def test_nfs4_client_and_server(self):
        below = self.loop(fs="ext4")
        self.serve_nfs(below.mount)
        folder = self.mounted("nfs4", "127.0.0.1:/", "clientaddr=127.0.0.1,addr=127.0.0.1,vers=4.2,noac")
        self.assert_exact(folder, "nfs4", "")
        # What the server does is nobody's operation: its threads are the kernel's. The disk below tells.
        watch = self.watch().ready()
        with open(os.path.join(folder, "big"), "wb") as file:
            for _ in range(64):
                file.write(b"z" * 65536)
            file.flush()
            os.fsync(file.fileno())
        report = watch.stop()
        self.assertEqual(report.total("bytes", op="write", fs="nfs4"), 4 << 20)
        self.assertEqual(report.rows(op="write", device=below.name), [])
        written = sum(row["bytes"] for row in report.block(below.name, "write"))
        self.assert_within(written, 4 << 20, 6 << 20)


class Late(Guest):
    def test_a_file_system_whose_module_is_not_there_yet(self):
        """The watch runs already when the module comes, and with it its type."""
        if os.path.exists("/sys/module/f2fs") and subprocess.run(["modprobe", "-r", "f2fs"], capture_output=True,
                                                                 check=False).returncode:
            self.skipTest("f2fs is no module that can be taken away here")
        self.assertFalse(os.path.exists("/sys/module/f2fs"))
        watch = self.watch("--fs", "f2fs").ready()
        folder, device = self.on_device("f2fs", ["mkfs.f2fs", "-q", "-f"])
        for number in range(7):
            with open(os.path.join(folder, str(number)), "wb") as file:
                file.write(b"x" * 100)
        report = watch.stop()
        row = report.row(op="write", fs="f2fs")
        self.assertEqual((row["count"], row["bytes"], row["device"]), (7, 700, device.name))
        self.assert_nothing_lost(report)
