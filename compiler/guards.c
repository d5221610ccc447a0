/* SPDX-License-Identifier: MIT */
/*
 * When a check on values matters. Checks are noted while the text is checked and become guards at
 * the end, when all uses of every value are known: one walk backwards over the values finds, for
 * each, the conditions under which it is used, and a guard is the check and-ed with these. Outputs
 * are always used; a choice uses its branches where its condition says so; a reduction its operand
 * where its mask does; everything else uses its operands where it is used itself. A value that is
 * always used costs no instruction, one that is never used gets no guard.
 *
 * Conditions of different shape may be or-ed only where they broadcast. That is sure for what meets
 * in the elements of one result or reduction, here called a domain; so conditions are kept apart by
 * domain, and a value that several use gets a guard for each. A condition that is one value goes
 * with every other.
 *
 * A reduction is evaluated before the elements that read it choose: whether any of them does could
 * be known only by another reduction, and a pass more. So a choice by element spares none of the
 * elements of a reduction in its branches, though what the reduction gives is looked at only where
 * it is read; a choice by one value spares them all.
 */
#include "compiler/check.h"

/* Values used under conditions of more domains than this are or-ed in spite of it: the walk stays
 * linear, and only results whose shapes do not broadcast with one another could ever notice. */
enum { MAX_DOMAINS = 8 };

typedef struct need {
    evex_ir_id condition;
    evex_ir_id gate; /* what of it is one value, or EVEX_IR_NONE */
    uint32_t domain;
    struct need *next;
} need;

/* When a value is used: never, unless a field says otherwise. */
typedef struct {
    need *conditions; /* at most one a domain */
    uint32_t n_conditions;
    uint32_t domain; /* one in which it is always used */
    uint8_t is_always;
} usage;

typedef struct {
    evex_ir *ir;
    evex_arena *arena;
    usage *usages; /* by value */
} walker;

void evex_note_guard(evex_checker *c, evex_ir_id guarded, evex_ir_id condition, evex_ir_id validity,
                     const evex_ir_failure *failure) {
    const evex_ir_note note = {guarded, condition, validity, *failure, {0, 0}};
    if (guarded != EVEX_IR_NONE && condition != EVEX_IR_NONE)
        evex_ir_add_note(c->ir, &note);
}

/* ---- Conditions ----------------------------------------------------------------------------- */

/* Whether a bool value is known to be this. */
static int is_known(const evex_ir *ir, evex_ir_id condition, int truth) {
    const uint8_t *known = evex_ir_constant_bytes(ir, condition);
    return known != NULL && (*known != 0) == truth;
}

static int is_opposite(const evex_ir *ir, evex_ir_id a, evex_ir_id b) {
    const evex_ir_value *value = &ir->values[a];
    return value->kind == EVEX_IR_INSN && value->op == EVEX_OP_INVERT &&
           ir->operands[value->first_operand] == b;
}

/* EVEX_IR_NONE stands for "always" among operands. */
static evex_ir_id both(evex_ir *ir, evex_ir_id a, evex_ir_id b) {
    if (a == EVEX_IR_NONE || is_known(ir, a, 1) || a == b)
        return b;
    if (b == EVEX_IR_NONE || is_known(ir, b, 1) || is_known(ir, a, 0))
        return a;
    return is_known(ir, b, 0) ? b : evex_ir_binary(ir, EVEX_OP_AND, a, b);
}

static int is_one_value(const evex_ir *ir, evex_ir_id condition) {
    return ir->values[condition].is_scalar;
}

/* ---- Uses ----------------------------------------------------------------------------------- */

static void use_always(walker *w, evex_ir_id id, uint32_t domain) {
    usage *u = &w->usages[id];
    if (!u->is_always)
        *u = (usage){.is_always = 1, .domain = domain};
}

/* What the condition may be or-ed with, or NULL. */
static need *find_need(const evex_ir *ir, const usage *u, evex_ir_id condition, uint32_t domain) {
    need *last = u->conditions;
    for (need *n = u->conditions; n != NULL; n = n->next) {
        if (n->condition == condition || n->domain == domain || is_one_value(ir, n->condition) ||
            is_one_value(ir, condition))
            return n;
        last = n;
    }
    return u->n_conditions < MAX_DOMAINS ? NULL : last;
}

