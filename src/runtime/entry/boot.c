/* SPDX-License-Identifier: MIT */
#include "runtime/entry/boot.h"

#include "base/io.h"
#include "runtime/cmem/captured.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/mappings.h"
#include "runtime/cmem/registrations.h"
#include "runtime/cmem/segments.h"
#include "runtime/cycle/cycle.h"
#include "runtime/cycle/lines.h"
#include "runtime/cycle/schedule.h"
#include "runtime/entry/forks.h"
#include "runtime/entry/hide.h"
#include "runtime/bounds/arguments.h"
#include "runtime/bounds/elements.h"
#include "runtime/bounds/handed.h"
#include "runtime/bounds/initial.h"
#include "runtime/bounds/ranges.h"
#include "runtime/bounds/stored.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/libraries.h"
#include "runtime/ffi/results.h"
#include "runtime/ffi/setting.h"
#include "runtime/report/outlet.h"
#include "runtime/report/report.h"
#include "runtime/report/suppressions.h"
#include "runtime/vm/cstack.h"

#include <errno.h>
#include <string.h>

#define MAX_LUAJITS 8

static struct ffisan_luajit luajits[MAX_LUAJITS]; /* guarded by ffisan_runtime.lock */
static unsigned n_luajits;
static bool is_ready;
static bool has_attached;

static void print_help(void)
{
    char data[4096];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "ffisan: options (FFISAN_OPTIONS=name=value:name=value)\n");
#define FFISAN_OPTION(type, name, def, value, description)                                         \
    ffisan_text_add(&text, "  " #name "=" value "\n      " description "\n");
#include "wire/options.def"
#undef FFISAN_OPTION
    ffisan_io_write(2, text.data, text.length);
}

/* A copy: programs that set their process title write over the environment that they began with. */
static void read_run_dir(void)
{
    static char data[FFISAN_OPTION_STRING_MAX];
    struct ffisan_text copy;
    const char *value = ffisan_hidden_getenv("FFISAN_RUN_DIR");
    bool is_given = value && strlen(value) < sizeof(data);
    ffisan_text_init(&copy, data, sizeof(data));
    if (is_given)
        ffisan_text_add(&copy, value);
    ffisan_outlet_begin(is_given ? data : NULL);
}

static void read_options(void)
{
    char error[256];
    const char *text = ffisan_hidden_getenv("FFISAN_OPTIONS");
    ffisan_options_init(&ffisan_runtime.options);
    read_run_dir();
    if (text && ffisan_options_parse(&ffisan_runtime.options, text, error, sizeof(error)) > 0)
        ffisan_report_note(error);
    if (ffisan_runtime.options.suppressions)
        ffisan_suppressions_read(ffisan_runtime.options.suppressions);
    ffisan_callbacks_watch();
    ffisan_libraries_watch();
    ffisan_arguments_watch();
    ffisan_handed_watch();
    ffisan_mappings_watch();
    ffisan_registrations_watch();
    ffisan_ranges_watch();
    ffisan_initial_watch();
    ffisan_elements_watch();
    ffisan_stored_watch();
    ffisan_captured_watch();
    ffisan_cycle_watch();
    ffisan_schedule_watch();
    ffisan_lines_watch();
    ffisan_results_watch();
    ffisan_setting_watch();
    if (ffisan_runtime.options.help)
        print_help();
}

static void probe(struct ffisan_luajit *luajit)
{
    luajit->problem = ffisan_layout_probe(&luajit->api, &luajit->layout);
    if (!luajit->problem) {
        ffisan_signals_prepare();
        ffisan_segments_prepare();
        ffisan_cstack_prepare((uintptr_t)luajit->api.lua_newstate);
        return;
    }
    char data[256];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_text_add(&text, "a LuaJIT is not watched: ");
    ffisan_text_add(&text, luajit->problem);
    ffisan_report_status("degraded", data);
    ffisan_report_note(data);
}

static bool is_in_use(const struct ffisan_luajit *luajit)
{
    const struct ffisan_state *state = ffisan_runtime.states;
    while (state && state->api != &luajit->api)
        state = state->next;
    return state != NULL;
}

/* A program can load and unload a library again and again: entries without states are reused. */
static struct ffisan_luajit *free_entry(void)
{
    static unsigned next;
    if (n_luajits < MAX_LUAJITS)
        return &luajits[n_luajits++];
    for (unsigned i = 0; i < MAX_LUAJITS; i++) {
        struct ffisan_luajit *luajit = &luajits[next++ % MAX_LUAJITS];
        if (!is_in_use(luajit))
            return luajit;
    }
    return NULL;
}

static const struct ffisan_luajit *find(const void *address_in_luajit)
{
    struct ffisan_api api;
    if (!ffisan_api_find(&api, address_in_luajit))
        return NULL;
    for (unsigned i = 0; i < n_luajits; i++)
        if (luajits[i].api.lua_newstate == api.lua_newstate)
            return &luajits[i];
    struct ffisan_luajit *luajit = free_entry();
    if (!luajit)
        return NULL;
    *luajit = (struct ffisan_luajit){.api = api};
    probe(luajit);
    return luajit;
}

const struct ffisan_luajit *ffisan_boot(const void *address_in_luajit)
{
    int saved_errno = errno;
    const struct ffisan_luajit *luajit = NULL;
    bool is_first = false;
    if (ffisan_lock_take(&ffisan_runtime.lock)) {
        if (!is_ready)
            read_options();
        is_first = !is_ready;
        is_ready = true;
        luajit = find(address_in_luajit);
        ffisan_lock_give(&ffisan_runtime.lock);
    }
    if (is_first)
        ffisan_forks_watch();
    errno = saved_errno;
    return luajit;
}

bool ffisan_boot_knows(const void *function, size_t offset_in_api)
{
    bool found = false;
    if (!function || !ffisan_lock_take(&ffisan_runtime.lock))
        return false;
    for (unsigned i = 0; i < n_luajits && !found; i++)
        found =
            memcmp((const char *)&luajits[i].api + offset_in_api, &function, sizeof(function)) == 0;
    ffisan_lock_give(&ffisan_runtime.lock);
    return found;
}

void ffisan_boot_attached(const struct ffisan_luajit *luajit, const char *how)
{
    (void)luajit;
    has_attached = true;
    ffisan_report_status("attached", how);
}

bool ffisan_boot_has_attached(void)
{
    return has_attached;
}
