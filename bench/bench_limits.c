/* SPDX-License-Identifier: MIT */
/*
 * What the machine's memory gives: reading, copying, a triad with ordinary and with streaming
 * stores, and the fused loops that bench_expr holds evex against, on one thread and on two. All
 * loops take turns.
 *
 *     bench_limits [million elements] [--json FILE]
 */
#include <stdlib.h>

#include "bench/corpus.h"
#include "bench/floors.h"
#include "bench/measure.h"
#include "bench/report.h"

enum { ROUNDS = 9, MAX_LOOPS = 32, N_THREADS = 2 };

typedef struct {
    const floor_info *loop;
    corpus_memory *memory;
    size_t n, n_threads;
} turn;

static void run_turn(void *context) {
    const turn *t = context;
    void *const *blocks = t->memory->blocks;
    floor_run(t->loop, (const void *const *)blocks, blocks[CORPUS_MAX_OPERANDS], t->n,
              t->n_threads);
}

int main(int argc, char **argv) {
    static bench_contestant contestants[MAX_LOOPS * N_THREADS];
    static turn turns[MAX_LOOPS * N_THREADS];
    static const char *const columns[] = {"loop", "ms, 1 thr.", "GB/s, 1", "ms, 2 thr.", "GB/s, 2"};
    const double millions = argc > 1 && argv[1][0] != '-' ? strtod(argv[1], NULL) : 20;
    const size_t n = (size_t)(millions * 1e6) / FLOOR_GRAIN * FLOOR_GRAIN;
    bench_report report = bench_report_open("bench_limits", argc, argv);
    corpus_memory memory = corpus_memory_create(n);
    const floor_info *loops = floor_all();
    size_t n_turns = 0;
    for (size_t i = 0; loops[i].name != NULL; i++)
        for (size_t threads = 1; threads <= N_THREADS; threads++, n_turns++) {
            turns[n_turns] = (turn){&loops[i], &memory, n, threads};
            contestants[n_turns] = (bench_contestant){.run = run_turn, .context = &turns[n_turns]};
        }
    bench_take_turns(contestants, n_turns, ROUNDS, 0);
    bench_table(&report, "the machine's floor", columns, 5);
    for (size_t i = 0; i < n_turns; i++) {
        if (i % N_THREADS == 0)
            bench_text(&report, turns[i].loop->text);
        bench_number(&report, contestants[i].median * 1e-6, 2);
        bench_number(&report, floor_bytes(turns[i].loop) * (double)n / contestants[i].median, 1);
    }
    corpus_memory_free(&memory);
    return bench_report_close(&report);
}
