/* SPDX-License-Identifier: MIT */
#include "runtime/report/stacks.h"

#include "base/hash.h"
#include "base/pages.h"
#include "base/text.h"
#include "runtime/heap/heap.h"
#include "runtime/vm/ffiplaces.h"
#include "runtime/vm/funcname.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/proto.h"

#include <string.h>

#define MAX_STACKS (1u << 17)
#define MAX_FRAMES (1u << 19)
#define STRING_BYTES (8u << 20)
#define N_BUCKETS (1u << 18)
#define N_STRING_BUCKETS (1u << 14)
#define N_TRAILS 256u         /* in pairs */
#define MAX_STRING_PROBES 64u /* a table without room must not cost more than that */

struct entry {
    uint64_t hash; /* 0 = its code is gone, it is only looked up by number */
    uint32_t first;
    uint16_t n_keys, n_frames;
    uint32_t visits;
};

/* The stack was walked from there, and this was the number. */
struct known {
    struct ffisan_luatrail trail;
    uint32_t number;
};

/* A place in compiled code, and its number. */
struct compiled {
    uint64_t keys[3];
    uint32_t number;
};

struct ffisan_stacks {
    unsigned depth;
    uint32_t n_stacks, n_frames, n_strings_used;
    uint32_t n_walks;
    uint64_t n_unknown;
    struct known known[N_TRAILS];
    struct compiled compiled[N_TRAILS];
    struct entry entries[MAX_STACKS]; /* [0] is "unknown" */
    uint64_t keys[MAX_FRAMES];        /* parallel to frames: addresses of code */
    struct ffisan_frame frames[MAX_FRAMES];
    uint32_t buckets[N_BUCKETS]; /* entry numbers, open addressing */
    uint32_t string_buckets[N_STRING_BUCKETS];
    char strings[STRING_BYTES]; /* NUL-terminated, each once; offset 0 is unused */
};

struct ffisan_stacks *ffisan_stacks_new(unsigned depth)
{
    struct ffisan_stacks *stacks = ffisan_pages_map(sizeof(*stacks));
    if (!stacks)
        return NULL;
    stacks->depth = depth < 1 ? 1 : depth > FFISAN_LUASTACK_MAX ? FFISAN_LUASTACK_MAX : depth;
    stacks->n_stacks = 1;
    stacks->n_strings_used = 1;
    return stacks;
}

void ffisan_stacks_free(struct ffisan_stacks *stacks)
{
    if (stacks)
        ffisan_pages_unmap(stacks, sizeof(*stacks));
}

/* A string that stays; NULL when there is no room. */
static const char *keep_string(struct ffisan_stacks *stacks, const char *string)
{
    uint64_t hash = ffisan_hash_string(1, string);
    for (uint32_t i = 0; i < MAX_STRING_PROBES; i++) {
        uint32_t *bucket = &stacks->string_buckets[(hash + i) % N_STRING_BUCKETS];
        if (*bucket && strcmp(stacks->strings + *bucket, string) != 0)
            continue;
        if (!*bucket) {
            size_t size = strlen(string) + 1;
            if (size > STRING_BYTES - stacks->n_strings_used)
                return NULL;
            memcpy(stacks->strings + stacks->n_strings_used, string, size);
            *bucket = stacks->n_strings_used;
            stacks->n_strings_used += (uint32_t)size;
        }
        return stacks->strings + *bucket;
    }
    return NULL;
}

static const char *function_name(struct ffisan_stacks *stacks, const struct ffisan_luaframe *frame,
                                 const struct ffisan_luaframe *caller)
{
    if (frame->proto->firstline == 0)
        return keep_string(stacks, "main chunk");
    const char *name = caller && caller->proto && caller->pc && frame->called_by_lua
                           ? ffisan_funcname(caller->proto, caller->pc)
                           : NULL;
    if (name)
        return keep_string(stacks, name);
    char data[256];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "<");
    ffisan_proto_chunkname(frame->proto, &text);
    ffisan_text_add(&text, ":");
    ffisan_text_add_signed(&text, frame->proto->firstline);
    ffisan_text_add(&text, ">");
    return keep_string(stacks, data);
}

