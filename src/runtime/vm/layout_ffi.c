/* SPDX-License-Identifier: MIT */
/*
 * Two callbacks are made, and one is freed: the page of machine code that their addresses lead to,
 * the table of their types, its size and the next free slot are the words that fit all of that.
 */
#include "runtime/vm/layout_ffi.h"

#include "runtime/vm/callback_page.h"
#include "runtime/vm/table.h"

enum { FIRST_WORD = 16 /* behind tab, top, sizetab */, LAST_WORD = 320 };

static bool was_called;

static int note_call(lua_State *L)
{
    (void)L;
    was_called = true;
    return 0;
}

bool ffisan_layout_probe_functions(const struct ffisan_api *api, lua_State *L)
{
    api->lua_getfield(L, LUA_GLOBALSINDEX, "collectgarbage");
    struct lj_func *function = (struct lj_func *)api->lua_topointer(L, -1);
    was_called = false;
    if (api->lua_type(L, -1) == LUA_TFUNCTION && function->gct == LJ_GCT_FUNC &&
        function->ffid > 1) {
        uint64_t original = function->u.c.f;
        function->u.c.f = (uint64_t)note_call;
        api->lua_pcall(L, 0, 0, 0);
        function->u.c.f = original;
    }
    api->lua_settop(L, 0);
    return was_called;
}

static uint64_t word_at(uintptr_t types, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const void *)(types + offset), sizeof(word));
    return word;
}

static uint16_t find_word(uintptr_t types, uint64_t value)
{
    for (size_t offset = FIRST_WORD; offset < LAST_WORD; offset += 8)
        if (word_at(types, offset) == value)
            return (uint16_t)offset;
    return FFISAN_NO_OFFSET;
}

/* Two tables and more lie there; methods of callbacks are in that with the key "". */
static uint16_t find_miscmap(uintptr_t types, size_t end)
{
    for (size_t offset = FIRST_WORD; offset < end; offset += 8) {
        uint64_t word = word_at(types, offset);
        if (word < 4096 || word >> 47 || word % 8)
            continue;
        const struct lj_tab *methods = lj_table_of(lj_table_field(lj_table_at(word), ""));
        if (lj_tv_type(lj_table_field(methods, "free")) == LJ_GCT_FUNC)
            return (uint16_t)offset;
    }
    return FFISAN_NO_OFFSET;
}

static const char make_two[] =
    "local ffi = require('ffi') ffi.cdef 'typedef void (*ffisan_probe_cb)(void);' "
    "local make = function() return ffi.cast('ffisan_probe_cb', function() end) end "
    "return make(), make()";
static const char free_one[] = "(...):free()";

/* Runs code with the value on top as its argument, if there is one. */
static bool run(const struct ffisan_api *api, lua_State *L, const char *code, int n_results)
{
    int n = api->lua_gettop(L) > 0;
    if (api->luaL_loadbuffer(L, code, strlen(code), "=ffisan") != 0)
        return false;
    if (n)
        api->lua_pushvalue(L, -2);
    return api->lua_pcall(L, n, n_results, 0) == 0;
}

uint8_t ffisan_layout_probe_string(const struct ffisan_api *api, lua_State *L)
{
    uint8_t ffid = 0;
    if (run(api, L, "return require('ffi').string", 1) && api->lua_type(L, -1) == LUA_TFUNCTION)
        ffid = ((const struct lj_func *)api->lua_topointer(L, -1))->ffid;
    api->lua_settop(L, 0);
    return ffid;
}

/* Slots used, type of the last one. */
static bool has_slots(uintptr_t types, const struct ffisan_callback_layout *layout, uint32_t topid,
                      bool is_last_used)
{
    uint64_t sizes = word_at(types, layout->sizeid);
    const uint16_t *ids = (const uint16_t *)word_at(types, layout->cbid);
    return (uint32_t)(sizes >> 32) == topid && (uint32_t)sizes >= 2 && ids[0] != 0 &&
           (ids[1] != 0) == is_last_used;
}

static bool find(const struct ffisan_api *api, lua_State *L, uintptr_t types,
                 struct ffisan_callback_layout *layout)
{
    uint64_t first, second;
    if (!run(api, L, make_two, 2))
        return false;
    memcpy(&first, api->lua_topointer(L, -2), sizeof(first));
    memcpy(&second, api->lua_topointer(L, -1), sizeof(second));
    if (second - first != FFISAN_CALLBACK_SLOT_BYTES)
        return false;
    uint16_t mcode = find_word(types, first - FFISAN_CALLBACK_HEAD_BYTES);
    if (mcode == FFISAN_NO_OFFSET ||
        !ffisan_callback_page_is_known(first - FFISAN_CALLBACK_HEAD_BYTES))
        return false;
    *layout = (struct ffisan_callback_layout){.L = find_word(types, (uint64_t)L),
                                              .miscmap = find_miscmap(types, mcode),
                                              .mcode = mcode,
                                              .cbid = (uint16_t)(mcode + 8),
                                              .sizeid = (uint16_t)(mcode + 16)};
    return word_at(types, layout->cbid) % 8 == 0 && has_slots(types, layout, 2, true) &&
           run(api, L, free_one, 0) && has_slots(types, layout, 1, false);
}

void ffisan_layout_probe_callbacks(const struct ffisan_api *api, lua_State *L, uintptr_t types,
                                   struct ffisan_callback_layout *ret_layout)
{
    struct ffisan_callback_layout layout = {0};
    memset(ret_layout, 0xff, sizeof(*ret_layout));
    if (types && find(api, L, types, &layout) && layout.L != FFISAN_NO_OFFSET &&
        layout.miscmap != FFISAN_NO_OFFSET)
        *ret_layout = layout;
    api->lua_settop(L, 0);
}
