/* SPDX-License-Identifier: MIT */
/*
 * Threads: many callers on one expression and one pool, several pools, nesting, cancelling,
 * polling, forks at inconvenient moments, threads that cannot start, and the host's floating-point
 * state.
 */
#include "eval/pool.h"

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/system.h"
#include "tests/eval_fixture.h"
#include "tests/suite.h"

enum { N = 50000, N_CALLERS = 6, N_ROUNDS = 20 };

static const evex_var vars[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0}};

typedef struct {
    double a[N], b[N], r[N];
} numbers;

static numbers *make_numbers(void) {
    numbers *made = malloc(sizeof *made);
    for (int i = 0; i < N; i++) {
        made->a[i] = i;
        made->b[i] = i % 17;
        made->r[i] = -1;
    }
    return made;
}

static evex_eval_options all_threads(void) {
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = 4;
    options.force_threads = 1;
    return options;
}

static evex_status evaluate(const evex_expr *expr, evex_pool *pool, numbers *x,
                            const evex_eval_options *options) {
    const evex_array in[2] = {evex_array_1d(EVEX_F64, x->a, N), evex_array_1d(EVEX_F64, x->b, N)};
    evex_array out = evex_array_1d(EVEX_F64, x->r, N);
    return evex_eval(expr, pool, in, 2, &out, 1, options, NULL);
}

static int is_right(const numbers *x) {
    for (int i = 0; i < N; i++)
        if (x->r[i] != 2 * x->a[i] + x->b[i])
            return 0;
    return 1;
}

/* ---- The pool itself ------------------------------------------------------------------------ */

typedef struct {
    atomic_int n_calls, n_of[8];
} tally;

static void count_call(void *argument, size_t number) {
    tally *t = argument;
    atomic_fetch_add(&t->n_calls, 1);
    atomic_fetch_add(&t->n_of[number], 1);
}

START_TEST(each_number_is_used_once) {
    evex_pool *pool;
    ck_assert_int_eq(evex_pool_create(&pool, 4, NULL, NULL), EVEX_OK);
    ck_assert_uint_eq(evex_pool_size(pool), 4);
    for (int round = 0; round < 200; round++) {
        tally t = {0};
        evex_pool_run(pool, 8, count_call, &t);
        ck_assert_int_ge(atomic_load(&t.n_calls), 1);
        ck_assert_int_eq(atomic_load(&t.n_of[0]), 1);
        for (int k = 1; k < 8; k++)
            ck_assert_int_le(atomic_load(&t.n_of[k]), 1);
    }
    evex_pool_free(&pool);
    ck_assert_ptr_null(pool);
    evex_pool_free(&pool);
}
END_TEST

/* Waits until all four numbers are there: only threads of the pool can bring the others. */
static void meet(void *argument, size_t number) {
    tally *t = argument;
    (void)number;
    atomic_fetch_add(&t->n_calls, 1);
    while (atomic_load(&t->n_calls) < 4)
        usleep(100);
}

START_TEST(threads_join_in) {
    evex_pool *pool;
    ck_assert_int_eq(evex_pool_create(&pool, 4, NULL, NULL), EVEX_OK);
    for (int round = 0; round < 20; round++) {
        tally t = {0};
        evex_pool_run(pool, 4, meet, &t);
        ck_assert_int_eq(atomic_load(&t.n_calls), 4);
        if (round == 10)
            usleep(2000); /* now they sleep */
    }
    evex_pool_free(&pool);
}
END_TEST

/* More jobs at once than a pool has room for: some are done by their callers alone. */
static void *run_job(void *argument) {
    tally *t = argument;
    for (int round = 0; round < 20; round++) {
        evex_pool_run(test_pool(), 4, count_call, t);
        atomic_fetch_add(&t->n_of[7], 1);
    }
    return NULL;
}

static void wait_long(void *argument, size_t number) {
    (void)argument, (void)number;
    usleep(20000);
}

static void *hold_job(void *argument) {
    evex_pool_run(argument, 2, wait_long, NULL);
    return NULL;
}

START_TEST(any_number_of_jobs_at_once) {
    enum { N_JOBS = 100 };
    pthread_t threads[N_JOBS];
    evex_pool *pool = test_pool();
    for (int k = 0; k < N_JOBS; k++)
        ck_assert_int_eq(pthread_create(&threads[k], NULL, hold_job, pool), 0);
    tally t = {0};
    run_job(&t);
    ck_assert_int_eq(atomic_load(&t.n_of[0]), 20);
    ck_assert_int_eq(atomic_load(&t.n_of[7]), 20);
    for (int k = 0; k < N_JOBS; k++)
        pthread_join(threads[k], NULL);
}
END_TEST

