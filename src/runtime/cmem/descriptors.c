/* SPDX-License-Identifier: MIT */
/*
 * That the collector was the last to close a descriptor, and that a call which was given the number
 * has failed with EBADF, is all that is needed: the number came from a time when it was open.
 */
#include "runtime/cmem/descriptors.h"

#include "base/io.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/fault/door.h"
#include "runtime/fault/guard.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_descriptor.h"
#include "runtime/report/here.h"
#include "runtime/state.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_CLOSED 64

/* One that a finalizer has closed. */
struct closed {
    struct ffisan_state *state; /* NULL: free */
    int descriptor;
    const char *function; /* that closed it */
    uint16_t ctypeid;     /* of the cdata; 0: a userdata */
    uint32_t made;        /* where that was created */
    uint32_t stack;       /* where the collector ran */
    const void *stream;   /* that has the number now, if that is known */
    uint32_t opened;      /* where */
    unsigned cycle;
};

/* Guarded by ffisan_runtime.lock; looked at without. */
static struct closed closed[MOST_CLOSED];
static unsigned n_used, next;

static struct closed *find(int descriptor)
{
    for (unsigned i = 0; i < n_used; i++)
        if (closed[i].descriptor == descriptor && closed[i].state)
            return &closed[i];
    return NULL;
}

static void forget(struct closed *gone)
{
    gone->state = NULL;
    ffisan_door_put(&ffisan_door_gone, gone->descriptor, false);
}

/* Who may not ask believes that it is. */
static bool is_open(int descriptor)
{
    return ffisan_io_is_confined || syscall(SYS_fcntl, descriptor, F_GETFD) != -1;
}

/* The object that is finalised now, and by what the program will not see the descriptor again. */
static bool note(struct ffisan_state *state, struct closed *ret_closed)
{
    struct ffisan_slot_ref ref;
    uint32_t visits;
    if (!state || state->is_ending || state->is_closing)
        return false;
    const struct lj_header *object = ffisan_finalizer_object(state);
    if (!object)
        return false;
    *ret_closed = (struct closed){.state = state, .cycle = ffisan_finalizer_cycle(state)};
    if (object->gct == LJ_GCT_CDATA)
        ret_closed->ctypeid = ((const struct lj_cdata *)object)->ctypeid;
    if (ffisan_heap_find(&state->heap, (uintptr_t)object, &ref) && !ref.slot->is_held)
        ret_closed->made = ref.slot->stack;
    if (state->stacks)
        ret_closed->stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    return true;
}

/* The program can know the number: a cdata has it, and of a file object it was told. */
static bool is_known(const struct closed *now, int descriptor)
{
    return now->ctypeid || descriptor >= FFISAN_DOOR_DESCRIPTORS ||
           ffisan_door_has(&ffisan_door_told, descriptor);
}

static void put_down(const struct closed *now, struct closed *old)
{
    struct closed *place = old ? old : &closed[next++ % MOST_CLOSED];
    if (place->state)
        forget(place);
    *place = *now;
    if (n_used < MOST_CLOSED && next > n_used)
        n_used = next;
    ffisan_door_put(&ffisan_door_gone, now->descriptor, true);
}

