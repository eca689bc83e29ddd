/* SPDX-License-Identifier: MIT */
#include "runtime/report/here.h"

#include "runtime/report/source.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/ffiplaces.h"
#include "runtime/vm/funcname.h"
#include "runtime/vm/luacall.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/symfile.h"

#include <pthread.h>
#include <string.h>

#define MAX_C_FRAMES 16

static const char *keep(struct ffisan_scratch *scratch, const char *string)
{
    const char *start = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, string);
    ffisan_scratch_end_string(scratch);
    return start;
}

/* Functions that are not exported have names where the file was not stripped. */
static const char *local_name(struct ffisan_scratch *scratch, uintptr_t pc)
{
    const struct link_map *module = ffisan_modules_find(pc);
    const char *start = ffisan_scratch_string(scratch);
    bool found = module && ffisan_symfile_add(ffisan_modules_is_program(module) ? "/proc/self/exe"
                                                                                : module->l_name,
                                              pc - module->l_addr, &scratch->text);
    ffisan_scratch_end_string(scratch);
    return found ? start : NULL;
}

static void add_frame(struct ffisan_here *here, struct ffisan_scratch *scratch, uintptr_t pc,
                      const struct ffisan_cframe *cframe)
{
    const char *name = cframe->function ? keep(scratch, cframe->function) : local_name(scratch, pc);
    scratch->frames[here->n_frames++] =
        (struct ffisan_frame){.lang = FFISAN_LANG_C,
                              .function = name,
                              .module = cframe->module ? keep(scratch, cframe->module) : NULL,
                              .path = cframe->path ? keep(scratch, cframe->path) : NULL,
                              .build = {cframe->build, cframe->build_size},
                              .offset = cframe->offset};
}

/*
 * The VM's own code has used the memory.  On behalf of a C module, by a call of LuaJIT's API?  Then
 * its frames count, from the function of the API on: the index of that.  Else SIZE_MAX: it ran Lua
 * code, which takes it more functions.
 */
static size_t find_api_call(const struct ffisan_here *here)
{
    enum { MOST = 2 };
    struct ffisan_cframe cframe, api = {0};
    size_t i = 0;
    while (i < here->n_pcs && ffisan_cstack_symbol(here->pcs[i], &cframe) && cframe.is_vm) {
        api = cframe;
        i++;
    }
    bool is_api = i > 0 && i <= MOST && api.function && strncmp(api.function, "lua", 3) == 0;
    return is_api && i < here->n_pcs && cframe.module ? i - 1 : SIZE_MAX;
}

void ffisan_here_add_c(struct ffisan_here *here, struct ffisan_scratch *scratch,
                       const ucontext_t *context)
{
    here->n_pcs = ffisan_cstack_capture(here->pcs, FFISAN_HERE_PCS, context);
    size_t api = context ? find_api_call(here) : SIZE_MAX; /* else it is Lua code that asks us */
    struct ffisan_cframe cframe;
    size_t left_out = SIZE_MAX;
    for (size_t i = api == SIZE_MAX ? 0 : api; i < here->n_pcs; i++) {
        if (!ffisan_cstack_symbol(here->pcs[i], &cframe))
            break;
        here->saw_vm = cframe.is_vm;
        if (cframe.is_vm && i != api)
            break;
        if (cframe.is_own)
            continue;
        if (here->n_frames == MAX_C_FRAMES - 1) {
            left_out = i;
            continue;
        }
        add_frame(here, scratch, here->pcs[i], &cframe);
        if (cframe.function && !cframe.is_vm)
            here->function = scratch->frames[here->n_frames - 1].function;
    }
    /* Of a deep stack the innermost ones, and the function that Lua called. */
    if (left_out == SIZE_MAX || !ffisan_cstack_symbol(here->pcs[left_out], &cframe))
        return;
    add_frame(here, scratch, here->pcs[left_out], &cframe);
    if (here->saw_vm && scratch->frames[here->n_frames - 1].function)
        here->function = scratch->frames[here->n_frames - 1].function;
}

/* The memory was used by the VM itself: by ffi.string, ffi.copy ... */
static void name_builtin(struct ffisan_here *here, struct ffisan_scratch *scratch,
                         const struct ffisan_state *state, const struct ffisan_luaframe *frame)
{
    if (!frame->proto || !frame->pc || !ffisan_luacall_in_builtin(&state->vm))
        return;
    const char *name = ffisan_scratch_string(scratch);
    bool found = ffisan_funcname_add(frame->proto, frame->pc, &scratch->text);
    ffisan_scratch_end_string(scratch);
    here->function = found ? name : NULL;
}

/* Another thread may use the memory while ours runs Lua: its stack is none of the use's. */
static bool is_lua_thread(const struct ffisan_here *here, const struct ffisan_state *state)
{
    if (here->saw_vm)
        return true;
    bool is_too_deep = here->n_pcs == FFISAN_HERE_PCS;
    return state->thread == pthread_self() && state->vmstate &&
           (*state->vmstate > 0 || is_too_deep);
}

/* Where compiled code has called C; 0: it has not, or that is not known. */
static uintptr_t machine_pc(const struct ffisan_here *here, const struct ffisan_state *state)
{
    const struct lj_trace *trace =
        state->vmstate && *state->vmstate > 0
            ? ffisan_luastack_trace(&state->vm, (uint32_t)*state->vmstate)
            : NULL;
    for (size_t i = 1; trace && i < here->n_pcs; i++) /* the first one is where the use is */
        if (here->pcs[i] - trace->mcode < trace->szmcode)
            return here->pcs[i];
    return 0;
}

/* Lua code waits for C that it has called: where it is does not change meanwhile. */
static bool waits_for_c(const struct ffisan_state *state)
{
    struct ffisan_luacall call;
    return state->thread != pthread_self() && state->vmstate && *state->vmstate == LJ_VMST_C &&
           ffisan_luacall_find(&state->vm, &call) && lj_tv_type(call.arguments[0]) == LJ_GCT_CDATA;
}

void ffisan_here_add_lua(struct ffisan_here *here, struct ffisan_scratch *scratch,
                         struct ffisan_state *state)
{
    struct ffisan_luaframe luaframes[FFISAN_LUASTACK_MAX];
    struct ffisan_frame *frames = scratch->frames;
    bool is_waiting = !is_lua_thread(here, state);
    if (is_waiting && !waits_for_c(state))
        return;
    size_t n =
        ffisan_luastack_now(&state->vm, here->pcs, here->n_pcs, luaframes, FFISAN_LUASTACK_MAX);
    size_t first = here->n_frames;
    n = ffisan_ffiplaces_refine(
        &state->vm, first == 0 ? FFISAN_FFI_ACCESS : FFISAN_FFI_CALL | FFISAN_FFI_BUILTIN,
        machine_pc(here, state), luaframes, n, FFISAN_LUASTACK_MAX);
    here->n_frames += ffisan_stacks_resolve(state->stacks, luaframes, n, frames + first,
                                            FFISAN_REPORT_FRAMES - first);
    if (here->n_frames == first)
        return;
    for (size_t i = first; i < here->n_frames; i++)
        frames[i].approximate |= is_waiting;
    if (!here->function)
        name_builtin(here, scratch, state, &luaframes[0]);
    const char *source = ffisan_scratch_string(scratch);
    bool found = ffisan_source_line(frames[first].file, frames[first].line, &scratch->text);
    ffisan_scratch_end_string(scratch);
    here->source = found ? source : NULL;
}
