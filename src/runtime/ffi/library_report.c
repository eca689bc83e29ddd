/* SPDX-License-Identifier: MIT */
#include "runtime/audit/keeper.h"
#include "runtime/cmem/creport.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/library_books.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_ffi.h"
#include "runtime/report/here.h"
#include "runtime/report/stores.h"
#include "runtime/vm/symfile.h"

#define N_STEPS 6

struct telling {
    struct ffisan_library *library;
    uintptr_t address;
    ucontext_t *context; /* where the use came from */
    struct ffisan_scratch *scratch;
    struct ffisan_here here;
    struct ffisan_finding finding;
    const char *symbol;
    struct ffisan_holder holder; /* kind NONE: none found */
    unsigned step;
};

static void name_symbol(struct telling *telling)
{
    const struct ffisan_library *library = telling->library;
    const char *start = ffisan_scratch_string(telling->scratch);
    bool found = ffisan_symfile_add(library->path, telling->address - library->load_base,
                                    &telling->scratch->text);
    ffisan_scratch_end_string(telling->scratch);
    telling->symbol = found ? start : NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A call: its target is the innermost frame, in a module that nobody else can name any more. */
static void add_target(struct telling *telling)
{
    const struct ffisan_library *library = telling->library;
    if (telling->finding.use.access != FFISAN_ACCESS_CALL)
        return;
    telling->scratch->frames[telling->here.n_frames++] =
        (struct ffisan_frame){.lang = FFISAN_LANG_C,
                              .function = telling->symbol,
                              .module = base_name(library->path),
                              .path = library->path,
                              .offset = telling->address - library->load_base};
    telling->here.function = telling->symbol;
}

/* What led there: in Lua if anything did, else in C. */
static void find_holder(struct telling *telling)
{
    const struct ffisan_library *library = telling->library;
    struct ffisan_wanted wanted = {
        .from = library->from, .to = library->to, .address = telling->address};
    if (library->state && !ffisan_keeper_in_lua(library->state, &wanted, &telling->holder))
        ffisan_keeper_in_c((uintptr_t)library->state->api->lua_newuserdata, &wanted,
                           &telling->holder);
}

/* Where memory got the address; a pointer that Lua has was made where it has it from. */
static void describe_store(struct telling *telling)
{
    const struct ffisan_holder *holder = &telling->holder;
    struct ffisan_state *state = telling->library->state;
    struct ffisan_stored what = {0};
    if (!state || holder->kind == FFISAN_HOLDER_NONE ||
        (holder->kind == FFISAN_HOLDER_CDATA &&
         ffisan_ctype_is_pointer(&state->vm, (uint16_t)holder->ctypeid, NULL)))
        return;
    memcpy(&what.block, (const void *)(holder->payload + holder->offset), sizeof(what.block));
    ffisan_stores_describe(state, &what, &holder, 1, telling->scratch, &telling->finding);
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    struct ffisan_state *state = telling->library->state;
    switch (telling->step++) {
    case 0:
        name_symbol(telling);
        break;
    case 1:
        add_target(telling);
        ffisan_here_add_c(&telling->here, telling->scratch, telling->context);
        break;
    case 2:
        if (state)
            ffisan_here_add_lua(&telling->here, telling->scratch, state);
        break;
    case 3:
        if (telling->holder.kind)
            ffisan_describe_holder(state, &telling->holder, true, telling->scratch,
                                   &telling->finding);
        break;
    case 4:
        describe_store(telling);
        break;
    case 5:
        ffisan_explain_unloaded(telling->scratch, &telling->finding, telling->symbol,
                                telling->library->is_namespace);
        break;
    }
}

static void fill_block(struct telling *telling)
{
    const struct ffisan_library *library = telling->library;
    struct ffisan_finding *finding = &telling->finding;
    finding->block.kind = FFISAN_BLOCK_LIBRARY;
    finding->block.type = base_name(library->path);
    finding->block.size_bytes = library->to - library->from;
    finding->block.offset = (int64_t)(telling->address - library->from);
    finding->block.made = library->made;
    if (library->is_namespace) {
        finding->collected.cycle = library->cycle;
        finding->collected.stack = library->unloaded;
    } else {
        finding->freed.function = "dlclose";
        finding->freed.stack = library->unloaded;
    }
}

void ffisan_library_report(struct ffisan_library *library, uintptr_t address,
                           enum ffisan_access access, ucontext_t *context)
{
    greg_t pc = context->uc_mcontext.gregs[REG_RIP], sp = context->uc_mcontext.gregs[REG_RSP];
    struct telling telling = {.library = library,
                              .address = address,
                              .context = context,
                              .scratch = ffisan_scratch_begin(),
                              .finding = {.severity = FFISAN_SEVERITY_ERROR,
                                          .kind = FFISAN_KIND_UNLOADED_CODE,
                                          .use = {.access = access}}};
    if (access == FFISAN_ACCESS_CALL)
        ffisan_arch_leave_call(context);
    fill_block(&telling);
    ffisan_creport_begin();
    find_holder(&telling);
    while (telling.step < N_STEPS)
        ffisan_guard_run(gather, &telling);
    telling.finding.use.function = telling.here.function;
    telling.finding.use.source = telling.here.source;
    telling.finding.use.stack = ffisan_here_stack(&telling.here, telling.scratch);
    ffisan_report(&telling.finding);
    context->uc_mcontext.gregs[REG_RIP] = pc;
    context->uc_mcontext.gregs[REG_RSP] = sp;
}