size_t ffisan_stacks_resolve(struct ffisan_stacks *stacks, const struct ffisan_luaframe *luaframes,
                             size_t n, struct ffisan_frame *frames, size_t max)
{
    size_t written = 0;
    for (size_t i = 0; i < n && written < max; i++) {
        const struct ffisan_luaframe *frame = &luaframes[i];
        if (!frame->proto)
            continue;
        char data[512];
        struct ffisan_text text;
        ffisan_text_init(&text, data, sizeof(data));
        ffisan_proto_chunkname(frame->proto, &text);
        uint32_t pc = frame->pc ? ffisan_proto_pc(frame->proto, frame->pc) : UINT32_MAX;
        bool approximate = frame->approximate || pc == UINT32_MAX;
        frames[written++] = (struct ffisan_frame){
            .lang = FFISAN_LANG_LUA,
            .file = keep_string(stacks, data),
            .line =
                pc == UINT32_MAX ? frame->proto->firstline : ffisan_proto_line(frame->proto, pc),
            .function = function_name(stacks, frame, i + 1 < n ? &luaframes[i + 1] : NULL),
            .approximate = approximate};
    }
    return written;
}

static uint32_t add_entry(struct ffisan_stacks *stacks, uint64_t hash, const uint64_t *keys,
                          size_t n_keys, const struct ffisan_luaframe *luaframes, size_t n)
{
    size_t room = n_keys > n ? n_keys : n;
    if (stacks->n_stacks == MAX_STACKS || room > MAX_FRAMES - stacks->n_frames) {
        stacks->n_unknown++;
        return 0;
    }
    uint32_t number = stacks->n_stacks++;
    struct entry *entry = &stacks->entries[number];
    entry->hash = hash;
    entry->first = stacks->n_frames;
    entry->n_keys = (uint16_t)n_keys;
    memcpy(&stacks->keys[entry->first], keys, n_keys * sizeof(*keys));
    entry->n_frames =
        (uint16_t)ffisan_stacks_resolve(stacks, luaframes, n, &stacks->frames[entry->first], n);
    stacks->n_frames += (uint32_t)room;
    return number;
}

static bool same_keys(const struct ffisan_stacks *stacks, const struct entry *entry,
                      const uint64_t *keys, size_t n_keys)
{
    return entry->n_keys == n_keys &&
           memcmp(&stacks->keys[entry->first], keys, n_keys * sizeof(*keys)) == 0;
}

/* The bucket of these keys: either it holds their entry, or it is empty. */
static uint32_t *find_bucket(struct ffisan_stacks *stacks, uint64_t hash, const uint64_t *keys,
                             size_t n_keys)
{
    for (uint32_t i = 0;; i++) {
        uint32_t *bucket = &stacks->buckets[(hash + i) % N_BUCKETS];
        const struct entry *entry = &stacks->entries[*bucket];
        if (*bucket == 0 || (entry->hash == hash && same_keys(stacks, entry, keys, n_keys)))
            return bucket;
    }
}

static uint64_t hash_keys(const uint64_t *keys, size_t n_keys)
{
    uint64_t hash = n_keys;
    for (size_t i = 0; i < n_keys; i++)
        hash = ffisan_hash_mix(hash, keys[i]);
    return hash | 1;
}

/* What there is to walk: what runs now, or a thread that has been interrupted. */
struct source {
    const struct ffisan_vm *vm;
    uintptr_t caller;
    bool in_c;
    enum ffisan_luadoing doing;
    const struct lj_thread *interrupted; /* or NULL */
};

/* Compiled code: the trace and the address in it stand for the whole stack. */
static size_t keys_in_trace(const struct source *source, uint32_t trace_number, uint64_t keys[3])
{
    const struct lj_trace *trace = ffisan_luastack_trace(source->vm, trace_number);
    if (!trace)
        return 0;
    keys[0] = (uint64_t)trace;
    keys[1] = source->caller;
    keys[2] = source->doing | (uint64_t)source->in_c << 8;
    return 3;
}