static void add_need(walker *w, usage *u, need found) {
    need *n = evex_arena_push(w->arena, sizeof *n);
    if (n == NULL) {
        w->ir->is_out_of_memory = 1;
        return;
    }
    *n = found;
    n->next = u->conditions;
    u->conditions = n;
    u->n_conditions++;
}

/* Here "always", EVEX_IR_NONE, takes the other in. */
static evex_ir_id either(evex_ir *ir, evex_ir_id a, evex_ir_id b) {
    if (a == EVEX_IR_NONE || b == EVEX_IR_NONE)
        return EVEX_IR_NONE;
    return a == b ? a : evex_ir_binary(ir, EVEX_OP_OR, a, b);
}

/* The value is used where the condition of the need holds; EVEX_IR_NONE: everywhere. */
static void use_where(walker *w, evex_ir_id id, need used) {
    const evex_ir_id condition = used.condition;
    const uint32_t domain = used.domain;
    usage *u = &w->usages[id];
    if (id == EVEX_IR_NONE || u->is_always || w->ir->is_out_of_memory)
        return;
    if (condition == EVEX_IR_NONE || is_known(w->ir, condition, 1)) {
        use_always(w, id, domain);
        return;
    }
    if (is_known(w->ir, condition, 0))
        return;
    need *n = find_need(w->ir, u, condition, domain);
    if (n == NULL) {
        add_need(w, u, used);
    } else if (is_opposite(w->ir, condition, n->condition) ||
               is_opposite(w->ir, n->condition, condition)) {
        use_always(w, id, domain);
    } else if (n->condition != condition) {
        if (is_one_value(w->ir, n->condition))
            n->domain = domain;
        n->condition = either(w->ir, n->condition, condition);
        n->gate = either(w->ir, n->gate, used.gate);
    }
}

/* ---- The walk ------------------------------------------------------------------------------- */

/* The need where this condition holds too. */
static need narrowed(evex_ir *ir, need used, evex_ir_id condition) {
    used.condition = both(ir, used.condition, condition);
    if (condition != EVEX_IR_NONE && is_one_value(ir, condition))
        used.gate = both(ir, used.gate, condition);
    return used;
}

static void use_operands(walker *w, const evex_ir_value *v, need used) {
    const uint32_t first = v->first_operand;
    if (v->op != EVEX_OP_SELECT) {
        for (uint32_t k = 0; k < v->n_operands; k++)
            use_where(w, w->ir->operands[first + k], used);
        return;
    }
    const evex_ir_id selector = w->ir->operands[first];
    const evex_ir_id opposite = evex_ir_unary(w->ir, EVEX_OP_INVERT, selector);
    use_where(w, selector, used);
    use_where(w, w->ir->operands[first + 1], narrowed(w->ir, used, selector));
    use_where(w, w->ir->operands[first + 2], narrowed(w->ir, used, opposite));
}

/* A reduction that is used, with a domain of its own for its elements. */
static void use_source(walker *w, const evex_ir_value *v, const usage *u) {
    const evex_ir_reduction *r = &w->ir->reductions[v->index];
    const evex_ir_id source = r->source, mask = r->mask;
    const int is_grouped = r->group != EVEX_IR_NONE;
    evex_ir_id gate = u->is_always ? EVEX_IR_NONE : u->conditions->gate;
    for (const need *n = u->conditions; !u->is_always && n != NULL; n = n->next)
        gate = either(w->ir, gate, n->gate);
    need used = {gate, gate, (uint32_t)(1 + w->ir->n_outputs + v->index), NULL};
    if (is_grouped)
        used = narrowed(w->ir, used, evex_ir_in_group(w->ir));
    use_where(w, mask, used);
    use_where(w, source, narrowed(w->ir, used, mask));
}

static void visit(walker *w, evex_ir_id id) {
    const usage u = w->usages[id];
    const evex_ir_value v = w->ir->values[id];
    if (!u.is_always && u.conditions == NULL)
        return;
    if (v.kind == EVEX_IR_REDUCTION) {
        use_source(w, &v, &u);
    } else if (v.kind == EVEX_IR_INSN) {
        if (u.is_always)
            use_operands(w, &v, (need){EVEX_IR_NONE, EVEX_IR_NONE, u.domain, NULL});
        for (const need *n = u.conditions; n != NULL; n = n->next)
            use_operands(w, &v, *n);
    }
}

/* ---- From notes to guards ------------------------------------------------------------------- */

static int are_alike(const evex_ir_note *a, const evex_ir_note *b) {
    return a->condition == b->condition && a->validity == b->validity &&
           a->failure.message == b->failure.message;
}

