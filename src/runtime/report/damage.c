/* SPDX-License-Identifier: MIT */
#include "runtime/report/damage.h"

#include "runtime/cmem/creport.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/modified.h"
#include "runtime/report/place.h"
#include "runtime/report/writers.h"
#include "runtime/state.h"

static const char *describe_bytes(struct ffisan_scratch *scratch,
                                  const struct ffisan_damage *damage,
                                  const struct ffisan_culprit *culprit)
{
    const char *start = ffisan_scratch_string(scratch);
    struct ffisan_text *text = &scratch->text;
    ffisan_text_add(text, "The ");
    ffisan_text_add_unsigned(text, damage->n_bytes);
    ffisan_text_add(text, damage->n_bytes == 1 ? " byte behind the block was overwritten:"
                                               : " bytes behind the block were overwritten:");
    for (uint32_t i = 0; i < damage->n_bytes && i < sizeof(damage->bytes); i++) {
        ffisan_text_add_char(text, ' ');
        ffisan_text_add_hex(text, damage->bytes[i], 2);
    }
    if (damage->n_bytes > sizeof(damage->bytes))
        ffisan_text_add(text, " ...");
    ffisan_text_add(text, culprit && culprit->is_crash
                              ? ". It was found when the program crashed, which may come of it."
                          : culprit && culprit->is_initializer
                              ? ". The string that the array begins as was copied with its NUL."
                          : culprit          ? ". All was well before the call."
                          : damage->was_live ? ". It was found while the block was in use."
                                             : ". It was found when the block was freed.");
    ffisan_scratch_end_string(scratch);
    return start;
}

struct blame {
    struct ffisan_state *state;
    struct ffisan_here *here;
    struct ffisan_scratch *scratch;
    unsigned stage;
};

/* The call has returned: the C frames below this point are ours and the VM's. */
static void add_frames(void *argument)
{
    struct blame *blame = argument;
    if (blame->stage++ == 0)
        ffisan_here_add_c(blame->here, blame->scratch, NULL);
    else
        ffisan_here_add_lua(blame->here, blame->scratch, blame->state);
}

void ffisan_damage_blame(struct ffisan_state *state, struct ffisan_here *here, const char *function,
                         struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    struct blame blame = {.state = state, .here = here, .scratch = scratch};
    here->function = function;
    while (blame.stage < 2)
        ffisan_guard_run(add_frames, &blame);
    finding->use.function = here->function;
    finding->use.source = here->source;
    finding->use.stack = ffisan_here_stack(here, scratch);
}

static void describe_lua_block(struct ffisan_state *state, const struct ffisan_damage *damage,
                               struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    struct ffisan_described_block block = {.content = damage->block,
                                           .size = damage->size,
                                           .type = damage->type,
                                           .made = damage->stack};
    ffisan_describe_block(state, &block, (int64_t)damage->size, scratch, finding);
}

static void describe_c_block(const struct ffisan_damage *damage, struct ffisan_finding *finding)
{
    ffisan_creport_begin();
    finding->block.kind = FFISAN_BLOCK_MALLOC;
    finding->block.size_bytes = damage->size;
    finding->block.offset = (int64_t)damage->size;
    finding->block.made = ffisan_creport_stack(damage->stack, NULL, NULL);
}

/* Nobody was seen to do it: the only place that was seen to write to such blocks, if there is one.
   Its frames are the nearest that are known. */
static void blame_writer(const struct ffisan_state *state, const struct ffisan_damage *damage,
                         bool is_c, struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    static struct ffisan_frame frames[FFISAN_LUASTACK_MAX]; /* guarded by the lock */
    const struct ffisan_written written = {.made = damage->stack, .is_c = is_c};
    struct ffisan_stack stack =
        ffisan_stacks_get(state->stacks, ffisan_writers_find(state, written));
    if (stack.n_frames == 0 || stack.n_frames > FFISAN_LUASTACK_MAX)
        return;
    for (size_t i = 0; i < stack.n_frames; i++) {
        frames[i] = stack.frames[i];
        frames[i].approximate = true;
    }
    finding->use.stack = (struct ffisan_stack){.n_frames = stack.n_frames, .frames = frames};
    const char *why = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, finding->why);
    ffisan_place_add(&scratch->text, " Blocks that are made there were seen to be written only at ",
                     &stack);
    ffisan_text_add_char(&scratch->text, '.');
    ffisan_scratch_end_string(scratch);
    finding->why = why;
}

static void report_one(struct ffisan_state *state, const struct ffisan_damage *damage, bool is_c,
                       const struct ffisan_culprit *culprit)
{
    struct ffisan_scratch *scratch = ffisan_scratch_begin();
    struct ffisan_here here = {0};
    struct ffisan_finding finding = {.severity = FFISAN_SEVERITY_ERROR,
                                     .kind = FFISAN_KIND_OUT_OF_BOUNDS};
    if (is_c)
        describe_c_block(damage, &finding);
    else
        describe_lua_block(state, damage, scratch, &finding);
    finding.use.access = FFISAN_ACCESS_WRITE;
    finding.use.size_bytes = damage->n_bytes;
    finding.why = describe_bytes(scratch, damage, culprit);
    finding.fix =
        culprit && culprit->is_initializer
            ? "Make room for the NUL:\n"
              "    ffi.new(\"char[?]\", #s + 1, s)\n"
              "or copy the bytes without it: ffi.copy(buf, s, #s)."
            : "Make the block larger, or write less: mind the NUL that ffi.copy(dst, string) "
              "appends, lengths in elements against bytes, and loops that count from 1.";
    if (damage->is_content)
        ffisan_modified_describe(state, damage, culprit, scratch, &finding);
    if (culprit && !culprit->is_crash)
        ffisan_damage_blame(state, &here, culprit->function, scratch, &finding);
    else if (!damage->is_content)
        blame_writer(state, damage, is_c, scratch, &finding);
    ffisan_report(&finding);
}

void ffisan_damage_report(struct ffisan_state *state, const struct ffisan_culprit *culprit)
{
    static struct ffisan_damage of_c[FFISAN_DAMAGE_MAX]; /* guarded by the lock */
    if (!ffisan_lock_take(&ffisan_runtime.lock))
        return;
    for (uint32_t i = 0; i < state->heap.n_damage; i++)
        report_one(state, &state->heap.damage[i], false, culprit);
    state->heap.n_damage = 0;
    unsigned n = ffisan_cheap_take_damage(of_c, FFISAN_DAMAGE_MAX);
    for (unsigned i = 0; i < n; i++)
        report_one(state, &of_c[i], true, culprit);
    ffisan_lock_give(&ffisan_runtime.lock);
}
