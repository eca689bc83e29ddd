/* SPDX-License-Identifier: MIT */
/*
 * Which modules go is known only when they are gone: all are noted before, and those that are
 * missing afterwards had their place there.  The loader counts what it unloads (dlpi_subs), so a
 * dlclose that only lowers a counter costs one walk over the modules.
 */
#include "runtime/ffi/libraries.h"

#include "base/export.h"
#include "base/pages.h"
#include "base/real.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/leaks.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/library_books.h"
#include "runtime/interrupted.h"
#include "runtime/vm/modules.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_MODULES 512
#define MOST_IMAGES 32 /* of the module that is closed and of those that may go with it */
#define MOST_RANGES 64
#define MOST_KEPT 64
#define MOST_BYTES ((size_t)256 << 20)

static struct ffisan_library *libraries; /* newest first; guarded by ffisan_runtime.lock */

/* The namespace that is being finalised on this thread. */
static __thread struct ffisan_unloader unloader __attribute__((tls_model("initial-exec")));

struct module {
    uintptr_t from, to, load_base;
    uint32_t name;  /* in names */
    uint32_t image; /* number in images + 1; 0 = none */
    bool is_there;
    bool is_taken; /* it was not, and we have its place */
};

/* What is loaded, and the module that is asked for. */
struct snapshot {
    struct module modules[MOST_MODULES];
    char names[MOST_MODULES * 128];
    unsigned n;
    size_t n_chars;
    unsigned long long n_unloaded;
    void *handle;
    bool is_in_reach; /* the module of the handle has been met: what it needs comes behind it */
    struct ffisan_image images[MOST_IMAGES];
    unsigned n_images;
    struct ffisan_leaks_range variables[MOST_RANGES]; /* of the same modules */
    unsigned n_variables;
};

/* ---- Who ------------------------------------------------------------------------------------- */

static uint32_t stack_here(struct ffisan_state *state)
{
    uint32_t visits;
    return state->stacks ? ffisan_stacks_here(state->stacks, &state->vm, 0, &visits) : 0;
}

/* A state that is closed finalizes everything, when no Lua code runs any more: that is no cycle. */
static unsigned cycle_of(const struct ffisan_state *state, uint32_t stack)
{
    return state->is_closing || stack == 0 ? 0 : ffisan_finalizer_cycle(state);
}

static void before_namespace_goes(const struct ffisan_builtin_call *call)
{
    struct ffisan_slot_ref ref;
    struct ffisan_state *state = call->state;
    uint64_t value = ffisan_builtin_value(call, 0);
    if (lj_tv_type(value) != LJ_GCT_UDATA)
        return;
    unloader = (struct ffisan_unloader){
        .state = state, .is_namespace = true, .stack = ffisan_interrupted_stack(state)};
    unloader.cycle = cycle_of(state, unloader.stack);
    if (ffisan_heap_find(&state->heap, lj_tv_object(value), &ref))
        unloader.made = ref.slot->stack;
}

static void after_namespace_went(const struct ffisan_builtin_call *call)
{
    (void)call;
    unloader = (struct ffisan_unloader){0};
}

void ffisan_libraries_watch(void)
{
    ffisan_builtins_watch(FFISAN_BUILTIN_NAMESPACE_GC, before_namespace_goes, after_namespace_went);
}

/* A state that runs on this thread, if it is the only one. */
static struct ffisan_state *state_here(void)
{
    struct ffisan_state *found = NULL;
    for (struct ffisan_state *state = ffisan_runtime.states; state; state = state->next) {
        if (found)
            return NULL;
        found = state;
    }
    return found && found->thread == pthread_self() ? found : NULL;
}

static struct ffisan_unloader who(void)
{
    struct ffisan_unloader result = unloader;
    if (!result.is_namespace && (result.state = state_here()) != NULL)
        result.stack = stack_here(result.state);
    return result;
}

/* ---- What ------------------------------------------------------------------------------------ */

static void find_extent(const struct dl_phdr_info *info, struct module *module)
{
    module->from = UINTPTR_MAX;
    module->to = 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + header->p_vaddr, to = from + header->p_memsz;
        if (header->p_type != PT_LOAD)
            continue;
        module->from = from < module->from ? from : module->from;
        module->to = to > module->to ? to : module->to;
    }
    module->from &= ~(uintptr_t)(FFISAN_PAGE_SIZE - 1);
    module->to = ffisan_pages_round(module->to);
}