/* With as many callers as the pool has threads, each works alone; none of its threads is added. */
typedef struct {
    evex_pool *pool;
    atomic_int *n_inside, *most;
} crowd;

static void count_inside(void *argument, size_t number) {
    crowd *c = argument;
    (void)number;
    const int n = atomic_fetch_add(c->n_inside, 1) + 1;
    int most = atomic_load(c->most);
    while (n > most && !atomic_compare_exchange_weak(c->most, &most, n))
        continue;
    usleep(200);
    atomic_fetch_sub(c->n_inside, 1);
}

static void *crowd_in(void *argument) {
    crowd *c = argument;
    for (int round = 0; round < 100; round++)
        evex_pool_run(c->pool, 3, count_inside, c);
    return NULL;
}

START_TEST(callers_count_as_threads) {
    atomic_int n_inside = 0, most = 0;
    crowd c = {NULL, &n_inside, &most};
    ck_assert_int_eq(evex_pool_create(&c.pool, 3, NULL, NULL), EVEX_OK);
    pthread_t threads[2];
    for (int k = 0; k < 2; k++)
        ck_assert_int_eq(pthread_create(&threads[k], NULL, crowd_in, &c), 0);
    for (int k = 0; k < 2; k++)
        pthread_join(threads[k], NULL);
    evex_pool_free(&c.pool);
    ck_assert_int_eq(atomic_load(&n_inside), 0);
    ck_assert_int_ge(atomic_load(&most), 2);
    /* A caller that begins while both threads are at work is the one that may be too many. */
    ck_assert_int_le(atomic_load(&most), 4);
}
END_TEST

START_TEST(small_work_is_not_worth_threads) {
    evex_pool *pool;
    ck_assert_int_eq(evex_pool_create(&pool, 4, NULL, NULL), EVEX_OK);
    ck_assert_uint_eq(evex_pool_worth(pool, 4, 0), 1);
    ck_assert_uint_eq(evex_pool_worth(pool, 4, EVEX_LEAST_SHARED_NS - 1), 1);
    ck_assert_uint_eq(evex_pool_worth(pool, 4, 10000000), 4);
    ck_assert_uint_eq(evex_pool_worth(pool, 3, UINT64_MAX), 3);
    ck_assert_uint_eq(evex_pool_worth(pool, 1, UINT64_MAX), 1);
    size_t n = 1;
    for (int round = 0; round < 1000 && n == 1; round++) /* again and again */
        n = evex_pool_worth(pool, 4, 2 * EVEX_LEAST_SHARED_NS);
    ck_assert_uint_gt(n, 1);
    evex_pool_free(&pool);
}
END_TEST

START_TEST(default_pool_comes_back) {
    evex_pool *pool = evex_default_pool();
    ck_assert_ptr_nonnull(pool);
    ck_assert_ptr_eq(pool, evex_default_pool());
    ck_assert_uint_eq(evex_pool_size(NULL), evex_system_in_use()->usable_cpus());
    evex_shutdown();
    ck_assert_ptr_nonnull(evex_default_pool());
    evex_shutdown();
    evex_shutdown();
}
END_TEST

/* ---- Callers -------------------------------------------------------------------------------- */

typedef struct {
    const evex_expr *expr;
    evex_pool *pool;
    int n_wrong;
} caller;

static void *call_often(void *argument) {
    caller *c = argument;
    numbers *x = make_numbers();
    const evex_eval_options options = all_threads();
    for (int round = 0; round < N_ROUNDS; round++) {
        memset(x->r, 0, sizeof x->r);
        c->n_wrong += evaluate(c->expr, c->pool, x, &options) != EVEX_OK || !is_right(x);
    }
    free(x);
    return NULL;
}

static void run_callers(evex_pool *const pools[], int n_pools) {
    evex_expr *expr = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST);
    pthread_t threads[N_CALLERS];
    caller callers[N_CALLERS];
    for (int k = 0; k < N_CALLERS; k++) {
        callers[k] = (caller){expr, pools[k % n_pools], 0};
        ck_assert_int_eq(pthread_create(&threads[k], NULL, call_often, &callers[k]), 0);
    }
    for (int k = 0; k < N_CALLERS; k++) {
        pthread_join(threads[k], NULL);
        ck_assert_int_eq(callers[k].n_wrong, 0);
    }
    evex_expr_free(&expr);
}

