/* SPDX-License-Identifier: MIT */
/*
 * Running the hand-written loops: see floors.h.
 */
#include "bench/floors.h"

#include <pthread.h>
#include <string.h>

#include "include/evex.h"

const floor_info *floor_all(void) {
#if defined(__x86_64__)
    if (strcmp(evex_isa(), "avx512") == 0)
        return floor_loops_avx512;
    if (strcmp(evex_isa(), "avx2") == 0)
        return floor_loops_avx2;
#endif
    return floor_loops_base;
}

const floor_info *floor_find(const char *name) {
    for (const floor_info *loop = floor_all(); loop->name != NULL; loop++)
        if (strcmp(loop->name, name) == 0)
            return loop;
    return NULL;
}

double floor_bytes(const floor_info *loop) {
    size_t bytes = loop->result_bytes;
    for (size_t k = 0; k < FLOOR_MAX_SOURCES; k++)
        bytes += loop->source_bytes[k];
    return (double)bytes;
}

typedef struct {
    const floor_info *loop;
    const void *sources[FLOOR_MAX_SOURCES];
    void *result;
    size_t n;
} part;

static void *run_part(void *argument) {
    const part *p = argument;
    p->loop->loop(p->sources, p->result, p->n);
    return NULL;
}

static part make_part(const floor_info *loop, const void *const *sources, void *result,
                      size_t begin, size_t end, size_t thread) {
    part p = {.loop = loop, .n = end - begin};
    for (size_t k = 0; k < FLOOR_MAX_SOURCES && loop->source_bytes[k] > 0; k++)
        p.sources[k] = (const char *)sources[k] + begin * loop->source_bytes[k];
    const size_t offset =
        loop->result_bytes > 0 ? begin * loop->result_bytes : thread * FLOOR_ALIGNMENT;
    p.result = (char *)result + offset;
    return p;
}

void floor_run(const floor_info *loop, const void *const *sources, void *result, size_t n,
               size_t n_threads) {
    pthread_t threads[FLOOR_MAX_THREADS];
    part parts[FLOOR_MAX_THREADS];
    int has_thread[FLOOR_MAX_THREADS];
    const size_t share = n / n_threads / FLOOR_GRAIN * FLOOR_GRAIN;
    for (size_t t = 0; t < n_threads; t++)
        parts[t] = make_part(loop, sources, result, t * share,
                             t + 1 == n_threads ? n : (t + 1) * share, t);
    for (size_t t = 1; t < n_threads; t++)
        has_thread[t] = pthread_create(&threads[t], NULL, run_part, &parts[t]) == 0;
    run_part(&parts[0]);
    for (size_t t = 1; t < n_threads; t++) {
        if (has_thread[t])
            pthread_join(threads[t], NULL);
        else
            run_part(&parts[t]);
    }
}