static void take_image(struct snapshot *snapshot, const struct dl_phdr_info *info,
                       struct module *module)
{
    if (snapshot->n_images == MOST_IMAGES)
        return;
    struct ffisan_image *image = &snapshot->images[snapshot->n_images];
    ffisan_image_take(image, info, snapshot->handle);
    if (image->is_complete)
        module->image = ++snapshot->n_images;
    else
        ffisan_image_discard(image);
}

static void note_variables(struct snapshot *snapshot, const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum && snapshot->n_variables < MOST_RANGES; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_W))
            snapshot->variables[snapshot->n_variables++] =
                (struct ffisan_leaks_range){from, from + header->p_memsz};
    }
}

static int note_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct snapshot *snapshot = context;
    size_t length = strlen(info->dlpi_name) + 1;
    (void)size;
    snapshot->n_unloaded = info->dlpi_subs;
    if (length == 1 || snapshot->n == MOST_MODULES ||
        length > sizeof(snapshot->names) - snapshot->n_chars)
        return 0;
    struct module *module = &snapshot->modules[snapshot->n++];
    find_extent(info, module);
    module->load_base = info->dlpi_addr;
    module->name = (uint32_t)snapshot->n_chars;
    memcpy(snapshot->names + snapshot->n_chars, info->dlpi_name, length);
    snapshot->n_chars += length;
    snapshot->is_in_reach |= (const void *)ffisan_modules_find(module->from) == snapshot->handle;
    if (snapshot->is_in_reach) {
        take_image(snapshot, info, module);
        note_variables(snapshot, info);
    }
    return 0;
}

static int mark_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct snapshot *snapshot = context;
    struct module now;
    (void)size;
    find_extent(info, &now);
    for (unsigned i = 0; i < snapshot->n; i++)
        snapshot->modules[i].is_there |= snapshot->modules[i].from == now.from;
    return 0;
}

static int read_n_unloaded(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    *(unsigned long long *)context = info->dlpi_subs;
    return 1;
}

/* ---- Keeping their places -------------------------------------------------------------------- */

static void discard(struct ffisan_library *library)
{
    ffisan_pages_unmap((void *)library->from, library->to - library->from);
    ffisan_image_discard(&library->image);
    ffisan_kept_clear(&library->kept);
    ffisan_pages_unmap(library, sizeof(*library));
}

/* Where address space is scarce, little of it is kept. */
static size_t most_bytes(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur / 16 > MOST_BYTES)
        return MOST_BYTES;
    return limit.rlim_cur / 16;
}

/* One that was put back is in use by whoever it was put back for. */
static void make_room(void)
{
    size_t bytes = 0, most = most_bytes();
    unsigned n = 0;
    struct ffisan_library **link = &libraries;
    while (*link) {
        struct ffisan_library *library = *link;
        bytes += library->to - library->from;
        if (library->is_told || (++n <= MOST_KEPT && bytes <= most)) {
            link = &library->next;
            continue;
        }
        *link = library->next;
        discard(library);
    }
}

/* The program may have another working directory when the file is wanted. */
static void name_file(struct ffisan_library *library, const char *name)
{
    struct ffisan_text path;
    ffisan_text_init(&path, library->path, sizeof(library->path));
    if (name[0] != '/' && getcwd(library->path, sizeof(library->path))) {
        path.length = strlen(library->path);
        ffisan_text_add_char(&path, '/');
    }
    ffisan_text_add(&path, name);
}

static void keep(struct snapshot *snapshot, const struct module *module,
                 const struct ffisan_unloader *by, unsigned group)
{
    struct ffisan_library *library = ffisan_pages_map(sizeof(*library));
    if (!library) {
        ffisan_pages_unmap((void *)module->from, module->to - module->from);
        return;
    }
    name_file(library, snapshot->names + module->name);
    library->from = module->from;
    library->to = module->to;
    library->load_base = module->load_base;
    library->state = by->state;
    library->is_namespace = by->is_namespace;
    library->cycle = by->cycle;
    if (by->state) {
        library->made =
            ffisan_kept_stack(&library->kept, ffisan_stacks_get(by->state->stacks, by->made));
        library->unloaded =
            ffisan_kept_stack(&library->kept, ffisan_stacks_get(by->state->stacks, by->stack));
    }
    library->group = group;
    if (module->image) {
        library->image = snapshot->images[module->image - 1];
        snapshot->images[module->image - 1] = (struct ffisan_image){0};
    }
    library->next = libraries;
    libraries = library;
}