static size_t read_frames(const struct source *source, struct ffisan_luaframe *frames, size_t max)
{
    const struct lj_thread *thread = source->interrupted;
    if (thread)
        return ffisan_luastack_walk(thread, thread->base, false, frames, max);
    size_t n = ffisan_luastack_doing(source->vm, source->caller, source->doing, frames, max);
    return source->in_c ? ffisan_ffiplaces_refine(source->vm, FFISAN_FFI_CALL, source->caller,
                                                  frames, n, max)
                        : n;
}

/* The number of the stack with these keys; it is entered when it is new. */
static uint32_t find_number(struct ffisan_stacks *stacks, const struct source *source,
                            const uint64_t *keys, size_t n_keys)
{
    if (n_keys == 0)
        return 0;
    uint64_t hash = hash_keys(keys, n_keys);
    uint32_t *bucket = find_bucket(stacks, hash, keys, n_keys);
    if (__builtin_expect(*bucket == 0, 0)) {
        struct ffisan_luaframe frames[FFISAN_LUASTACK_MAX];
        size_t n = read_frames(source, frames, stacks->depth);
        *bucket = add_entry(stacks, hash, keys, n_keys, frames, n);
    }
    return *bucket;
}

/* What the walk from a C function looks at besides its frame, and from one place finds in turn. */
static uint64_t saved_pc(const struct ffisan_luatop *top)
{
    uintptr_t cframe = lj_raw_cframe(top->thread->cframe);
    return cframe ? lj_word(cframe + LJ_CFRAME_PC) : 0;
}

/* Where a walk from this top is remembered, and in the place beside it. */
static struct known *first_known(struct ffisan_stacks *stacks, const struct ffisan_luatop *top)
{
    uint64_t link = *(const uint64_t *)top->frame, pc = top->pc ? top->pc : saved_pc(top) >> 1;
    uint64_t hash = (top->frame ^ link << 20 ^ pc << 20) * UINT64_C(0x9e3779b97f4a7c15);
    return &stacks->known[(hash >> 32) % N_TRAILS & ~1u];
}

static __attribute__((noinline)) uint32_t walk(struct ffisan_stacks *stacks,
                                               const struct source *source,
                                               const struct ffisan_luatop *top, struct known *known)
{
    uint64_t keys[FFISAN_LUASTACK_MAX];
    if (known->trail.top.thread)
        known += stacks->n_walks++ & 1;
    size_t n_keys = ffisan_luastack_pcs(top, keys, stacks->depth, &known->trail);
    known->number = find_number(stacks, source, keys, n_keys);
    return known->number;
}

static uint32_t in_interpreter(struct ffisan_stacks *stacks, const struct source *source)
{
    struct ffisan_luatop top;
    if (source->interrupted ? !ffisan_luastack_top_of(source->interrupted, &top)
                            : !ffisan_luastack_top(source->vm, &top))
        return 0;
    struct known *known = first_known(stacks, &top);
    if (__builtin_expect(ffisan_luatrail_holds(&known->trail, &top), 1))
        return known->number;
    if (ffisan_luatrail_holds(&known[1].trail, &top))
        return known[1].number;
    return walk(stacks, source, &top, known);
}

static uint32_t in_compiled_code(struct ffisan_stacks *stacks, const struct source *source,
                                 uint32_t trace)
{
    struct compiled *compiled =
        &stacks->compiled[((source->caller >> 2) + source->doing) % N_TRAILS];
    uint64_t keys[3] = {0};
    size_t n_keys = keys_in_trace(source, trace, keys);
    if (n_keys == 0)
        return 0;
    if (memcmp(compiled->keys, keys, sizeof(keys)) != 0) {
        compiled->number = find_number(stacks, source, keys, n_keys);
        memcpy(compiled->keys, keys, sizeof(keys));
    }
    return compiled->number;
}

