/* SPDX-License-Identifier: MIT */
/*
 * Assembling: from a pass's instructions to calls that a worker can make block by block without
 * looking anything up. Registers become addresses in the worker's memory (layout.c has laid it
 * out); the pointers to arrays that are used in place are listed as moves, for the block loop to
 * keep them on the block.
 */
#include "eval/run.h"
#include "eval/splat.h"

static void *context_of(const evex_run *run, size_t number) {
    return run->matchers != NULL ? run->matchers[number] : NULL;
}

static void find_memory(evex_worker *worker, evex_run *run, size_t number) {
    const evex_pass *pass = run->pass;
    char *memory = run->memory + number * pass->worker_bytes;
    *worker = (evex_worker){.run = run, .pass = pass, .context = context_of(run, number)};
    worker->calls = (void *)(memory + pass->calls_offset);
    worker->operands = (void *)(memory + pass->operands_offset);
    worker->moves = (void *)(memory + pass->moves_offset);
    worker->map = (void *)(memory + pass->map_offset);
    worker->states = (void *)(memory + pass->states_offset);
    worker->temps = memory + pass->temps_offset;
    worker->leaves = memory + pass->leaves_offset;
    worker->trees = (void *)(memory + pass->trees_offset);
    worker->nodes = (void *)(memory + pass->nodes_offset);
    worker->panel = memory + pass->panel_offset;
    worker->groups = (void *)(memory + pass->groups_offset);
}

/* ---- Ports and temporaries ------------------------------------------------------------------ */

/* Whether nobody fetches the elements of an input yet, whose lines all have some. */
static int is_to_fetch(const evex_worker *worker, size_t p, int64_t stride) {
    for (size_t m = 0; m < worker->n_moves; m++)
        if (worker->moves[m].port == p)
            return 0;
    const evex_port *port = &worker->pass->ports[p];
    return worker->pass->is_fetched_ahead && !port->is_output &&
           port->view->validity_form != EVEX_VALIDITY_BITS && stride > 0 &&
           stride <= EVEX_CACHE_LINE;
}

/* Has the block loop keep a pointer on the port's elements. */
static void add_move(evex_worker *worker, size_t p, void *pointer) {
    const evex_pass *pass = worker->pass;
    const evex_port *port = &pass->ports[p];
    const int64_t stride = pass->is_row_by_row || pass->n_dims == 1
                               ? port->strides[pass->n_outer_dims + pass->n_dims - 1]
                               : (int64_t)port->view->item_bytes;
    const int64_t step = (int64_t)((uint64_t)stride * pass->block_length);
    const size_t ahead = is_to_fetch(worker, p, stride) ? (size_t)step : 0;
    worker->moves[worker->n_moves++] = (evex_move){pointer, step, p, ahead};
}

static void place_ports(evex_worker *worker, char *memory) {
    const evex_pass *pass = worker->pass;
    for (size_t p = 0; p < pass->n_ports; p++) {
        const evex_port *port = &pass->ports[p];
        evex_port_state *state = &worker->states[p];
        char *block = memory + port->block_offset;
        *state = (evex_port_state){.block = block,
                                   .extra = memory + port->extra_offset,
                                   .strip = memory + port->strip_offset};
        worker->map[port->reg] =
            (evex_binding_entry){.operand = {block, !port->is_splat}, .port = (uint32_t)p + 1};
        if (!port->is_in_place)
            add_move(worker, p, &state->place);
    }
}

static uint32_t first_temp(const evex_worker *worker) {
    return evex_first_register(worker->run->binding->program, EVEX_CLASS_TEMP);
}

static uint32_t n_temps(const evex_worker *worker) {
    return evex_first_register(worker->run->binding->program, EVEX_CLASS_OUTPUT) -
           first_temp(worker);
}

static void place_temps(evex_worker *worker) {
    evex_binding_entry *temps = worker->map + first_temp(worker);
    for (uint32_t k = 0; k < n_temps(worker); k++)
        temps[k] = (evex_binding_entry){.block = k};
}

/* ---- Operands and results ------------------------------------------------------------------- */

