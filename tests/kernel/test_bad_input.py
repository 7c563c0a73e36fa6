# SPDX-License-Identifier: GPL-2.0-only
"""Bad input: each is refused with the right status and a message that names what is wrong."""
import os
import subprocess

from harness import Case

USAGE = 2
FAILED = 1


class Usage(Case):
    def refuse(self, *arguments, names=""):
        done = self.run_iopath(*arguments)
        self.assertEqual(done.status, USAGE, (done.out, done.err))
        self.assertEqual(done.out, b"")
        self.assertTrue(done.err.strip())
        self.assertIn(names, done.err.decode())

    def test_unknown_option(self):
        self.refuse("diagnose", "--frobnicate", names="--frobnicate")
        self.refuse("doctor", "--frobnicate", names="--frobnicate")

    def test_unknown_command(self):
        self.refuse("frobnicate", names="frobnicate")

    def test_no_command(self):
        self.assertEqual(self.run_iopath().status, USAGE)

    def test_a_command_without_its_dashes(self):
        self.refuse("diagnose", "ls", "-l", names="ls")

    def test_empty_command(self):
        self.refuse("diagnose", "--")

    def test_empty_command_word(self):
        done = self.run_iopath("diagnose", "--", "")
        self.assertIn(done.status, (USAGE, 127), done.err)

    def test_duration(self):
        for text in ("0", "-1", "abc", "1x", "", "nan", "inf", "1e400", "99999999999999999999"):
            with self.subTest(duration=text):
                self.refuse("diagnose", f"--duration={text}", names="duration")

    def test_pid(self):
        for text in ("abc", "-5", "0", "1,x", "", "99999999999999999999", "1.5"):
            with self.subTest(pid=text):
                self.refuse("diagnose", "--duration=0.1", "-p", text)

    def test_by(self):
        self.refuse("diagnose", "--by", "frobnicate", names="frobnicate")

    def test_help_and_version(self):
        for arguments in (["--help"], ["diagnose", "--help"], ["doctor", "--help"], ["--version"]):
            with self.subTest(arguments=arguments):
                done = self.run_iopath(*arguments)
                self.assertEqual((done.status, done.err), (0, b""))
                self.assertTrue(done.out)
        text = self.run_iopath("diagnose", "--help").out.decode()
        for word in ("--duration", "--json", "--output", "--by", "--comm", "-p", "-c"):
            self.assertIn(word, text)
        # File page faults are not followed yet, and the help owes that to the reader.
        self.assertRegex(text, "mmap")


class Gone(Case):
    def fail_with(self, pattern, *options):
        done = self.run_iopath("diagnose", "--duration", "0.3", *options)
        self.assertEqual(done.status, FAILED, (done.out, done.err))
        self.assertEqual(done.out, b"")
        self.assertRegex(done.err.decode(), pattern)

    def test_a_pid_that_is_gone(self):
        process = subprocess.Popen(["true"])
        process.wait()
        self.fail_with(rf"\b{process.pid}\b", "-p", process.pid)

    def test_one_of_two_pids_is_gone(self):
        process = subprocess.Popen(["true"])
        process.wait()
        self.fail_with(rf"\b{process.pid}\b", "-p", f"{os.getpid()},{process.pid}")

    def test_a_cgroup_that_is_not_there(self):
        self.fail_with("no-such-cgroup", "-c", "/sys/fs/cgroup/no-such-cgroup")

    def test_a_directory_that_is_no_cgroup(self):
        self.fail_with("cgroup", "-c", self.folder)

    def test_a_cgroup_of_version_1(self):
        with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
            old = [line.split()[4] for line in mounts if " - cgroup " in line]
        if not old:
            self.skipTest("no cgroup of version 1 is mounted")
        self.fail_with("(?i)v1|version 1|cgroup2|v2|version 2", "-c", old[0])

    def test_a_process_that_goes_while_watched_is_no_failure(self):
        process = self.gated("stamp")
        watch = self.watch("-p", process.pid, "--duration", "20").ready()
        self.open_gate(process)
        report = watch.stop()
        self.assertGreater(report.total("count", op="write"), 0)


class Privileges(Case):
    def drop(self, *options, arguments=("diagnose", "--duration", "0.2")):
        # The caller's own directories may be closed to others.
        copy = "/tmp/iopath-test-copy-%d" % os.getpid()
        subprocess.run(["cp", self.iopath, copy], check=True)
        os.chmod(copy, 0o755)
        self.addCleanup(lambda: os.path.exists(copy) and os.unlink(copy))
        return subprocess.run(["setpriv", *options, copy, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=30, cwd="/", check=False)

    def expect_refusal(self, done):
        self.assertEqual(done.returncode, 3, (done.stdout, done.stderr))
        text = done.stderr.decode()
        self.assertRegex(text, "CAP_(BPF|PERFMON|SYS_ADMIN)")
        self.assertRegex(text, "sudo|root|setcap|cap-add")

    def test_as_another_user(self):
        self.expect_refusal(self.drop("--reuid", "65534", "--regid", "65534", "--clear-groups"))

    def test_as_root_without_the_capabilities(self):
        self.expect_refusal(self.drop("--bounding-set=-sys_admin,-bpf,-perfmon"))

    def test_the_command_is_not_run(self):
        marker = self.fresh("ran")
        os.chmod(self.folder, 0o777)
        done = self.drop("--reuid", "65534", "--regid", "65534", "--clear-groups",
                         arguments=("diagnose", "--", "touch", marker))
        self.expect_refusal(done)
        self.assertFalse(os.path.exists(marker))

    def test_doctor_says_what_is_missing(self):
        done = self.drop("--reuid", "65534", "--regid", "65534", "--clear-groups", arguments=("doctor",))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex((done.stdout + done.stderr).decode(), "CAP_(BPF|PERFMON|SYS_ADMIN)")

    def test_with_just_the_capabilities_it_runs(self):
        keep = "+bpf,+perfmon,+sys_admin,+sys_ptrace,+dac_read_search,+sys_resource,+syslog"
        with open("/proc/self/status", encoding="ascii") as file:
            bounding = next(int(line.split()[1], 16) for line in file if line.startswith("CapBnd"))
        if not bounding >> 24 & 1:  # CAP_SYS_RESOURCE is not to be had here
            keep = keep.replace(",+sys_resource", "")
        done = self.drop("--reuid", "65534", "--regid", "65534", "--clear-groups",
                         "--inh-caps=" + keep, "--ambient-caps=" + keep)
        self.assertEqual(done.returncode, 0, done.stderr)


class Kernel(Case):
    def test_without_btf(self):
        if not os.path.exists("/sys/kernel/btf/vmlinux"):
            self.skipTest("this kernel has no BTF at all: every other test shows what happens")
        empty = self.fresh("empty")
        with open(empty, "wb"):
            pass
        # In a mount namespace of its own the kernel's BTF is hidden behind an empty file.
        script = 'mount --bind "$1" /sys/kernel/btf/vmlinux && exec "$0" diagnose --duration 0.2'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, self.iopath, empty],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 3, (done.stdout, done.stderr))
        self.assertIn("BTF", done.stderr.decode())
