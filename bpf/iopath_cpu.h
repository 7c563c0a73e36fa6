/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts, softirqs and the scheduler; part of iopath.h. */
#ifndef IOPATH_CPU_H
#define IOPATH_CPU_H

/* Interrupts that have no irq number, as lines of /proc/interrupts. */
#define IOPATH_VECTORS(X)                                                                          \
	X(local_timer, "LOC", "Local timer interrupts")                                            \
	X(reschedule, "RES", "Rescheduling interrupts")                                            \
	X(call_function, "CAL", "Function call interrupts")                                        \
	X(call_function_single, "CAL", "Function call interrupts (single)")                        \
	X(irq_work, "IWI", "IRQ work interrupts")
#define IOPATH_VECTOR_ID(id, irq, name) IOPATH_VECTOR_##id,
enum iopath_vector { IOPATH_VECTORS(IOPATH_VECTOR_ID) IOPATH_VECTOR_COUNT };
#define IOPATH_IRQ_VECTOR 0x80000000u

struct iopath_irq_key {
	iop_u32 irq; /* number, or IOPATH_IRQ_VECTOR | enum iopath_vector */
	iop_u32 cpu;
};

#define IOPATH_SOFTIRQS 10

struct iopath_softirq {
	iop_u64 ns;
	iop_u64 max_ns;
	iop_u64 delay_ns;
	iop_u64 delay_max_ns;
	iop_u64 buckets[IOPATH_BUCKETS];
	iop_u64 delay[IOPATH_BUCKETS];
};

struct iopath_sched {
	iop_u64 voluntary;
	iop_u64 involuntary;
	iop_u64 migrations;
	iop_u64 runqueue_ns;
	iop_u64 runqueue_max_ns;
	iop_u64 runqueue[IOPATH_BUCKETS];
};

#endif