/* All places are taken before any memory of our own could come to lie there. */
static void keep_missing(struct snapshot *snapshot, const struct ffisan_unloader *by)
{
    static unsigned n_groups; /* guarded by the lock */
    dl_iterate_phdr(mark_module, snapshot);
    for (unsigned i = 0; i < snapshot->n; i++) {
        struct module *module = &snapshot->modules[i];
        module->is_taken =
            !module->is_there && ffisan_pages_reserve_at(module->from, module->to - module->from);
    }
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    n_groups++;
    for (unsigned i = 0; i < snapshot->n; i++)
        if (snapshot->modules[i].is_taken)
            keep(snapshot, &snapshot->modules[i], by, n_groups);
    make_room();
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_libraries_forget(const struct ffisan_state *state)
{
    for (struct ffisan_library *library = libraries; library; library = library->next)
        if (library->state == state)
            library->state = NULL;
}

/* ---- dlclose --------------------------------------------------------------------------------- */

FFISAN_REAL_SLOT(real_dlclose, dlclose);

static int close_watched(void *handle, int (*real)(void *))
{
    struct ffisan_unloader by = who();
    struct snapshot *snapshot = ffisan_pages_map(sizeof(*snapshot));
    unsigned long long n_unloaded = 0;
    int saved_errno = errno;
    if (!snapshot || !ffisan_signals_start()) {
        if (snapshot)
            ffisan_pages_unmap(snapshot, sizeof(*snapshot));
        return real(handle);
    }
    snapshot->handle = handle;
    dl_iterate_phdr(note_module, snapshot);
    ffisan_leaks_library_goes(snapshot->variables, snapshot->n_variables);
    errno = saved_errno;
    int result = real(handle);
    saved_errno = errno;
    dl_iterate_phdr(read_n_unloaded, &n_unloaded);
    bool is_gone = result == 0 && n_unloaded != snapshot->n_unloaded;
    ffisan_leaks_library_went(is_gone);
    if (is_gone)
        keep_missing(snapshot, &by);
    for (unsigned i = 0; i < snapshot->n_images; i++)
        ffisan_image_discard(&snapshot->images[i]);
    ffisan_pages_unmap(snapshot, sizeof(*snapshot));
    errno = saved_errno;
    return result;
}

FFISAN_EXPORT int watched_dlclose(void *handle) __asm__("dlclose");
int watched_dlclose(void *handle)
{
    int (*real)(void *) = (int (*)(void *))ffisan_real_get(&real_dlclose);
    return ffisan_runtime.states ? close_watched(handle, real) : real(handle);
}

/* ---- A fault --------------------------------------------------------------------------------- */

/* Modules that went together lead into each other: all or none. */
static bool put_back(unsigned group)
{
    bool is_possible = true;
    for (struct ffisan_library *library = libraries; library; library = library->next)
        is_possible &= library->group != group || library->image.is_complete;
    for (struct ffisan_library *library = libraries; library && is_possible;
         library = library->next)
        if (library->group == group)
            is_possible = ffisan_image_put_back(&library->image, library->path);
    return is_possible;
}

static void mark_told(unsigned group)
{
    for (struct ffisan_library *library = libraries; library; library = library->next)
        library->is_told |= library->group == group;
}

enum ffisan_library_answer ffisan_libraries_fault(uintptr_t address, enum ffisan_access access,
                                                  ucontext_t *context)
{
    struct ffisan_library *library = libraries;
    while (library && address - library->from >= library->to - library->from)
        library = library->next;
    if (!library)
        return FFISAN_LIBRARY_NOT_OURS;
    if (library->is_told)
        return FFISAN_LIBRARY_TOLD; /* put back already, or not to be: a fault as any other */
    mark_told(library->group);
    ffisan_library_report(library, address, access, context);
    return put_back(library->group) ? FFISAN_LIBRARY_GOES_ON : FFISAN_LIBRARY_TOLD;
}
