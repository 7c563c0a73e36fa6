// SPDX-License-Identifier: GPL-2.0-only
/* Layer irq: hard interrupts, local timer and inter-processor interrupts, and
 * softirqs. Handlers only add to counters of their CPU, never to a ledger. */
#include "compat.bpf.h"
#include "latency.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int hardirq_begins(enum hardirq_kind kind)
{
	struct cpu_state *cpu = this_cpu();

	if (!cpu)
		return 0;
	cpu->hard_kind = kind;
	cpu->hard_start = bpf_ktime_get_ns();
	return 0;
}

VERIFIED_ONCE int count_irq(u32 irq, u64 ns)
{
	struct iopath_irq_key key = {.irq = irq, .cpu = bpf_get_smp_processor_id()};

	add_latency(&irqs, &key, ns);
	return 0;
}

/* An interrupt inside a softirq takes its time from the softirq's. */
static __always_inline int hardirq_ends(u32 irq)
{
	struct cpu_state *cpu = this_cpu();
	u64 ns;

	if (!cpu || !cpu->hard_kind)
		return 0;
	cpu->hard_kind = NO_HARDIRQ;
	cpu->request[IN_HARDIRQ].completed = 0;
	if (cpu->packet_context == 1 + IN_HARDIRQ)
		cpu->packet_context = 0;
	ns = bpf_ktime_get_ns() - cpu->hard_start;
	cpu->hard_ns += ns;
	if (cpu->soft_vector)
		cpu->soft_start += ns;
	count_irq(irq, ns);
	return 0;
}

static __always_inline int on_softirq_raise(u32 vector)
{
	struct cpu_state *cpu = this_cpu();

	if (cpu && vector < IOPATH_SOFTIRQS && !cpu->raised[vector])
		cpu->raised[vector] = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int on_softirq_entry(u32 vector)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_softirq *counts = bpf_map_lookup_elem(&softirqs, &vector);
	u64 now = bpf_ktime_get_ns(), delay;

	if (!cpu || !counts || vector >= IOPATH_SOFTIRQS)
		return 0;
	cpu->soft_vector = 1 + vector;
	cpu->soft_start = now;
	cpu->softirq_arrival = cpu->raised[vector];
	if (!cpu->softirq_arrival)
		return 0;
	cpu->raised[vector] = 0;
	delay = now - cpu->softirq_arrival;
	counts->delay_ns += delay;
	if (delay > counts->delay_max_ns)
		counts->delay_max_ns = delay;
	counts->delay[bucket_of(delay) & (IOPATH_BUCKETS - 1)]++;
	return 0;
}

static __always_inline int on_softirq_exit(u32 vector)
{
	struct cpu_state *cpu = this_cpu();
	struct iopath_softirq *counts = bpf_map_lookup_elem(&softirqs, &vector);
	u64 ns;

	if (!cpu || !counts || !cpu->soft_vector)
		return 0;
	cpu->soft_vector = 0;
	cpu->request[IN_SOFTIRQ].completed = 0;
	cpu->packet_context = 0;
	cpu->packet_loopback = 0;
	ns = bpf_ktime_get_ns() - cpu->soft_start;
	cpu->soft_ns += ns;
	counts->ns += ns;
	if (ns > counts->max_ns)
		counts->max_ns = ns;
	counts->buckets[bucket_of(ns) & (IOPATH_BUCKETS - 1)]++;
	return 0;
}

struct irqaction {
	const char *name;
} __attribute__((preserve_access_index));

#if defined(__TARGET_ARCH_arm64)
/* The timer and inter-processor interrupts come as interrupts with numbers, told by these
 * names (drivers/clocksource/arm_arch_timer.c, arch/arm64/kernel/smp.c). Their numbers are
 * taken early at boot and kept, so each is asked once. */
#define EARLY_IRQS 256
#define NAME(a, b, c, d, e, f, g, h)                                                               \
	((u64)(a) | (u64)(b) << 8 | (u64)(c) << 16 | (u64)(d) << 24 | (u64)(e) << 32 |             \
	 (u64)(f) << 40 | (u64)(g) << 48 | (u64)(h) << 56)
static volatile u8 irq_kinds[EARLY_IRQS];

static __always_inline enum hardirq_kind kind_of_name(const char *name)
{
	u64 begins = 0;

	if (!name || bpf_probe_read_kernel(&begins, sizeof(begins), name))
		return HARDIRQ_DEVICE;
	if (begins == NAME('a', 'r', 'c', 'h', '_', 't', 'i', 'm'))
		return HARDIRQ_TIMER;
	if ((u32)begins == NAME('I', 'P', 'I', 0, 0, 0, 0, 0))
		return HARDIRQ_OTHER;
	return HARDIRQ_DEVICE;
}

static __always_inline enum hardirq_kind kind_of_irq(u32 irq, struct irqaction *action)
{
	u32 kind;

	if (irq >= EARLY_IRQS)
		return HARDIRQ_DEVICE;
	asm volatile("" : "+r"(irq)); /* keep the mask, which the verifier understands */
	irq &= EARLY_IRQS - 1;
	kind = irq_kinds[irq];
	if (!kind) {
		kind = kind_of_name(READ_FIELD(action, irqaction, name));
		irq_kinds[irq] = kind;
	}
	return kind;
}
#else
#define kind_of_irq(irq, action) HARDIRQ_DEVICE
#endif

/* No argument needs to be typed: raw_tp costs the same as tp_btf at run time,
 * and neither libbpf nor the kernel has to search BTF for it at the start. */
SEC("?raw_tp/irq_handler_entry")
int BPF_PROG(irq_entry__raw_tp, int irq, struct irqaction *action)
{
	return hardirq_begins(kind_of_irq(irq, action));
}

SEC("?raw_tp/irq_handler_exit")
int BPF_PROG(irq_exit__raw_tp, int irq)
{
	return hardirq_ends(irq);
}

#define VECTOR(event, kind)                                                                        \
	SEC("?raw_tp/" #event "_entry")                                                            \
	int BPF_PROG(event##_entry__raw_tp)                                                        \
	{                                                                                          \
		return hardirq_begins(kind);                                                       \
	}                                                                                          \
	SEC("?raw_tp/" #event "_exit")                                                             \
	int BPF_PROG(event##_exit__raw_tp)                                                         \
	{                                                                                          \
		return hardirq_ends(IOPATH_IRQ_VECTOR | IOPATH_VECTOR_##event);                    \
	}

#if defined(__TARGET_ARCH_x86)
VECTOR(local_timer, HARDIRQ_TIMER)
VECTOR(reschedule, HARDIRQ_OTHER)
VECTOR(call_function, HARDIRQ_OTHER)
VECTOR(call_function_single, HARDIRQ_OTHER)
VECTOR(irq_work, HARDIRQ_OTHER)
#endif

SEC("?raw_tp/softirq_raise")
int BPF_PROG(softirq_raise__raw_tp, unsigned int vector)
{
	return on_softirq_raise(vector);
}

SEC("?raw_tp/softirq_entry")
int BPF_PROG(softirq_entry__raw_tp, unsigned int vector)
{
	return on_softirq_entry(vector);
}

SEC("?raw_tp/softirq_exit")
int BPF_PROG(softirq_exit__raw_tp, unsigned int vector)
{
	return on_softirq_exit(vector);
}
