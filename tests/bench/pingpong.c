/* The workloads that scripts/bench times. Each prints one line of numbers.
 *
 *   pingpong WORKLOAD CPU ITERATIONS [FILE]
 *       one thread; ns per system call: median of chunks, best chunk (both on-CPU), median wall
 *       WORKLOAD: pipe, getppid, or with FILE, which is in the page cache: read, write, stat, open
 *   pingpong pair CPU CPU SECONDS
 *       two processes, two pipes; round trips per second, and per second of CPU time
 *   pingpong stamp FILE
 *       some I/O, then CLOCK_MONOTONIC in ns into FILE, and out */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHUNKS = 40, MESSAGE = 64, BLOCK = 4096 };

static void fail(const char* what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pin(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        fail("sched_setaffinity");
    setpriority(PRIO_PROCESS, 0,
                -15); /* a shared machine: keep the neighbours out of the sample where we may */
}

static void exchange(int in, int out, int reading_first)
{
    char message[MESSAGE] = {0};

    if (reading_first && read(in, message, sizeof message) <= 0)
        exit(0);
    if (write(out, message, sizeof message) != sizeof message)
        fail("write");
    if (!reading_first && read(in, message, sizeof message) != sizeof message)
        fail("read");
}

static int ascending(const void* a, const void* b)
{
    double x = *(const double*)a, y = *(const double*)b;

    return (x > y) - (x < y);
}

/* What the calls of one thread work on. */
struct ends {
    const char* path;
    int in;
    int out;
};

static void call_pipe(const struct ends* ends)
{
    exchange(ends->in, ends->out, 0);
}

static void call_getppid(const struct ends* ends)
{
    (void)ends;
    syscall(SYS_getppid);
    syscall(SYS_getppid);
}

static void call_read(const struct ends* ends)
{
    char block[BLOCK];

    if (pread(ends->in, block, sizeof block, 0) != sizeof block ||
        pread(ends->in, block, sizeof block, 0) != sizeof block)
        fail("pread");
}

static void call_write(const struct ends* ends)
{
    static const char block[BLOCK];

    if (pwrite(ends->in, block, sizeof block, 0) != sizeof block ||
        pwrite(ends->in, block, sizeof block, 0) != sizeof block)
        fail("pwrite");
}

static void call_stat(const struct ends* ends)
{
    struct stat found;

    if (stat(ends->path, &found) || stat(ends->path, &found))
        fail(ends->path);
}

static void call_open(const struct ends* ends)
{
    int file = open(ends->path, O_RDONLY | O_CLOEXEC);

    if (file < 0 || close(file))
        fail(ends->path);
}

/* Each makes two system calls. */
static const struct {
    const char* name;
    void (*call_twice)(const struct ends*);
    int of_file;
} workloads[] = {{"pipe", call_pipe, 0},   {"getppid", call_getppid, 0}, {"read", call_read, 1},
                 {"write", call_write, 1}, {"stat", call_stat, 1},       {"open", call_open, 1}};

static struct ends open_ends(const char* path)
{
    struct ends ends = {.path = path};
    int fds[2];

    if (path) {
        ends.in = ends.out = open(path, O_RDWR | O_CLOEXEC);
        if (ends.in < 0)
            fail(path);
        return ends;
    }
    if (pipe(fds))
        fail("pipe");
    ends.in = fds[0];
    ends.out = fds[1];
    return ends;
}

/* Chunks, because the median of chunks forgets the one that an interrupt or a neighbour hit; the
 * thread's own clock, because it does not run while another task has the CPU. */
static void time_calls(void (*call_twice)(const struct ends*), struct ends ends, long iterations)
{
    double cpu[CHUNKS], wall[CHUNKS];
    long per_chunk = iterations / CHUNKS > 0 ? iterations / CHUNKS : 1;

    for (int chunk = -2; chunk < CHUNKS; chunk++) { /* two to warm up */
        uint64_t wall0 = now_ns(CLOCK_MONOTONIC), cpu0 = now_ns(CLOCK_THREAD_CPUTIME_ID);

        for (long i = 0; i < per_chunk; i++)
            call_twice(&ends);
        if (chunk < 0)
            continue;
        cpu[chunk] = (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu0) / (2.0 * (double)per_chunk);
        wall[chunk] = (double)(now_ns(CLOCK_MONOTONIC) - wall0) / (2.0 * (double)per_chunk);
    }
    qsort(cpu, CHUNKS, sizeof *cpu, ascending);
    qsort(wall, CHUNKS, sizeof *wall, ascending);
    printf("%.2f %.2f %.2f\n", cpu[CHUNKS / 2], cpu[0], wall[CHUNKS / 2]);
}

static double used_s(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void time_pair(int cpu_a, int cpu_b, double seconds)
{
    int there[2], back[2];
    uint64_t start, end, trips = 0;
    pid_t child;

    if (pipe(there) || pipe(back))
        fail("pipe");
    child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        pin(cpu_b);
        close(there[1]);
        for (;;)
            exchange(there[0], back[1], 1);
    }
    pin(cpu_a);
    start = now_ns(CLOCK_MONOTONIC);
    end = start + (uint64_t)(seconds * 1e9);
    for (; now_ns(CLOCK_MONOTONIC) < end; trips++)
        exchange(back[0], there[1], 0);
    end = now_ns(CLOCK_MONOTONIC);
    close(there[1]);
    waitpid(child, NULL, 0);
    printf("%.1f %.1f\n", (double)trips * 1e9 / (double)(end - start),
           (double)trips / (used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN)));
}

static void stamp(const char* path)
{
    char text[32];
    int fds[2], file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (file < 0 || pipe(fds))
        fail(path);
    for (int i = 0; i < 20000; i++)
        exchange(fds[0], fds[1], 0);
    snprintf(text, sizeof text, "%llu\n", (unsigned long long)now_ns(CLOCK_MONOTONIC));
    if (write(file, text, strlen(text)) < 0)
        fail(path);
    _exit(0);
}

/* 0 where there is no such workload with that many words. */
static int time_workload(int argc, char** argv)
{
    for (size_t i = 0; argc >= 4 && i < sizeof workloads / sizeof *workloads; i++) {
        if (strcmp(argv[1], workloads[i].name) || argc != 4 + workloads[i].of_file)
            continue;
        pin(atoi(argv[2]));
        time_calls(workloads[i].call_twice, open_ends(argc == 5 ? argv[4] : NULL), atol(argv[3]));
        return 1;
    }
    return 0;
}

int main(int argc, char** argv)
{
    if (argc == 5 && !strcmp(argv[1], "pair")) {
        time_pair(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
    } else if (argc == 3 && !strcmp(argv[1], "stamp")) {
        stamp(argv[2]);
    } else if (!time_workload(argc, argv)) {
        fprintf(stderr, "usage: pingpong pipe|getppid CPU ITERATIONS | "
                        "read|write|stat|open CPU ITERATIONS FILE | pair CPU CPU SECONDS | "
                        "stamp FILE\n");
        return 2;
    }
    return 0;
}
