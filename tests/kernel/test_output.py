# SPDX-License-Identifier: GPL-2.0-only
"""Where the report goes: files, FIFOs, full and forbidden places, readers that leave."""
import json
import os
import stat
import subprocess
import threading

from harness import Case


class Places(Case):
    def test_a_file_is_written_whole_and_replaces_what_it_held(self):
        path = self.fresh("report.json")
        with open(path, "w", encoding="ascii") as file:
            file.write("x" * 5_000_000)
        done = self.run_iopath("diagnose", "--json", "--output", path, "--", "true")
        self.assertEqual((done.status, done.out, done.err), (0, b"", b""))
        self.load(path)
        os.unlink(path)
        self.assertEqual(self.run_iopath("diagnose", "--json", "--output", path, "--", "true").status, 0)
        self.load(path)

    def test_a_fifo_is_written_in_place(self):
        path = self.fresh("fifo")
        os.mkfifo(path)
        got = []
        reader = threading.Thread(target=lambda: got.append(open(path, "rb").read()), daemon=True)
        reader.start()
        done = self.run_iopath("diagnose", "--json", "--output", path, "--", "true", timeout=20)
        reader.join(10)
        self.assertEqual(done.status, 0, done.err)
        self.check(json.loads(got[0]))
        self.assertTrue(stat.S_ISFIFO(os.stat(path).st_mode))

    def test_a_device_is_written_in_place(self):
        done = self.run_iopath("diagnose", "--json", "--output", "/dev/null", "--", "true")
        self.assertEqual(done.status, 0, done.err)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/null").st_mode))

    def test_a_full_device_is_an_error(self):
        done = self.run_iopath("diagnose", "--duration", "0.2", "--output", "/dev/full")
        self.assertEqual(done.status, 1, done.err)
        self.assertRegex(done.err.decode(), "/dev/full.*(No space left|ENOSPC)")
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_a_symbolic_link_is_followed(self):
        target, link = self.fresh("target"), self.fresh("link")
        os.symlink(target, link)
        self.assertEqual(self.run_iopath("diagnose", "--json", "--output", link, "--", "true").status, 0)
        self.assertTrue(os.path.islink(link))
        self.load(target)


class Forbidden(Case):
    """What cannot be written is found out before the workload runs."""

    def refuse(self, path):
        marker = self.fresh("ran")
        done = self.run_iopath("diagnose", "--output", path, "--", "touch", marker)
        self.assertEqual(done.status, 1, done.err)
        self.assertIn(os.path.basename(path).encode(), done.err)
        self.assertFalse(os.path.exists(marker), "the workload was run")

    def test_a_directory_that_is_not_there(self):
        self.refuse("/no/such/directory/report.json")

    def test_a_directory(self):
        self.refuse(self.folder)

    def test_a_file_as_directory(self):
        plain = self.fresh("plain")
        with open(plain, "w", encoding="ascii"):
            pass
        self.refuse(f"{plain}/report.json")

    def test_a_read_only_file_system(self):
        self.refuse(self.loop(fs="ext4", read_only=True).path("report.json"))


class Readers(Case):
    def test_head_ends_it_quietly(self):
        script = f'"{self.iopath}" diagnose --duration 0.2 | head -1; echo "${{PIPESTATUS[0]}}"'
        done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=30, check=False)
        first, status = done.stdout.decode().splitlines()
        self.assertTrue(first)
        self.assertEqual(done.stderr, b"")
        self.assertIn(status, ("0", "141"))  # 141: SIGPIPE's, the shell's own word for it

    def test_a_reader_that_is_gone_is_met_quietly(self):
        for form in ("--json", "--color=never"):
            with self.subTest(form=form):
                reader, writer = os.pipe()
                os.close(reader)
                process = self.spawn([self.iopath, "diagnose", "--duration", "0.2", form], stdout=writer,
                                     stderr=subprocess.PIPE)
                os.close(writer)
                _, err = process.communicate(timeout=20)
                self.assertEqual(err, b"")
                self.assertIn(process.returncode, (0, -13))

    def test_a_reader_of_a_commands_report_that_is_gone_does_not_change_the_status(self):
        reader, writer = os.pipe()
        os.close(reader)
        process = self.spawn([self.iopath, "diagnose", "--", "sh", "-c", "exit 5"], stderr=writer,
                             stdout=subprocess.DEVNULL)
        os.close(writer)
        self.assertEqual(process.wait(20), 5)
