/* SPDX-License-Identifier: MIT */
/*
 * How many CPUs a process may use, with cgroup files made up for it: both versions, quotas of the
 * group and of groups around it, containers that see another path than the host, and nonsense.
 */
#include "core/system.h"

#include <stdint.h>
#include <string.h>

#include "tests/suite.h"

enum { MAX_FILES = 6 };

typedef struct {
    const char *path, *text;
} fake_file;

typedef struct {
    const char *what;
    fake_file files[MAX_FILES];
    size_t affinity, cpus;
} fake_machine;

static const fake_machine *machine;

static int read_fake(const char *path, char *buffer, size_t capacity) {
    for (const fake_file *file = machine->files; file->path != NULL; file++)
        if (strcmp(file->path, path) == 0) {
            size_t n = strlen(file->text);
            n = n < capacity - 1 ? n : capacity - 1;
            memcpy(buffer, file->text, n);
            buffer[n] = '\0';
            return n > 0;
        }
    return 0;
}

static size_t affinity_of_fake(void) {
    return machine->affinity;
}

static const fake_machine machines[] = {
    {"no cgroup", {{NULL, NULL}}, 8, 8},
    {"nothing is known", {{NULL, NULL}}, 0, 1},
    {"2: a quota",
     {{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "200000 100000\n"}},
     8,
     2},
    {"2: part of a CPU counts as one",
     {{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "150000 100000\n"}},
     8,
     2},
    {"2: less than one",
     {{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "5000 100000\n"}},
     8,
     1},
    {"2: no quota",
     {{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "max 100000\n"}},
     8,
     8},
    {"2: affinity is less",
     {{"/proc/self/cgroup", "0::/app\n"}, {"/sys/fs/cgroup/app/cpu.max", "600000 100000\n"}},
     3,
     3},
    {"2: a quota further out",
     {{"/proc/self/cgroup", "0::/a.slice/b/c\n"},
      {"/sys/fs/cgroup/a.slice/b/c/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/a.slice/b/cpu.max", "700000 100000\n"},
      {"/sys/fs/cgroup/a.slice/cpu.max", "300000 100000\n"}},
     8,
     3},
    {"2: a container's root",
     {{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}},
     8,
     4},
    {"2: only a quota is known",
     {{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "400000 100000\n"}},
     0,
     4},
    {"1: a quota",
     {{"/proc/self/cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/app\n0::/\n"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "250000\n"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n"}},
     8,
     3},
    {"1: no quota",
     {{"/proc/self/cgroup", "1:cpu:/app\n"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n"}},
     8,
     8},
    {"1: the host's path in a container",
     {{"/proc/self/cgroup", "3:cpuacct,cpu:/docker/0123456789abcdef\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     8,
     2},
    {"1: another controller's name",
     {{"/proc/self/cgroup", "3:cpuacct:/app\n2:cpuset:/app"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "100000\n"},
      {"/sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n"}},
     8,
     8},
    {"nonsense",
     {{"/proc/self/cgroup", "hello\n::\n:\n\n0::\n7:cpu\n"},
      {"/sys/fs/cgroup/cpu.max", "99999999999999999999 0\n"}},
     8,
     8},
    {"a period of 0",
     {{"/proc/self/cgroup", "0::/\n"}, {"/sys/fs/cgroup/cpu.max", "100000 0\n"}},
     8,
     8},
};

START_TEST(cpus_are_counted) {
    evex_system fake = evex_system_default;
    fake.read_text = read_fake;
    fake.affinity_cpus = affinity_of_fake;
    evex_system_replace(&fake);
    for (size_t k = 0; k < sizeof machines / sizeof *machines; k++) {
        machine = &machines[k];
        const size_t cpus = evex_system_default.usable_cpus();
        ck_assert_msg(cpus == machine->cpus, "%s: %zu", machine->what, cpus);
    }
    evex_system_replace(NULL);
}
END_TEST

/* A path that is longer than there is room for is cut to the root's group, not overrun. */
START_TEST(long_paths_are_survived) {
    static char text[8000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "0::/", 4);
    const fake_machine deep = {
        "deep", {{"/proc/self/cgroup", text}, {"/sys/fs/cgroup/cpu.max", "100000 100000\n"}}, 8, 1};
    evex_system fake = evex_system_default;
    fake.read_text = read_fake;
    fake.affinity_cpus = affinity_of_fake;
    machine = &deep;
    evex_system_replace(&fake);
    for (size_t n = 400; n < 600; n++) {
        text[n] = '\0';
        ck_assert_uint_eq(evex_system_default.usable_cpus(), 1);
        text[n] = 'x';
    }
    ck_assert_uint_eq(evex_system_default.usable_cpus(), 1);
    evex_system_replace(NULL);
}
END_TEST

START_TEST(this_machine_has_some) {
    char text[16];
    ck_assert_uint_ge(evex_system_default.usable_cpus(), 1);
    ck_assert(!evex_system_default.read_text("/no such file", text, sizeof text));
    ck_assert_uint_gt(evex_system_default.now_ns(), 0);
    evex_system_default.yield();
}
END_TEST

START_TEST(pages_are_fresh_and_on_the_border) {
    const size_t n_bytes = (size_t)2 * EVEX_HUGE_PAGE;
    char *pages = evex_system_default.map_pages(n_bytes);
    ck_assert_ptr_nonnull(pages);
    ck_assert_uint_eq((uintptr_t)pages % EVEX_HUGE_PAGE, 0);
    for (size_t i = 0; i < n_bytes; i += 1000)
        ck_assert_int_eq(pages[i], 0);
    memset(pages, 1, n_bytes);
    evex_system_default.unmap_pages(pages, n_bytes);
    ck_assert_ptr_null(evex_system_default.map_pages(SIZE_MAX / EVEX_HUGE_PAGE * EVEX_HUGE_PAGE));
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, cpus_are_counted);
    tcase_add_test(tests, long_paths_are_survived);
    tcase_add_test(tests, this_machine_has_some);
    tcase_add_test(tests, pages_are_fresh_and_on_the_border);
}

int main(void) {
    return run_suite("system", add_tests);
}
