/* SPDX-License-Identifier: MIT */
/*
 * States that are closed while C still has addresses of their callbacks: the VM unmaps the page
 * that they lead to.  The page is taken again at once, without access, and what is known of its
 * slots is copied.  Of many such states the newest are kept.
 */
#include "runtime/ffi/callbacks.h"

#include "base/pages.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/callback_books.h"

#define MOST_CLOSED 32

static struct ffisan_callbacks *closed; /* newest first; guarded by ffisan_runtime.lock */
static struct ffisan_callbacks *spare;  /* whose doors are in the entry's list */
static unsigned n_closed;

struct ffisan_callbacks *ffisan_callback_books_new(struct ffisan_state *state)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    struct ffisan_callbacks *callbacks = spare;
    if (callbacks)
        spare = callbacks->next_closed;
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    if (!callbacks)
        callbacks = ffisan_pages_map(sizeof(*callbacks));
    if (callbacks)
        callbacks->state = state;
    return callbacks;
}

/* Nothing of it is needed any more; what the entry may be reading stays where it is. */
static void discard(struct ffisan_callbacks *callbacks)
{
    if (callbacks->page && callbacks->n_closed)
        ffisan_pages_unmap((void *)callbacks->page, FFISAN_CALLBACK_PAGE_BYTES);
    ffisan_kept_clear(&callbacks->kept);
    if (!callbacks->is_in_list) {
        ffisan_pages_unmap(callbacks, sizeof(*callbacks));
        return;
    }
    struct ffisan_callback_door *next_door = callbacks->door.next;
    memset((char *)callbacks + sizeof(callbacks->door), 0,
           sizeof(*callbacks) - sizeof(callbacks->door));
    memset(callbacks->door.freed, 0, sizeof(callbacks->door.freed));
    callbacks->door.next = next_door;
    callbacks->is_in_list = true;
    callbacks->next_closed = spare;
    spare = callbacks;
}

static void discard_oldest(void)
{
    struct ffisan_callbacks **link = &closed;
    while ((*link)->next_closed)
        link = &(*link)->next_closed;
    struct ffisan_callbacks *oldest = *link;
    *link = NULL;
    n_closed--;
    discard(oldest);
}

static const char *type_name(struct ffisan_callbacks *callbacks, uint16_t type)
{
    char data[256];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_ctype_function_name(&callbacks->state->vm, type, &text);
    return ffisan_kept_string(&callbacks->kept, data);
}

/* Stacks are shared by many slots: a copy that is there already will do. */
static struct ffisan_stack keep_stack(struct ffisan_callbacks *callbacks, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (callbacks->slots[k].made == callbacks->slots[i].made && callbacks->closed[k].is_kept)
            return callbacks->closed[k].made;
    return ffisan_kept_stack(&callbacks->kept,
                             ffisan_stacks_get(callbacks->state->stacks, callbacks->slots[i].made));
}

/* The types go with the state, so their names are copied before it is closed... */
void ffisan_callbacks_prepare_close(struct ffisan_state *state)
{
    struct ffisan_callbacks *callbacks = state->callbacks;
    for (uint32_t i = 0; callbacks && i < FFISAN_CALLBACK_SLOTS; i++) {
        struct ffisan_callback_slot *slot = &callbacks->slots[i];
        struct ffisan_closed_slot *kept = &callbacks->closed[i];
        if (!slot->is_used || kept->is_kept)
            continue;
        kept->made = keep_stack(callbacks, i);
        kept->type = type_name(callbacks, slot->type);
        kept->is_kept = true;
        callbacks->n_closed++;
    }
}

/* ... and the page is taken after that. */
void ffisan_callbacks_close(struct ffisan_state *state)
{
    struct ffisan_callbacks *callbacks = state->callbacks;
    if (!callbacks)
        return;
    state->callbacks = NULL;
    callbacks->state = NULL;
    callbacks->door.g = 0;
    if (callbacks->n_closed > 0 &&
        (!ffisan_signals_start() ||
         !ffisan_pages_reserve_at(callbacks->page, FFISAN_CALLBACK_PAGE_BYTES)))
        callbacks->n_closed = 0;
    if (callbacks->n_closed == 0) {
        discard(callbacks);
        return;
    }
    callbacks->next_closed = closed;
    closed = callbacks;
    if (++n_closed > MOST_CLOSED)
        discard_oldest();
}

struct ffisan_callbacks *ffisan_callbacks_find_closed(uintptr_t address)
{
    struct ffisan_callbacks *callbacks = closed;
    while (callbacks && address - callbacks->page >= FFISAN_CALLBACK_PAGE_BYTES)
        callbacks = callbacks->next_closed;
    return callbacks;
}
