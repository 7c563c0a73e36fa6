// SPDX-License-Identifier: GPL-2.0-only
/* Layer limit: bios in the hands of iocost, iolatency and wbt (rq_qos), which put their
 * threads to sleep before there is a request. An object of its own: a kernel that lets nobody
 * watch functions refuses it, and it alone. */
#include "threads.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* iocost, iolatency and wbt look at the current thread's bio, which may have to wait for
 * them; or are done with it, and what it waits for from here on is a tag. */
static __always_inline int on_limits(bool begins)
{
	u32 pid = TASK(current_task(), pid);
	struct cpu_state *cpu = this_cpu();
	struct ledger *ledger;

	if (!cpu)
		return 0;
	if (begins) {
		cpu->bio_pid = pid | IN_LIMITS;
		return 0;
	}
	if (cpu->bio_pid == (pid | IN_LIMITS)) {
		cpu->bio_pid = pid;
		return 0;
	}
	ledger = find_ledger(current_task());
	if (ledger)
		ledger->armed &= ~ARMED_LIMIT;
	return 0;
}

#define LIMITS(how, section, begins)                                                               \
	SEC("?" section "/__rq_qos_throttle")                                                      \
	int rq_limits__##how(void *ctx)                                                            \
	{                                                                                          \
		return on_limits(begins);                                                          \
	}

LIMITS(fentry, "fentry", true)
LIMITS(fexit, "fexit", false)
LIMITS(kprobe_multi, "kprobe.multi", true)
LIMITS(kretprobe_multi, "kretprobe.multi", false)
LIMITS(kprobe, "kprobe", true)
LIMITS(kretprobe, "kretprobe", false)
