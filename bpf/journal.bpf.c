// SPDX-License-Identifier: GPL-2.0-only
/* Layer journal: commits, which everybody who syncs waits for. The events are those of a
 * module: raw tracepoints, which need no types of it, and numbers only. */
#include "latency.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("?raw_tp/jbd2_start_commit")
int commit_begin__raw_tp(void *ctx)
{
	u32 thread = (u32)bpf_get_current_pid_tgid();
	u64 now = bpf_ktime_get_ns();

	if (bpf_map_update_elem(&commit_starts, &thread, &now, BPF_ANY))
		count_loss(IOPATH_LOSS_detail_full);
	return 0;
}

/* The last event of a commit that says the device; those who wait are woken right after. */
SEC("?raw_tp/jbd2_run_stats")
int commit_end__raw_tp(u64 *ctx)
{
	u32 thread = (u32)bpf_get_current_pid_tgid();
	u64 *stored = bpf_map_lookup_elem(&commit_starts, &thread), start, now;
	struct iopath_commits_key key = {.dev = (u32)ctx[0]};

	if (!stored) /* begun before we attached */
		return 0;
	start = *stored;
	bpf_map_delete_elem(&commit_starts, &thread);
	now = bpf_ktime_get_ns();
	if (now > start)
		add_latency(&commits, &key, now - start);
	return 0;
}