static uint32_t find_here(struct ffisan_stacks *stacks, struct source *source)
{
    int32_t vmstate = (int32_t)ffisan_vm_word(source->vm, source->vm->layout.vmstate);
    if (vmstate > 0) {
        source->caller = source->caller ?: ffisan_luastack_machine_pc(source->vm);
        return in_compiled_code(stacks, source, (uint32_t)vmstate);
    }
    return lj_vmstate_is_interpreter(vmstate) ? in_interpreter(stacks, source) : 0;
}

uint32_t ffisan_stacks_doing(struct ffisan_stacks *stacks, const struct ffisan_vm *vm,
                             uintptr_t caller, enum ffisan_luadoing doing, uint32_t *ret_visits)
{
    struct source source = {.vm = vm, .caller = caller, .doing = doing};
    uint32_t number = find_here(stacks, &source);
    *ret_visits = ffisan_stacks_visit(stacks, number);
    return number;
}

uint32_t ffisan_stacks_in_c(struct ffisan_stacks *stacks, const struct ffisan_vm *vm,
                            uintptr_t caller)
{
    struct source source = {.vm = vm, .caller = caller, .in_c = true};
    uint32_t number = find_here(stacks, &source);
    ffisan_stacks_visit(stacks, number);
    return number;
}

uint32_t ffisan_stacks_of(struct ffisan_stacks *stacks, const struct lj_thread *interrupted)
{
    struct source source = {.interrupted = interrupted};
    return in_interpreter(stacks, &source);
}

uint32_t ffisan_stacks_visit(struct ffisan_stacks *stacks, uint32_t number)
{
    return number ? ++stacks->entries[number].visits : 0;
}

struct ffisan_stack ffisan_stacks_get(const struct ffisan_stacks *stacks, uint32_t number)
{
    if (!stacks || number == 0 || number >= stacks->n_stacks)
        return (struct ffisan_stack){0};
    const struct entry *entry = &stacks->entries[number];
    return (struct ffisan_stack){.n_frames = entry->n_frames,
                                 .frames = &stacks->frames[entry->first]};
}

size_t ffisan_stacks_pcs(const struct ffisan_stacks *stacks, uint32_t number,
                         const uint64_t **ret_pcs)
{
    if (!stacks || number == 0 || number >= stacks->n_stacks)
        return 0;
    *ret_pcs = &stacks->keys[stacks->entries[number].first];
    return stacks->entries[number].n_keys;
}

static bool code_is_gone(const struct ffisan_stacks *stacks, const struct entry *entry,
                         struct ffisan_heap *heap)
{
    struct ffisan_slot_ref ref;
    for (uint32_t i = 0; i < entry->n_keys; i++)
        if (ffisan_heap_find(heap, stacks->keys[entry->first + i], &ref) &&
            ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE)
            return true;
    return false;
}

void ffisan_stacks_forget_dead_code(struct ffisan_stacks *stacks, struct ffisan_heap *heap)
{
    for (uint32_t number = 1; number < stacks->n_stacks; number++) {
        struct entry *entry = &stacks->entries[number];
        if (entry->hash && code_is_gone(stacks, entry, heap))
            entry->hash = 0; /* its bucket stays taken, so that others are still found */
    }
    for (uint32_t i = 0; i < N_TRAILS; i++)
        stacks->known[i].trail.top.thread = NULL;
    memset(stacks->compiled, 0, sizeof(stacks->compiled));
}

bool ffisan_stacks_is_worn(const struct ffisan_stacks *stacks)
{
    uint32_t n_gone = 0;
    if (stacks->n_stacks < MAX_STACKS && MAX_FRAMES - stacks->n_frames >= FFISAN_LUASTACK_MAX)
        return false;
    for (uint32_t number = 1; number < stacks->n_stacks; number++)
        n_gone += stacks->entries[number].hash == 0;
    return n_gone > stacks->n_stacks / 2;
}

struct ffisan_stacks_counts ffisan_stacks_count(const struct ffisan_stacks *stacks)
{
    return (struct ffisan_stacks_counts){.n_stacks = stacks->n_stacks - 1,
                                         .n_frames = stacks->n_frames,
                                         .n_unknown = stacks->n_unknown};
}