/* A subexpression that the text repeats is noted each time; the first of its notes stays.
 * latest[value] is 1 + the latest note kept of a value, earlier[note] the one before it. Returns 0
 * when out of memory. */
static int drop_repeated(walker *w) {
    evex_ir *ir = w->ir;
    uint32_t *latest = evex_arena_push_array(w->arena, ir->n_values, sizeof *latest);
    uint32_t *earlier = evex_arena_push_array(w->arena, ir->n_notes, sizeof *earlier);
    size_t n_kept = 0;
    if (latest == NULL || earlier == NULL)
        return 0;
    for (size_t i = 0; i < ir->n_notes; i++) {
        const evex_ir_note note = ir->notes[i];
        uint32_t same = latest[note.guarded];
        while (same != 0 && !are_alike(&ir->notes[same - 1], &note))
            same = earlier[same - 1];
        if (same == 0) {
            earlier[n_kept] = latest[note.guarded];
            latest[note.guarded] = (uint32_t)n_kept + 1;
            ir->notes[n_kept++] = note;
        }
    }
    ir->n_notes = n_kept;
    return 1;
}

/* The note's guards, one for each need of its value. */
static void add_where_used(evex_ir *ir, const evex_ir_note *note, evex_ir_id fails,
                           const usage *u) {
    if (u->is_always)
        evex_ir_add_guard(ir, fails, note);
    for (const need *n = u->conditions; n != NULL; n = n->next)
        evex_ir_add_guard(ir, both(ir, fails, n->condition), note);
}

/* A guard of a note whose condition is an index: it can stand for itself where nothing narrows it.
 */
static void add_total(evex_ir *ir, const evex_ir_note *note, const usage *u) {
    if (u->is_always && note->validity == EVEX_IR_NONE) {
        evex_ir_add_guard(ir, note->condition, note);
        return;
    }
    const evex_ir_id zero = evex_ir_i64(ir, 0);
    const evex_ir_id fails =
        both(ir, evex_ir_binary(ir, EVEX_OP_GE, note->condition, zero), note->validity);
    add_where_used(ir, note, fails, u);
}

static void add_guards(walker *w, const evex_ir_note *note) {
    evex_ir *ir = w->ir;
    const usage *u = &w->usages[note->guarded];
    ir->place = note->place;
    if (evex_ir_dtype(ir, note->condition) == EVEX_I64) {
        add_total(ir, note, u);
        return;
    }
    const evex_ir_id narrowed = both(ir, note->condition, note->validity);
    const evex_ir_id fails = narrowed == EVEX_IR_NONE ? note->condition : narrowed;
    if (!is_known(ir, fails, 0))
        add_where_used(ir, note, fails, u);
}

/* What rows take of a value with an element a group is computed a second time, row by row. */
static void note_what_rows_take(evex_ir *ir) {
    const size_t n = ir->n_notes;
    for (size_t i = 0; i < n && !ir->is_out_of_memory; i++) {
        evex_ir_note note = ir->notes[i];
        if (!evex_ir_is_taken(ir, note.guarded))
            continue;
        ir->place = note.place;
        note.guarded = evex_ir_take(ir, note.guarded);
        note.condition = evex_ir_take(ir, note.condition);
        note.validity = evex_ir_take(ir, note.validity);
        evex_ir_add_note(ir, &note);
    }
}

evex_status evex_guards_resolve(evex_checker *c) {
    evex_ir *ir = c->ir;
    walker w = {.ir = ir, .arena = c->arena};
    if (ir->n_notes == 0 || ir->is_out_of_memory)
        return evex_check_memory(c);
    note_what_rows_take(ir);
    const size_t n_values = ir->n_values;
    w.usages = evex_arena_push_array(c->arena, n_values, sizeof *w.usages);
    if (w.usages == NULL || !drop_repeated(&w))
        return evex_fail_memory(c->error);
    for (size_t i = 0; i < ir->n_outputs; i++)
        use_always(&w, ir->outputs[i].value, (uint32_t)(1 + i));
    for (size_t id = n_values; id-- > 1 && !ir->is_out_of_memory;)
        visit(&w, (evex_ir_id)id);
    for (size_t i = 0; i < ir->n_notes && !ir->is_out_of_memory; i++)
        add_guards(&w, &ir->notes[i]);
    return evex_check_memory(c);
}