void ffisan_descriptors_closing(struct ffisan_state *state, int descriptor, const char *function)
{
    struct closed now;
    struct closed *old = find(descriptor);
    bool is_by_collector = note(state, &now) && is_open(descriptor);
    bool is_worth_it = is_by_collector && is_known(&now, descriptor);
    ffisan_door_put(&ffisan_door_told, descriptor, false);
    if (!old && !is_worth_it)
        return;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    now.descriptor = descriptor;
    now.function = function;
    old = find(descriptor);
    if (is_worth_it)
        put_down(&now, old);
    else if (old && is_by_collector)
        old->stream = NULL; /* one that had the number since, and that nobody knew */
    else if (old)
        forget(old);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_descriptors_opened(struct ffisan_state *state, int descriptor, const void *stream)
{
    uint32_t visits;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    struct closed *gone = find(descriptor);
    if (gone && gone->state == state) {
        gone->stream = stream;
        gone->opened =
            state->stacks ? ffisan_stacks_here(state->stacks, &state->vm, 0, &visits) : 0;
    }
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_descriptors_asked(int descriptor, const void *stream)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    struct closed *gone = find(descriptor);
    if (gone && gone->stream == stream)
        forget(gone);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_descriptors_closed(int first, int last)
{
    if (n_used == 0)
        return;
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    for (unsigned i = 0; i < n_used; i++)
        if (closed[i].state && closed[i].descriptor >= first && closed[i].descriptor <= last)
            forget(&closed[i]);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_descriptors_forget(const struct ffisan_state *state)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    for (unsigned i = 0; i < n_used; i++)
        if (closed[i].state == state)
            forget(&closed[i]);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

/* ---- A use ----------------------------------------------------------------------------------- */

#define N_STEPS 4

struct telling {
    const struct closed *closed;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    struct ffisan_here here;
    unsigned step;
};

/* "5 of a file object", "5 of a cdata<struct socket>" */
static void describe_descriptor(struct telling *telling)
{
    const struct closed *gone = telling->closed;
    struct ffisan_state *state = gone->state;
    struct ffisan_finding *finding = &telling->finding;
    struct ffisan_text *text = &telling->scratch->text;
    finding->block.kind = FFISAN_BLOCK_DESCRIPTOR;
    finding->block.made = ffisan_stacks_get(state->stacks, gone->made);
    finding->collected.cycle = gone->cycle;
    finding->collected.stack = ffisan_stacks_get(state->stacks, gone->stack);
    finding->freed.function = gone->function;
    finding->block.type = ffisan_scratch_string(telling->scratch);
    ffisan_text_add_signed(text, gone->descriptor);
    ffisan_text_add(text, gone->ctypeid ? " of cdata<" : " of a file object");
    if (gone->ctypeid) {
        ffisan_ctype_object_name(&state->vm, gone->ctypeid, 8, text);
        ffisan_text_add_char(text, '>');
    }
    ffisan_scratch_end_string(telling->scratch);
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    switch (telling->step++) {
    case 0:
        ffisan_here_add_c(&telling->here, telling->scratch, NULL);
        break;
    case 1:
        ffisan_here_add_lua(&telling->here, telling->scratch, telling->closed->state);
        break;
    case 2:
        describe_descriptor(telling);
        break;
    case 3: {
        const struct closed *gone = telling->closed;
        struct ffisan_stack reopened = {0};
        if (gone->stream)
            reopened = ffisan_stacks_get(gone->state->stacks, gone->opened);
        ffisan_explain_descriptor(telling->scratch, &telling->finding, &reopened);
        break;
    }
    }
}

static void tell(const struct closed *gone, const char *function)
{
    struct telling telling = {
        .closed = gone,
        .scratch = ffisan_scratch_begin(),
        .finding = {.severity = FFISAN_SEVERITY_ERROR,
                    .kind = FFISAN_KIND_USE_AFTER_COLLECT,
                    .title =
                        "a file descriptor was used after Lua's garbage collector had closed it",
                    .use = {.access = FFISAN_ACCESS_SYSCALL, .function = function}}};
    ffisan_creport_begin();
    while (telling.step < N_STEPS)
        ffisan_guard_run(gather, &telling);
    telling.finding.use.source = telling.here.source;
    telling.finding.use.stack = ffisan_here_stack(&telling.here, telling.scratch);
    ffisan_report(&telling.finding);
}

/* Tells of it once.  Caller holds the lock. */
static bool tell_once(struct closed *gone, const struct ffisan_state *state, const char *function)
{
    bool is_ours = gone && gone->state == state;
    if (is_ours)
        tell(gone, function);
    if (gone)
        forget(gone);
    return is_ours;
}

void ffisan_descriptors_used(struct ffisan_state *state, int descriptor, const char *function)
{
    if (!state || !find(descriptor) || is_open(descriptor) ||
        !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    struct closed *gone = find(descriptor);
    if (gone)
        gone->stream = NULL; /* that has been closed, too */
    bool is_told = tell_once(gone, state, function);
    ffisan_lock_give(&ffisan_runtime.lock);
    if (is_told)
        ffisan_report_halt();
}

/* One that is open again, and not by a stream that we know, belongs to whoever uses it. */
void ffisan_descriptors_reopened(struct ffisan_state *state, int descriptor, const char *function)
{
    bool is_told = false;
    if (!state || !is_open(descriptor) || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    struct closed *gone = find(descriptor);
    if (gone && gone->stream)
        is_told = tell_once(gone, state, function);
    else if (gone)
        forget(gone);
    ffisan_lock_give(&ffisan_runtime.lock);
    if (is_told)
        ffisan_report_halt();
}