START_TEST(many_callers_share_a_pool) {
    evex_pool *pools[1];
    ck_assert_int_eq(evex_pool_create(&pools[0], 3, NULL, NULL), EVEX_OK);
    run_callers(pools, 1);
    evex_pool_free(&pools[0]);
}
END_TEST

START_TEST(several_pools_at_once) {
    evex_pool *pools[3] = {NULL}; /* one is the default pool */
    ck_assert_int_eq(evex_pool_create(&pools[1], 2, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_pool_create(&pools[2], 5, NULL, NULL), EVEX_OK);
    run_callers(pools, 3);
    evex_pool_free(&pools[1]);
    evex_pool_free(&pools[2]);
    evex_shutdown();
}
END_TEST

/* ---- Nesting -------------------------------------------------------------------------------- */

typedef struct {
    evex_expr *inner;
    evex_pool *pool;
    atomic_int n_failures;
} nest;

/* out = 2*x + x by another evaluation on the same pool. */
static void evaluate_inside(void *out, const void *const *in, const size_t *step, size_t n,
                            void *user) {
    nest *outer = user;
    const evex_eval_options options = all_threads();
    const int64_t shape[1] = {(int64_t)n}, strides[1] = {(int64_t)(step[0] * sizeof(double))};
    const evex_array x = {.data = (void *)(uintptr_t)in[0],
                          .dtype = EVEX_F64,
                          .ndim = 1,
                          .shape = shape,
                          .strides = strides};
    const evex_array both[2] = {x, x};
    evex_array result = evex_array_1d(EVEX_F64, out, n);
    if (evex_eval(outer->inner, outer->pool, both, 2, &result, 1, &options, NULL) != EVEX_OK)
        atomic_fetch_add(&outer->n_failures, 1);
}

START_TEST(evaluations_nest) {
    nest outer = {.inner = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST)};
    ck_assert_int_eq(evex_pool_create(&outer.pool, 3, NULL, NULL), EVEX_OK);
    evex_functions *functions;
    const evex_dtype operand = EVEX_F64;
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_functions_add(functions, "inside", EVEX_F64, &operand, 1, evaluate_inside,
                                        &outer, NULL),
                     EVEX_OK);
    evex_compile_options compile = caps_compile_options();
    compile.functions = functions;
    evex_expr *expr;
    ck_assert_int_eq(evex_compile(&expr, "inside(a) - a + b", 17, vars, 2, &compile, NULL),
                     EVEX_OK);
    numbers *x = make_numbers();
    const evex_eval_options options = all_threads();
    ck_assert_int_eq(evaluate(expr, outer.pool, x, &options), EVEX_OK);
    ck_assert_int_eq(atomic_load(&outer.n_failures), 0);
    ck_assert(is_right(x));
    free(x);
    evex_expr_free(&expr);
    evex_expr_free(&outer.inner);
    evex_functions_free(&functions);
    evex_pool_free(&outer.pool);
}
END_TEST

/* ---- Cancelling ----------------------------------------------------------------------------- */

START_TEST(flag_cancels) {
    const int cancel = 1;
    evex_expr *expr = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST);
    numbers *x = make_numbers();
    evex_eval_options options = all_threads();
    options.cancel = &cancel;
    evex_error error = EVEX_ERROR_INIT;
    const evex_array in[2] = {evex_array_1d(EVEX_F64, x->a, N), evex_array_1d(EVEX_F64, x->b, N)};
    evex_array out = evex_array_1d(EVEX_F64, x->r, N);
    ck_assert_int_eq(evex_eval(expr, test_pool(), in, 2, &out, 1, &options, &error),
                     EVEX_CANCELLED);
    ck_assert_int_eq(error.status, EVEX_CANCELLED);
    options.cancel = NULL;
    ck_assert_int_eq(evaluate(expr, test_pool(), x, &options), EVEX_OK);
    ck_assert(is_right(x));
    free(x);
    evex_expr_free(&expr);
}
END_TEST

typedef struct {
    int n_calls, stop_at;
    pthread_t thread;
} poll_state;

static int count_poll(void *user) {
    poll_state *state = user;
    ck_assert(pthread_equal(state->thread, pthread_self()));
    return ++state->n_calls == state->stop_at;
}

