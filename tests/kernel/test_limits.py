# SPDX-License-Identifier: GPL-2.0-only
"""Limits of cgroups: what they hold back is stage throttle, of those alone who are limited."""
import os

from harness import Case
import hostdev


class RateLimits(Case):
    READS = 150

    def test_a_limited_reader_waits_for_its_limit(self):
        device = self.loop()
        group = hostdev.LimitedCgroup(device.name, 100)
        self.addCleanup(group.close)
        inside = self.gated("direct-reads", device.node, self.READS, 4096, preexec_fn=group.join)
        outside = self.gated("direct-reads", device.node, self.READS, 4096)
        watch = self.watch("--by", "process", "-p", f"{inside.pid},{outside.pid}").ready()
        self.open_gate(inside, outside)
        report = watch.stop()
        limited, free = (report.row(op="read", target="blockdev", pid=one.pid) for one in (inside, outside))
        self.assertEqual((limited["count"], limited["bytes"]), (self.READS, self.READS * 4096))
        self.assertEqual((free["count"], free["bytes"]), (self.READS, self.READS * 4096))
        self.assertGreater(report.share("throttle", op="read", target="blockdev", pid=inside.pid), 0.9)
        self.assertEqual(report.stage("throttle", pid=outside.pid), 0)
        self.assert_nothing_lost(report)
        self.check_finding(report["findings"][0], device, group)

    def check_finding(self, finding, device, group):
        name = "/" + os.path.basename(group.path)
        self.assertEqual((finding["id"], finding["layer"], finding["severity"]), ("io-throttled", "block", "critical"))
        self.assertEqual((finding["subject"]["device"], finding["subject"]["cgroup"], finding["subject"]["limit"]),
                         (device.name, name, "riops=100"))
        self.assertIn(f"the limit riops=100 of cgroup {name} on {device.name} holds requests back", finding["summary"])
        self.assertIn(os.path.join(group.path, group.file), finding["advice"][0])

    def test_a_limit_that_is_not_reached_holds_nobody_back(self):
        device = self.loop()
        group = hostdev.LimitedCgroup(device.name, 1000000)
        self.addCleanup(group.close)
        inside = self.gated("direct-reads", device.node, self.READS, 4096, preexec_fn=group.join)
        watch = self.watch("-p", inside.pid).ready()
        self.open_gate(inside)
        report = watch.stop()
        self.assertEqual(report.row(op="read", target="blockdev")["count"], self.READS)
        self.assertEqual(report.stage("throttle"), 0)
        self.assertNotIn("io-throttled", report.finding_ids())
