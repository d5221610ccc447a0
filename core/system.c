/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the library; see system.h. Linux first: affinity by sched_getaffinity, the
 * CPU quota from the cgroups that the process is in (version 2 or 1) and those around them.
 */
#include "core/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* A worker must never run a handler of the host: signals stay with the host's own threads. */
static int create_with_signals_blocked(pthread_t *thread, void *(*run)(void *), void *argument) {
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return EAGAIN;
    const int failure = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static int join(pthread_t thread) {
    return pthread_join(thread, NULL);
}

static void yield(void) {
    sched_yield();
}

/* ---- CPUs ----------------------------------------------------------------------------------- */

static size_t affinity_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 0;
}

static int read_text(const char *path, char *buffer, size_t capacity) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    const ssize_t n = read(file, buffer, capacity - 1);
    close(file);
    buffer[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* A decimal number at *p, which moves behind it and the blanks that follow; -1 when there is none.
 */
static long long take_number(const char **p) {
    long long value = -1;
    for (; **p >= '0' && **p <= '9'; ++*p) {
        if (value > 100000000000000)
            return -1;
        value = (value < 0 ? 0 : value) * 10 + (**p - '0');
    }
    while (**p == ' ' || **p == '\n')
        ++*p;
    return value;
}

/* Part of a CPU counts as one: two threads that are stopped now and then do more than one. */
static size_t quota_cpus(long long quota, long long period) {
    if (quota <= 0 || period <= 0)
        return SIZE_MAX;
    return (size_t)((quota + period - 1) / period);
}

enum { MAX_PATH = 512, MAX_NUMBERS = 64, MAX_CGROUPS = 8192 };

/* Reads the file `name` of the group at path, which has room for it; path is left as it was. */
static int read_in(char *path, const char *name, char text[MAX_NUMBERS]) {
    char *end = path + strlen(path);
    if ((size_t)(end - path) + strlen(name) >= MAX_PATH)
        return 0;
    strcpy(end, name);
    const int is_read = evex_system_in_use()->read_text(path, text, MAX_NUMBERS);
    *end = '\0';
    return is_read;
}

/* Version 2: "quota period", or "max period" for none. */
static size_t group_quota_2(char *path) {
    char text[MAX_NUMBERS];
    const char *p = text;
    if (!read_in(path, "/cpu.max", text))
        return SIZE_MAX;
    const long long quota = take_number(&p);
    return quota_cpus(quota, take_number(&p));
}

/* Version 1: a file each; -1 for none. */
static size_t group_quota_1(char *path) {
    char quota[MAX_NUMBERS], period[MAX_NUMBERS];
    const char *q = quota, *p = period;
    if (!read_in(path, "/cpu.cfs_quota_us", quota) || !read_in(path, "/cpu.cfs_period_us", period))
        return SIZE_MAX;
    return quota_cpus(take_number(&q), take_number(&p));
}

/*
 * The least quota of a group and those around it. In a container the group may be named as the host
 * sees it, where no file is: then only the root, which is the container's own group, answers.
 */
static size_t least_quota(const char *root, const char *group, size_t n_group,
                          size_t (*quota_of)(char *)) {
    char path[MAX_PATH];
    const size_t n_root = strlen(root);
    if (n_root + n_group >= MAX_PATH)
        n_group = 0;
    memcpy(path, root, n_root);
    memcpy(path + n_root, group, n_group);
    size_t least = SIZE_MAX;
    for (size_t n = n_root + n_group;; n--) {
        if (n == n_root || path[n] == '/' || n == n_root + n_group) {
            path[n] = '\0';
            const size_t quota = quota_of(path);
            least = quota < least ? quota : least;
        }
        if (n == n_root)
            return least;
    }
}

/* Whether a list like "cpu,cpuacct" of n bytes has the controller of CPU time. */
static int has_cpu(const char *list, size_t n) {
    for (size_t i = 0; i + 3 <= n; i++)
        if ((i == 0 || list[i - 1] == ',') && memcmp(list + i, "cpu", 3) == 0 &&
            (i + 3 == n || list[i + 3] == ','))
            return 1;
    return 0;
}

/* A line of /proc/self/cgroup, "number:controllers:group"; version 2 has no controllers. */
static size_t line_quota(const char *line, size_t n) {
    const char *list = memchr(line, ':', n);
    const char *group = list != NULL ? memchr(list + 1, ':', n - (size_t)(list + 1 - line)) : NULL;
    if (group == NULL)
        return SIZE_MAX;
    const size_t n_group = n - (size_t)(group + 1 - line);
    if (group == list + 1)
        return least_quota("/sys/fs/cgroup", group + 1, n_group, group_quota_2);
    return has_cpu(list + 1, (size_t)(group - list - 1))
               ? least_quota("/sys/fs/cgroup/cpu", group + 1, n_group, group_quota_1)
               : SIZE_MAX;
}

/* How many CPUs the cgroups' quotas allow; SIZE_MAX: no quota. */
static size_t cgroup_cpus(void) {
    char text[MAX_CGROUPS];
    if (!evex_system_in_use()->read_text("/proc/self/cgroup", text, sizeof text))
        return SIZE_MAX;
    size_t least = SIZE_MAX;
    for (const char *line = text; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        const size_t quota = line_quota(line, n);
        least = quota < least ? quota : least;
        line += n + (line[n] == '\n');
    }
    return least;
}

static size_t usable_cpus(void) {
    const size_t affinity = evex_system_in_use()->affinity_cpus(), quota = cgroup_cpus();
    const size_t cpus = affinity == 0 || quota < affinity ? quota : affinity;
    return cpus == SIZE_MAX ? 1 : cpus;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- Pages ---------------------------------------------------------------------------------- */

/* Maps a page more than asked for and gives back what lies outside the border. */
static void *map_pages(size_t n_bytes) {
    if (n_bytes > SIZE_MAX - EVEX_HUGE_PAGE)
        return NULL;
    char *mapped = mmap(NULL, n_bytes + EVEX_HUGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    const size_t before = -(uintptr_t)mapped & (EVEX_HUGE_PAGE - 1);
    if (before > 0)
        munmap(mapped, before);
    munmap(mapped + before + n_bytes, EVEX_HUGE_PAGE - before);
#if defined(MADV_HUGEPAGE)
    madvise(mapped + before, n_bytes, MADV_HUGEPAGE);
#endif
    return mapped + before;
}

static void unmap_pages(void *pages, size_t n_bytes) {
    munmap(pages, n_bytes);
}

/* ---- The table in use ----------------------------------------------------------------------- */

const evex_system evex_system_default = {
    .thread_create = create_with_signals_blocked,
    .thread_join = join,
    .yield = yield,
    .affinity_cpus = affinity_cpus,
    .read_text = read_text,
    .usable_cpus = usable_cpus,
    .now_ns = now_ns,
    .map_pages = map_pages,
    .unmap_pages = unmap_pages,
};

static const evex_system *_Atomic in_use = &evex_system_default;

const evex_system *evex_system_in_use(void) {
    return atomic_load_explicit(&in_use, memory_order_acquire);
}

void evex_system_replace(const evex_system *table) {
    atomic_store_explicit(&in_use, table != NULL ? table : &evex_system_default,
                          memory_order_release);
}