START_TEST(poll_is_asked_and_cancels) {
    evex_expr *expr = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST);
    numbers *x = make_numbers();
    poll_state state = {.thread = pthread_self()};
    evex_eval_options options = all_threads();
    options.poll = count_poll;
    options.poll_user = &state;
    options.poll_interval_ms = 0;
    ck_assert_int_eq(evaluate(expr, test_pool(), x, &options), EVEX_OK);
    ck_assert_int_ge(state.n_calls, 1);
    state = (poll_state){.stop_at = 1, .thread = pthread_self()};
    ck_assert_int_eq(evaluate(expr, test_pool(), x, &options), EVEX_CANCELLED);
    ck_assert_int_eq(state.n_calls, 1);
    state = (poll_state){.thread = pthread_self()};
    options.poll_interval_ms = 1000000;
    ck_assert_int_eq(evaluate(expr, test_pool(), x, &options), EVEX_OK);
    ck_assert_int_eq(state.n_calls, 0);
    free(x);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Forks ---------------------------------------------------------------------------------- */

/* The exit status of a child that runs `body`. */
static int status_of_child(int (*body)(void *), void *argument) {
    const pid_t child = fork();
    if (child == 0)
        _exit(body(argument));
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

typedef struct {
    evex_expr *expr;
    evex_pool *pool;
    numbers *x;
} fork_state;

static int evaluate_in_child(void *argument) {
    fork_state *state = argument;
    const evex_eval_options options = all_threads();
    memset(state->x->r, 0, sizeof state->x->r);
    if (evaluate(state->expr, state->pool, state->x, &options) != EVEX_OK || !is_right(state->x))
        return 1;
    evex_pool_free(&state->pool);
    return 0;
}

START_TEST(child_uses_the_parents_pools) {
    fork_state state = {expr_of("2*a + b", vars, 2, EVEX_ISA_BEST), NULL, make_numbers()};
    const evex_eval_options options = all_threads();
    ck_assert_int_eq(evaluate(state.expr, NULL, state.x, &options), EVEX_OK);
    ck_assert_int_eq(status_of_child(evaluate_in_child, &state), 0);
    ck_assert_int_eq(evex_pool_create(&state.pool, 3, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evaluate(state.expr, state.pool, state.x, &options), EVEX_OK);
    ck_assert_int_eq(status_of_child(evaluate_in_child, &state), 0);
    ck_assert_int_eq(evaluate(state.expr, state.pool, state.x, &options), EVEX_OK);
    ck_assert(is_right(state.x));
    evex_pool_free(&state.pool);
    evex_expr_free(&state.expr);
    free(state.x);
}
END_TEST

/* A child that never uses the pool that it got frees it without its threads. */
static int free_in_child(void *argument) {
    evex_pool_free(argument);
    return 0;
}

START_TEST(child_frees_the_parents_pool) {
    fork_state state = {expr_of("2*a + b", vars, 2, EVEX_ISA_BEST), NULL, make_numbers()};
    const evex_eval_options options = all_threads();
    ck_assert_int_eq(evex_pool_create(&state.pool, 3, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evaluate(state.expr, state.pool, state.x, &options), EVEX_OK);
    ck_assert_int_eq(status_of_child(free_in_child, &state.pool), 0);
    evex_pool_free(&state.pool);
    evex_expr_free(&state.expr);
    free(state.x);
}
END_TEST

/* Forks while other threads evaluate on the pool, so that its lock may be held. */
START_TEST(forks_during_evaluations) {
    fork_state state = {expr_of("2*a + b", vars, 2, EVEX_ISA_BEST), NULL, make_numbers()};
    ck_assert_int_eq(evex_pool_create(&state.pool, 3, NULL, NULL), EVEX_OK);
    caller background = {state.expr, state.pool, 0};
    for (int round = 0; round < 10; round++) {
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, call_often, &background), 0);
        usleep((useconds_t)(200 * round));
        ck_assert_int_eq(status_of_child(evaluate_in_child, &state), 0);
        pthread_join(thread, NULL);
        ck_assert_int_eq(background.n_wrong, 0);
    }
    evex_pool_free(&state.pool);
    evex_expr_free(&state.expr);
    free(state.x);
}
END_TEST

/* Forks in the middle of this thread's own evaluation: the child's ends, the parent's goes on. */
static int fork_once(void *user) {
    pid_t *child = user;
    if (*child == 0)
        *child = fork() == 0 ? -1 : 1;
    return 0;
}

START_TEST(fork_inside_an_evaluation) {
    evex_expr *expr = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST);
    numbers *x = make_numbers();
    evex_pool *pool;
    ck_assert_int_eq(evex_pool_create(&pool, 3, NULL, NULL), EVEX_OK);
    pid_t child = 0;
    evex_eval_options options = all_threads();
    options.poll = fork_once;
    options.poll_user = &child;
    options.poll_interval_ms = 0;
    const evex_status status = evaluate(expr, pool, x, &options);
    if (child < 0) {
        options.poll = NULL;
        const int is_good =
            status == EVEX_CANCELLED && evaluate(expr, pool, x, &options) == EVEX_OK && is_right(x);
        _exit(!is_good);
    }
    ck_assert_int_eq(status, EVEX_OK);
    ck_assert(is_right(x));
    int child_status = -1;
    ck_assert_int_gt(wait(&child_status), 0);
    ck_assert(WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0);
    free(x);
    evex_pool_free(&pool);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Threads that cannot start -------------------------------------------------------------- */

static atomic_int n_threads_left;

static int create_some(pthread_t *thread, void *(*run)(void *), void *argument) {
    if (atomic_fetch_sub(&n_threads_left, 1) <= 0)
        return 11; /* EAGAIN */
    return evex_system_default.thread_create(thread, run, argument);
}

START_TEST(fewer_threads_do) {
    evex_system few = evex_system_default;
    few.thread_create = create_some;
    evex_system_replace(&few);
    evex_expr *expr = expr_of("2*a + b", vars, 2, EVEX_ISA_BEST);
    numbers *x = make_numbers();
    const evex_eval_options options = all_threads();
    for (int left = 0; left < 4; left++) {
        evex_pool *pool;
        atomic_store(&n_threads_left, left);
        ck_assert_int_eq(evex_pool_create(&pool, 4, NULL, NULL), EVEX_OK);
        for (int round = 0; round < 3; round++) {
            memset(x->r, 0, sizeof x->r);
            ck_assert_int_eq(evaluate(expr, pool, x, &options), EVEX_OK);
            ck_assert(is_right(x));
        }
        evex_pool_free(&pool);
    }
    evex_system_replace(NULL);
    free(x);
    evex_expr_free(&expr);
}
END_TEST

/* ---- The host's floating-point state -------------------------------------------------------- */

static int note_rounding(void *user) {
    *(int *)user = fegetround();
    return 0;
}

START_TEST(floating_point_state_is_the_hosts_own) {
    const evex_var var = {"a", EVEX_F64, EVEX_STRONG, 0, 0};
    evex_expr *expr = expr_of("a/3", &var, 1, EVEX_ISA_BEST);
    const double one[2] = {1, 1};
    double nearest[2], result[2];
    const evex_array in = evex_array_1d(EVEX_F64, one, 2);
    evex_array out = evex_array_1d(EVEX_F64, nearest, 2);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    fesetround(FE_UPWARD);
    int seen = -1;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.poll = note_rounding;
    options.poll_user = &seen;
    options.poll_interval_ms = 0;
    out.data = result;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL), EVEX_OK);
    const int rounding = fegetround();
    fesetround(FE_TONEAREST);
    ck_assert_int_eq(rounding, FE_UPWARD);
    ck_assert_int_eq(seen, FE_UPWARD);
    ck_assert(memcmp(nearest, result, sizeof nearest) == 0);
    evex_expr_free(&expr);
}
END_TEST

