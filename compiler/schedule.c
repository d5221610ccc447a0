/* SPDX-License-Identifier: MIT */
/*
 * Stages and the order of instructions: see schedule.h. Values lie behind their operands, so needs
 * are found by one walk backwards and stages by one walk forwards. A body is the closure of what
 * its sinks need, operands first, the operand that needs more registers before the other (R. Sethi
 * and J. D. Ullman, "The generation of optimal code for arithmetic expressions", 1970; for shared
 * values a heuristic).
 */
#include "compiler/schedule.h"

#include <string.h>

typedef struct {
    evex_schedule *out;
    const evex_ir *ir;
    evex_arena *arena;
    uint32_t *levels;     /* by value: the stage in which it can first be read */
    uint32_t *pressure;   /* by value: registers that computing its block takes */
    uint32_t *last_stage; /* by value: 1 + the latest stage whose body has it */
    uint32_t *pair_steps; /* by value: 1 + the latest step of a pair that it stands for */
    evex_ir_id *stack;    /* of the walk that orders a body */
    size_t n_stack, stack_capacity;
    size_t max_steps;
    int is_out_of_memory, is_too_long;
} scheduler;

/* A stack entry whose operands have been pushed. */
#define OPERANDS_DONE 0x80000000u

static const evex_ir_value *value_at(const scheduler *s, evex_ir_id id) {
    return &s->ir->values[id];
}

/* A value that takes a block of its own in the bodies that read it. */
static int is_block(const scheduler *s, evex_ir_id id) {
    const evex_ir_value *v = value_at(s, id);
    return v->kind == EVEX_IR_INSN && !v->is_scalar;
}

/* ---- What is needed ------------------------------------------------------------------------- */

static void use(scheduler *s, evex_ir_id id) {
    s->out->uses[id]++;
}

static void count_uses(scheduler *s) {
    const evex_ir *ir = s->ir;
    for (size_t i = 0; i < ir->n_outputs; i++)
        use(s, ir->outputs[i].value);
    for (size_t i = 0; i < ir->n_guards; i++)
        use(s, ir->guards[i].index);
    for (size_t id = ir->n_values; id-- > 1;) {
        const evex_ir_value *v = &ir->values[id];
        if (s->out->uses[id] == 0)
            continue;
        for (size_t k = 0; k < v->n_operands; k++)
            use(s, ir->operands[v->first_operand + k]);
        if (v->kind == EVEX_IR_REDUCTION) {
            use(s, ir->reductions[v->index].source);
            use(s, ir->reductions[v->index].mask);
            use(s, ir->reductions[v->index].group);
        }
    }
}

/* ---- Stages --------------------------------------------------------------------------------- */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* The stage whose body feeds a reduction; its result can be read in the next. */
static uint32_t stage_of_reduction(const scheduler *s, evex_ir_id id) {
    const evex_ir_reduction *r = &s->ir->reductions[value_at(s, id)->index];
    return larger(s->levels[r->source], s->levels[r->mask]);
}

/* The stage that makes a guard's index. */
static uint32_t stage_of_guard(const scheduler *s, const evex_ir_guard *guard) {
    return value_at(s, guard->index)->kind == EVEX_IR_REDUCTION
               ? stage_of_reduction(s, guard->index)
               : s->levels[guard->index];
}

static void find_levels(scheduler *s) {
    const evex_ir *ir = s->ir;
    for (evex_ir_id id = 1; id < ir->n_values; id++) {
        const evex_ir_value *v = &ir->values[id];
        uint32_t level = 0;
        if (s->out->uses[id] == 0)
            continue;
        for (size_t k = 0; k < v->n_operands; k++)
            level = larger(level, s->levels[ir->operands[v->first_operand + k]]);
        s->levels[id] = v->kind == EVEX_IR_REDUCTION ? stage_of_reduction(s, id) + 1 : level;
    }
}

/* Registers for an instruction: its operands' in falling order, each while those before it are
 * held. Calls of many operands hold them all. */