/* Fills operand number `use` of the worker with what a register is now. */
static void read_register(evex_worker *worker, evex_register reg, size_t use) {
    evex_operand *operand = &worker->operands[use];
    if (reg == EVEX_NO_REGISTER) {
        *operand = (evex_operand){NULL, 0};
        return;
    }
    const void *scalar = worker->run->binding->values[reg].scalar;
    if (scalar != NULL) {
        *operand = (evex_operand){scalar, 0};
        return;
    }
    const evex_binding_entry *entry = &worker->map[reg];
    *operand = entry->operand;
    if (entry->port > 0 && worker->pass->ports[entry->port - 1].is_in_place)
        add_move(worker, entry->port - 1, &operand->data);
}

/* The same for operand k of an instruction: TAKE has its first whole. */
static void read_operand(evex_worker *worker, const evex_insn *insn, evex_register reg, uint32_t k,
                         size_t use) {
    if (k == 0 && insn->op == EVEX_OP_TAKE)
        worker->operands[use] = (evex_operand){worker->run->binding->values[reg].whole, 0};
    else
        read_register(worker, reg, use);
}

/* A TEMP's block; where the operand in it has elements of another size, the result gets the spare
 * block and leaves its own as the next spare. */
static void write_temp(evex_worker *worker, void **dst, evex_register reg, int changes_size,
                       uint32_t *spare) {
    evex_binding_entry *entry = &worker->map[reg];
    if (changes_size) {
        const uint32_t old = entry->block;
        entry->block = *spare;
        *spare = old;
    }
    *dst = worker->temps + (size_t)entry->block * worker->pass->temp_bytes;
    entry->operand = (evex_operand){*dst, 1};
}

static void write_register(evex_worker *worker, void **dst, evex_register reg, int changes_size,
                           uint32_t *spare) {
    if (reg == EVEX_NO_REGISTER)
        return;
    if (evex_is_in_class(worker->run->binding->program, reg, EVEX_CLASS_TEMP)) {
        write_temp(worker, dst, reg, changes_size, spare);
        return;
    }
    const uint32_t p = worker->map[reg].port - 1;
    *dst = worker->states[p].block;
    if (worker->pass->ports[p].is_in_place)
        add_move(worker, p, dst);
}

/* ---- Code ----------------------------------------------------------------------------------- */

/* The registers keep their blocks, which later values of theirs may want. */
static void use_hoisted(evex_worker *worker, const evex_insn *insn, const char *splats) {
    worker->map[insn->dst].operand = (evex_operand){splats, 0};
    worker->map[insn->dst].port = 0;
    if (insn->dst2 == EVEX_NO_REGISTER)
        return;
    worker->map[insn->dst2].operand = (evex_operand){splats + EVEX_SPLAT_BYTES, 0};
    worker->map[insn->dst2].port = 0;
}

/* What runs an instruction. */
typedef struct {
    evex_kernel kernel;
    const evex_register *operands;
    uint32_t n_operands;
    int changes_size;
} call_source;

static call_source source_of(const evex_binding *binding, uint32_t number) {
    const evex_insn *insn = &evex_program_insns(binding->program)[number];
    const evex_link *link = &binding->expr->links[number];
    const evex_pair *pair = link->pair;
    if (pair != NULL && (pair->has_both || !binding->is_hoisted[pair->first]))
        return (call_source){pair->kernel, pair->operands, pair->n_operands, 0};
    return (call_source){link->kernel,
                         evex_program_operands(binding->program) + insn->first_operand,
                         insn->n_operands, link->changes_size};
}

static void assemble_insns(evex_worker *worker, size_t *use) {
    const evex_binding *binding = worker->run->binding;
    const evex_program *program = binding->program;
    evex_call *call = worker->calls;
    uint32_t spare = n_temps(worker);
    for (size_t i = 0; i < worker->pass->n_insns; i++) {
        const uint32_t number = worker->pass->insns[i];
        const evex_insn *insn = &evex_program_insns(program)[number];
        if (binding->is_hoisted[number]) {
            if (!binding->expr->links[number].is_unread)
                use_hoisted(worker, insn, binding->hoisted[number]);
            continue;
        }
        if (!evex_is_called(binding, number))
            continue;
        const call_source source = source_of(binding, number);
        *call = (evex_call){.kernel = source.kernel, .src = worker->operands + *use};
        for (uint32_t k = 0; k < source.n_operands; k++)
            read_operand(worker, insn, source.operands[k], k, (*use)++);
        write_register(worker, &call->dst[0], insn->dst, source.changes_size, &spare);
        write_register(worker, &call->dst[1], insn->dst2, 0, &spare);
        call++;
    }
}