/* ThreadSanitizer does not support threads in the child of a threaded process. */
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define IS_TSAN 1
#else
#define IS_TSAN 0
#endif
/* AddressSanitizer's allocator does not survive a fork while another thread is in it, as one that
 * has just started is. */
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define IS_ASAN 1
#else
#define IS_ASAN 0
#endif

static void add_tests(TCase *tests) {
    tcase_add_test(tests, each_number_is_used_once);
    tcase_add_test(tests, threads_join_in);
    tcase_add_test(tests, any_number_of_jobs_at_once);
    tcase_add_test(tests, callers_count_as_threads);
    tcase_add_test(tests, small_work_is_not_worth_threads);
    tcase_add_test(tests, default_pool_comes_back);
    tcase_add_test(tests, many_callers_share_a_pool);
    tcase_add_test(tests, several_pools_at_once);
    tcase_add_test(tests, evaluations_nest);
    tcase_add_test(tests, flag_cancels);
    tcase_add_test(tests, poll_is_asked_and_cancels);
    tcase_add_test(tests, fewer_threads_do);
    tcase_add_test(tests, floating_point_state_is_the_hosts_own);
    if (IS_ASAN)
        return;
    tcase_add_test(tests, child_frees_the_parents_pool);
    if (IS_TSAN)
        return;
    tcase_add_test(tests, child_uses_the_parents_pools);
    tcase_add_test(tests, fork_inside_an_evaluation);
    tcase_add_test(tests, forks_during_evaluations);
}

int main(void) {
    return run_suite("pool", add_tests);
}