static uint32_t pressure_of(const scheduler *s, const evex_ir_value *v) {
    uint32_t most = 1, n_blocks = 0;
    for (size_t k = 0; k < v->n_operands; k++) {
        const evex_ir_id operand = s->ir->operands[v->first_operand + k];
        if (!is_block(s, operand))
            continue;
        const uint32_t pressure = s->pressure[operand];
        most = larger(most, pressure);
        n_blocks++;
    }
    if (v->n_operands == 2 && n_blocks == 2) {
        const evex_ir_id *operands = &s->ir->operands[v->first_operand];
        return most + (s->pressure[operands[0]] == s->pressure[operands[1]]);
    }
    return n_blocks > 1 ? most + n_blocks - 1 : most;
}

static void find_pressure(scheduler *s) {
    for (evex_ir_id id = 1; id < s->ir->n_values; id++)
        if (s->out->uses[id] > 0 && is_block(s, id))
            s->pressure[id] = pressure_of(s, value_at(s, id));
}

/* What an output's shape comes from: a validity has its owner's. */
static const evex_ir_value *shaping_value(const evex_ir *ir, const evex_ir_output *output) {
    const evex_ir_output *owner =
        output->owner != EVEX_IR_NO_OUTPUT ? &ir->outputs[output->owner] : output;
    return &ir->values[owner->value];
}

int evex_schedule_is_once(const evex_ir *ir, const evex_ir_output *output) {
    return shaping_value(ir, output)->is_scalar;
}

int evex_schedule_is_reduction(const evex_schedule *schedule, const evex_ir *ir,
                               const evex_ir_output *output) {
    return ir->values[output->value].kind == EVEX_IR_REDUCTION &&
           schedule->uses[output->value] == 1 &&
           shaping_value(ir, output)->kind == EVEX_IR_REDUCTION;
}

static int is_written_by_reduction(const scheduler *s, const evex_ir_output *output) {
    return evex_schedule_is_reduction(s->out, s->ir, output);
}

/* The stage in which an output is written unless a reduction does it: a validity not before its
 * owner, whose shape it takes. */
static uint32_t stage_of_output(const scheduler *s, const evex_ir_output *output) {
    const uint32_t level = s->levels[output->value];
    return output->owner == EVEX_IR_NO_OUTPUT
               ? level
               : larger(level, s->levels[s->ir->outputs[output->owner].value]);
}