static void assemble_reduction(evex_worker *worker, uint32_t number, size_t use) {
    const evex_binding *binding = worker->run->binding;
    const evex_reduction *reduction = &evex_program_reductions(binding->program)[number];
    const evex_fused_sum *fused = evex_fused_sum_of(binding, number);
    if (fused == NULL) {
        read_register(worker, reduction->source, use);
        read_register(worker, reduction->mask, use + 1);
        read_register(worker, reduction->is_grouped ? reduction->group : EVEX_NO_REGISTER, use + 2);
        return;
    }
    for (uint32_t k = 0; k < fused->n_operands; k++)
        read_register(worker, fused->operands[k], use + k);
}

void evex_worker_assemble(evex_worker *worker, evex_run *run, size_t number) {
    find_memory(worker, run, number);
    place_ports(worker, run->memory + number * run->pass->worker_bytes);
    place_temps(worker);
    size_t use = 0;
    assemble_insns(worker, &use);
    worker->sink_operands = worker->operands + use;
    for (size_t k = 0; k < run->pass->n_reductions; k++, use += EVEX_SINK_OPERANDS)
        assemble_reduction(worker, run->pass->reductions[k], use);
}

/* ---- Code that runs once -------------------------------------------------------------------- */

/* Runs an instruction on single elements into a splat, or two that are adjacent. */
static void run_once(evex_worker *worker, uint32_t number, char *splat) {
    const evex_program *program = worker->run->binding->program;
    const evex_insn *insn = &evex_program_insns(program)[number];
    for (uint32_t k = 0; k < insn->n_operands; k++)
        read_operand(worker, insn, evex_program_operands(program)[insn->first_operand + k], k, k);
    const size_t n_bytes = evex_dtype_size((evex_dtype)insn->out_dtype);
    char *second = insn->dst2 != EVEX_NO_REGISTER ? splat + EVEX_SPLAT_BYTES : NULL;
    worker->run->binding->expr->links[number].kernel((void *[]){splat, second}, worker->operands, 1,
                                                     worker->context);
    evex_splat_fill(splat, splat, n_bytes);
    if (second != NULL)
        evex_splat_fill(second, second, n_bytes);
}

void evex_run_hoisted(evex_run *run) {
    const evex_binding *binding = run->binding;
    evex_worker worker;
    find_memory(&worker, run, 0);
    for (size_t i = 0; i < run->pass->n_insns; i++) {
        const uint32_t number = run->pass->insns[i];
        if (!binding->is_hoisted[number])
            continue;
        run_once(&worker, number, binding->hoisted[number]);
        use_hoisted(&worker, &evex_program_insns(binding->program)[number],
                    binding->hoisted[number]);
    }
}

void evex_run_scalars(evex_run *run, const evex_stage *stage) {
    const evex_binding *binding = run->binding;
    evex_worker worker = {
        .run = run, .context = context_of(run, 0), .operands = (void *)run->memory};
    for (uint32_t i = 0; i < stage->n_scalar_insns; i++) {
        const uint32_t number = stage->first_scalar_insn + i;
        const evex_insn *insn = &evex_program_insns(binding->program)[number];
        const evex_value *value = &binding->values[insn->dst];
        if (value->scalar != NULL) {
            run_once(&worker, number, value->scalar);
            continue;
        }
        _Alignas(EVEX_SPLAT_BYTES) char splat[EVEX_SPLAT_BYTES]; /* such code has one result */
        run_once(&worker, number, splat);
        evex_port port = {.view = value->view, .dtype = (evex_dtype)insn->out_dtype};
        evex_port_choose_result(binding, &port);
        evex_port_write(&port, value->view->data, splat);
    }
}
