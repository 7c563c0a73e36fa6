// SPDX-License-Identifier: GPL-2.0-only
/* Layer socket: which packet is being delivered when a reader is woken. */
#include "compat.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int on_receive(struct sk_buff *skb)
{
	struct cpu_state *cpu = this_cpu();
	void *device = READ_FIELD(skb, sk_buff, dev);

	if (!cpu)
		return 0;
	cpu->packet_context = 1 + current_context(cpu);
	cpu->packet_pid = (u32)bpf_get_current_pid_tgid();
	cpu->packet_loopback = READ_FIELD(device, net_device, flags) & IFF_LOOPBACK;
	return 0;
}

static __always_inline int on_poll_end(void)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu)
		cpu->packet_context = 0;
	return 0;
}

TRACE(netif_receive_skb, packet_receive, struct sk_buff *skb)
{
	return on_receive(skb);
}

SEC("?raw_tp/napi_poll")
int BPF_PROG(napi_poll__raw_tp)
{
	return on_poll_end();
}