static size_t count_stages(const scheduler *s) {
    const evex_ir *ir = s->ir;
    uint32_t last = 0;
    for (size_t i = 0; i < ir->n_outputs; i++)
        if (!is_written_by_reduction(s, &ir->outputs[i]))
            last = larger(last, stage_of_output(s, &ir->outputs[i]));
    for (evex_ir_id id = 1; id < ir->n_values; id++)
        if (s->out->uses[id] > 0 && ir->values[id].kind == EVEX_IR_REDUCTION)
            last = larger(last, stage_of_reduction(s, id));
    for (size_t i = 0; i < ir->n_guards; i++)
        last = larger(last, stage_of_guard(s, &ir->guards[i]));
    return (size_t)last + 1;
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static void add_step(scheduler *s, evex_ir_id value, uint32_t output) {
    void *steps = s->out->steps;
    if (s->out->n_steps >= s->max_steps)
        s->is_too_long = 1;
    if (s->is_too_long || s->is_out_of_memory)
        return;
    if (!evex_arena_grow(s->arena, &steps, &s->out->steps_capacity, s->out->n_steps + 1,
                         sizeof *s->out->steps)) {
        s->is_out_of_memory = 1;
        return;
    }
    s->out->steps = steps;
    s->out->steps[s->out->n_steps++] = (evex_step){.value = value,
                                                   .output = output,
                                                   .second_output = EVEX_NO_OUTPUT,
                                                   .is_copy = output != EVEX_NO_OUTPUT};
}

static void push(scheduler *s, evex_ir_id entry) {
    void *stack = s->stack;
    if (!evex_arena_grow(s->arena, &stack, &s->stack_capacity, s->n_stack + 1, sizeof *s->stack)) {
        s->is_out_of_memory = 1;
        return;
    }
    s->stack = stack;
    s->stack[s->n_stack++] = entry;
}

/* Pushes the operands that the body lacks, the one to be computed first last. */
static void push_operands(scheduler *s, const evex_ir_value *v, uint32_t stage) {
    const size_t bottom = s->n_stack;
    for (size_t k = v->n_operands; k-- > 0;) {
        const evex_ir_id operand = s->ir->operands[v->first_operand + k];
        if (!is_block(s, operand) || s->last_stage[operand] == stage + 1)
            continue;
        push(s, operand);
        if (s->is_out_of_memory || v->n_operands > 3)
            continue;
        for (size_t i = s->n_stack - 1;
             i > bottom && s->pressure[s->stack[i - 1]] > s->pressure[operand]; i--) {
            s->stack[i] = s->stack[i - 1];
            s->stack[i - 1] = operand;
        }
    }
}

/* Adds the steps that a block needs and its own, unless the body has them. */
static void add_block(scheduler *s, evex_ir_id root, uint32_t stage) {
    if (!is_block(s, root))
        return;
    push(s, root);
    while (s->n_stack > 0 && !s->is_out_of_memory && !s->is_too_long) {
        const evex_ir_id entry = s->stack[--s->n_stack], id = entry & ~OPERANDS_DONE;
        if (s->last_stage[id] == stage + 1)
            continue;
        if (entry & OPERANDS_DONE) {
            s->last_stage[id] = stage + 1;
            add_step(s, id, EVEX_NO_OUTPUT);
        } else {
            push(s, id | OPERANDS_DONE);
            push_operands(s, value_at(s, id), stage);
        }
    }
    s->n_stack = 0;
}

/* ---- Pairs of values that one step gives ---------------------------------------------------- */

/* What the two values of a pair have in common, and no others: the argument of a sine and a cosine,
 * or the value of matches(), behind which its exceeds() was made. EVEX_IR_NONE: no such value. */
static evex_ir_id pair_of(const scheduler *s, evex_ir_id id) {
    const evex_ir_value *v = value_at(s, id);
    if (v->kind != EVEX_IR_INSN)
        return EVEX_IR_NONE;
    switch (v->op) {
    case EVEX_OP_SIN:
    case EVEX_OP_COS: /* of a type that has both at once */
        return evex_op_infos[EVEX_OP_SINCOS].types >> v->dtype & 1
                   ? s->ir->operands[v->first_operand]
                   : EVEX_IR_NONE;
    case EVEX_OP_MATCHES:
        return id;
    case EVEX_OP_EXCEEDS:
        return id - 1;
    default:
        return EVEX_IR_NONE;
    }
}

/* Joins two steps, at the earlier one's place. */
static void join_steps(const scheduler *s, evex_step *earlier, evex_step *later) {
    const uint16_t op = value_at(s, earlier->value)->op;
    const int is_in_order = op == EVEX_OP_SIN || op == EVEX_OP_MATCHES;
    earlier->second = is_in_order ? later->value : earlier->value;
    earlier->value = is_in_order ? earlier->value : later->value;
    later->value = EVEX_IR_NONE;
}

/* Most of a sine's work is the reduction of its argument, which the cosine needs as well; that a
 * search exceeds its limit is known when it is done. */
static void join_pairs(scheduler *s, uint32_t first_step) {
    for (uint32_t i = first_step; i < s->out->n_steps; i++) {
        evex_step *step = &s->out->steps[i];
        const evex_ir_id pair = step->is_copy ? EVEX_IR_NONE : pair_of(s, step->value);
        if (pair == EVEX_IR_NONE)
            continue;
        uint32_t *noted = &s->pair_steps[pair];
        if (*noted > first_step &&
            value_at(s, s->out->steps[*noted - 1].value)->op != value_at(s, step->value)->op)
            join_steps(s, &s->out->steps[*noted - 1], step);
        else
            *noted = i + 1;
    }
}

/* ---- By stage ------------------------------------------------------------------------------- */

/* Numbers 0..n-1 sorted by stage, stably: list[first[stage]...]. */
typedef struct {
    uint32_t *first; /* n_stages + 1 */
    uint32_t *list;
} buckets;

static int make_buckets(scheduler *s, buckets *b, const uint32_t *stages, size_t n,
                        size_t n_stages) {
    b->first = evex_arena_push_array(s->arena, n_stages + 2, sizeof *b->first);
    b->list = evex_arena_push_array(s->arena, n, sizeof *b->list);
    if (b->first == NULL || b->list == NULL) {
        s->is_out_of_memory = 1;
        return 0;
    }
    /* first[stage + 1] counts up from the stage's beginning to its end. */
    for (size_t i = 0; i < n; i++)
        if (stages[i] < n_stages)
            b->first[stages[i] + 2]++;
    for (size_t stage = 2; stage < n_stages + 2; stage++)
        b->first[stage] += b->first[stage - 1];
    for (size_t i = 0; i < n; i++)
        if (stages[i] < n_stages)
            b->list[b->first[stages[i] + 1]++] = (uint32_t)i;
    return 1;
}

#define NOWHERE UINT32_MAX

/* What goes where: scalar instructions, reductions, outputs that take a step, guards. */
typedef struct {
    buckets scalars, reductions, outputs, guards;
} plan;

static int plan_values(scheduler *s, plan *p, size_t n_stages) {
    const evex_ir *ir = s->ir;
    uint32_t *stages = evex_arena_push_array(s->arena, ir->n_values, sizeof *stages);
    if (stages == NULL)
        return 0;
    for (evex_ir_id id = 0; id < ir->n_values; id++) {
        const evex_ir_value *v = value_at(s, id);
        stages[id] = s->out->uses[id] > 0 && v->kind == EVEX_IR_INSN && v->is_scalar ? s->levels[id]
                                                                                     : NOWHERE;
    }
    if (!make_buckets(s, &p->scalars, stages, ir->n_values, n_stages))
        return 0;
    for (evex_ir_id id = 0; id < ir->n_values; id++)
        stages[id] = s->out->uses[id] > 0 && value_at(s, id)->kind == EVEX_IR_REDUCTION
                         ? stage_of_reduction(s, id)
                         : NOWHERE;
    return make_buckets(s, &p->reductions, stages, ir->n_values, n_stages);
}

static int plan_sinks(scheduler *s, plan *p, size_t n_stages) {
    const evex_ir *ir = s->ir;
    const size_t n = ir->n_outputs > ir->n_guards ? ir->n_outputs : ir->n_guards;
    uint32_t *stages = evex_arena_push_array(s->arena, n, sizeof *stages);
    if (stages == NULL)
        return 0;
    for (size_t i = 0; i < ir->n_outputs; i++)
        stages[i] = is_written_by_reduction(s, &ir->outputs[i])
                        ? NOWHERE
                        : stage_of_output(s, &ir->outputs[i]);
    if (!make_buckets(s, &p->outputs, stages, ir->n_outputs, n_stages))
        return 0;
    for (size_t i = 0; i < ir->n_guards; i++)
        stages[i] = stage_of_guard(s, &ir->guards[i]);
    return make_buckets(s, &p->guards, stages, ir->n_guards, n_stages);
}

static void add_scalars(scheduler *s, const plan *p, uint32_t stage) {
    evex_planned_stage *out = &s->out->stages[stage];
    out->first_scalar = (uint32_t)s->out->n_steps;
    for (uint32_t i = p->scalars.first[stage]; i < p->scalars.first[stage + 1]; i++)
        add_step(s, p->scalars.list[i], EVEX_NO_OUTPUT);
    for (uint32_t i = p->outputs.first[stage]; i < p->outputs.first[stage + 1]; i++) {
        const evex_ir_output *output = &s->ir->outputs[p->outputs.list[i]];
        if (evex_schedule_is_once(s->ir, output))
            add_step(s, output->value, p->outputs.list[i]);
    }
    out->n_scalars = (uint32_t)s->out->n_steps - out->first_scalar;
}

/* Outputs first: what reductions read must be held to the end of the block. */
static void add_body(scheduler *s, const plan *p, uint32_t stage) {
    evex_planned_stage *out = &s->out->stages[stage];
    out->first_body = (uint32_t)s->out->n_steps;
    for (uint32_t i = p->outputs.first[stage]; i < p->outputs.first[stage + 1]; i++) {
        const evex_ir_output *output = &s->ir->outputs[p->outputs.list[i]];
        if (evex_schedule_is_once(s->ir, output))
            continue;
        add_block(s, output->value, stage);
        add_step(s, output->value, p->outputs.list[i]);
    }
    for (uint32_t i = p->reductions.first[stage]; i < p->reductions.first[stage + 1]; i++) {
        const evex_ir_reduction *r = &s->ir->reductions[value_at(s, p->reductions.list[i])->index];
        add_block(s, r->source, stage);
        add_block(s, r->mask, stage);
    }
    if (s->ir->is_optimised)
        join_pairs(s, out->first_body);
    out->n_body = (uint32_t)s->out->n_steps - out->first_body;
}

static void add_reductions(scheduler *s, const plan *p, uint32_t stage) {
    evex_planned_stage *out = &s->out->stages[stage];
    out->first_reduction = (uint32_t)s->out->n_reductions;
    out->n_reductions = p->reductions.first[stage + 1] - p->reductions.first[stage];
    for (uint32_t i = p->reductions.first[stage]; i < p->reductions.first[stage + 1]; i++)
        s->out->reductions[s->out->n_reductions++] =
            (evex_planned_reduction){.value = p->reductions.list[i], .output = EVEX_NO_OUTPUT};
    out->first_guard = p->guards.first[stage];
    out->n_guards = p->guards.first[stage + 1] - p->guards.first[stage];
}

/* Gives the reductions that are results their outputs. */
static void direct_reductions(scheduler *s, uint32_t *number_of) {
    for (size_t i = 0; i < s->out->n_reductions; i++)
        number_of[s->out->reductions[i].value] = (uint32_t)i;
    for (size_t i = 0; i < s->ir->n_outputs; i++)
        if (is_written_by_reduction(s, &s->ir->outputs[i]))
            s->out->reductions[number_of[s->ir->outputs[i].value]].output = (uint32_t)i;
}

static int make_room(scheduler *s) {
    const size_t n = s->ir->n_values;
    s->out->uses = evex_arena_push_array(s->arena, n, sizeof *s->out->uses);
    s->levels = evex_arena_push_array(s->arena, n, sizeof *s->levels);
    s->pressure = evex_arena_push_array(s->arena, n, sizeof *s->pressure);
    s->last_stage = evex_arena_push_array(s->arena, n, sizeof *s->last_stage);
    s->pair_steps = evex_arena_push_array(s->arena, n, sizeof *s->pair_steps);
    return s->out->uses != NULL && s->levels != NULL && s->pressure != NULL &&
           s->last_stage != NULL && s->pair_steps != NULL;
}

static int make_lists(scheduler *s, size_t n_stages) {
    evex_schedule *out = s->out;
    out->stages = evex_arena_push_array(s->arena, n_stages, sizeof *out->stages);
    out->reductions = evex_arena_push_array(s->arena, s->ir->n_reductions, sizeof *out->reductions);
    out->steps_capacity = s->ir->n_values + s->ir->n_outputs;
    out->steps = evex_arena_push_array(s->arena, out->steps_capacity, sizeof *out->steps);
    return out->stages != NULL && out->reductions != NULL && out->steps != NULL;
}

evex_status evex_schedule_make(evex_schedule *schedule, const evex_ir *ir, size_t max_steps,
                               evex_arena *arena, evex_error *error) {
    scheduler s = {.out = schedule, .ir = ir, .arena = arena, .max_steps = max_steps};
    plan p;
    *schedule = (evex_schedule){.n_guards = ir->n_guards};
    if (!make_room(&s))
        return evex_fail_memory(error);
    count_uses(&s);
    find_levels(&s);
    find_pressure(&s);
    schedule->n_stages = count_stages(&s);
    if (!make_lists(&s, schedule->n_stages) || !plan_values(&s, &p, schedule->n_stages) ||
        !plan_sinks(&s, &p, schedule->n_stages))
        return evex_fail_memory(error);
    schedule->guards = p.guards.list;
    for (uint32_t stage = 0; stage < schedule->n_stages; stage++) {
        add_scalars(&s, &p, stage);
        add_body(&s, &p, stage);
        add_reductions(&s, &p, stage);
    }
    if (s.is_out_of_memory)
        return evex_fail_memory(error);
    if (s.is_too_long)
        return evex_fail(error, EVEX_LIMIT_NODES, (evex_place){0, 0},
                         "the program needs more than %zu instructions", max_steps);
    direct_reductions(&s, s.last_stage);
    return EVEX_OK;
}
