/* SPDX-License-Identifier: MIT */
/* What probing finds of callbacks and library functions, compared with a state that uses them. */
#include "runtime/vm/callback_page.h"
#include "runtime/vm/ctype.h"
#include "runtime/vm/table.h"
#include "vm_state.h"

static uint64_t types_word(uint16_t offset)
{
    uint64_t word;
    memcpy(&word, (const void *)(ffisan_vm_word(&vm, vm.layout.ctype_state) + offset), 8);
    return word;
}

static void test_numbers(void)
{
    const uintptr_t page = 0x7f0000000000;
    bool all = true, none = true;
    for (uint32_t slot = 0; slot < FFISAN_CALLBACK_SLOTS; slot++) {
        uintptr_t address = ffisan_callback_address(page, slot);
        all &= ffisan_callback_slot(page, address) == slot;
        none &= ffisan_callback_slot(page, address + 1) == UINT32_MAX;
    }
    TAP_OK(FFISAN_CALLBACK_SLOTS == 896, "a page has 896 slots");
    TAP_OK(all, "every slot is found by its address");
    TAP_OK(none, "an address between slots is none");
    TAP_OK(ffisan_callback_slot(page, page) == UINT32_MAX, "the head is no slot");
    TAP_OK(ffisan_callback_slot(page, page - 4) == UINT32_MAX,
           "what lies before the page is no slot");
    TAP_OK(ffisan_callback_slot(page, page + 4096 + 8) == UINT32_MAX,
           "what lies behind the page is no slot");
    TAP_OK(ffisan_callback_slot(page, page + 8 + 28 * 145) == UINT32_MAX,
           "what lies behind the last slot is none");
}

/* Of slots in several groups: the address that LuaJIT gives out, and what it keeps. */
static void test_state(void)
{
    static const char code[] =
        "local ffi = require('ffi') ffi.cdef 'typedef void (*cb_t)(void);' "
        "local all = {} for i = 1, 100 do all[i] = ffi.cast('cb_t', function() end) end "
        "local function at(i) return tonumber(ffi.cast('intptr_t', all[i])) end "
        "all[50]:free() "
        "return table.concat({ at(2) - at(1), at(33) - at(1), at(100) - at(1) }, ' ')";
    const struct ffisan_callback_layout *layout = &vm.layout.callbacks;
    char expected[64];
    snprintf(expected, sizeof(expected), "%d %d %d", (int)ffisan_callback_address(0, 1) - 8,
             (int)ffisan_callback_address(0, 32) - 8, (int)ffisan_callback_address(0, 99) - 8);
    const char *got = vm_state_run(code, "=test");
    TAP_TEXT(got, expected, "the addresses are those that LuaJIT gives out");
    uint64_t sizes = types_word(layout->sizeid);
    const uint16_t *ids = (const uint16_t *)types_word(layout->cbid);
    TAP_OK(sizes >> 32 == 49, "no slot below the freed one is free");
    TAP_OK((uint32_t)sizes == 128, "the table has grown");
    TAP_OK(ids[0] && ids[99] && !ids[49] && !ids[100], "slots in use have a type, others none");
    TAP_OK(ffisan_callback_page_is_known(types_word(layout->mcode)), "the page is known");
    TAP_OK(types_word(layout->L) == (uint64_t)main_thread, "the thread is the main one");
}

static void test_type_name(void)
{
    const uint16_t *ids = (const uint16_t *)types_word(vm.layout.callbacks.cbid);
    char buffer[128];
    struct ffisan_text text;
    vm_state_run(
        "local ffi = require('ffi') "
        "ffi.cast('unsigned char *(*)(const int *, double, void *)', function() end)",
        "=test");
    ffisan_text_init(&text, buffer, sizeof(buffer));
    TAP_OK(ffisan_ctype_function_name(&vm, ids[49], &text), "the type of a callback has a name");
    TAP_TEXT(buffer, "unsigned char *(*)(const int *, double, void *)", "as C writes it");
    ffisan_text_init(&text, buffer, sizeof(buffer));
    ffisan_ctype_function_name(&vm, ids[0], &text);
    TAP_TEXT(buffer, "void (*)(void)", "also without parameters");
    ffisan_text_init(&text, buffer, sizeof(buffer));
    TAP_OK(!ffisan_ctype_function_name(&vm, 9, &text), "int is no function");
}

static void test_unknown_page(void)
{
    static uint8_t page[4096];
    memcpy(page, (const void *)types_word(vm.layout.callbacks.mcode), sizeof(page));
    TAP_OK(ffisan_callback_page_is_known((uintptr_t)page),
           "a copy is known: its jumps are relative");
    page[ffisan_callback_address(0, 70)] ^= 1;
    TAP_OK(!ffisan_callback_page_is_known((uintptr_t)page), "a page with another byte is not");
}

static void test_tables(void)
{
    api.lua_getfield(main_thread, LUA_GLOBALSINDEX, "package");
    const struct lj_tab *package = lj_table_at((uint64_t)api.lua_topointer(main_thread, -1));
    TAP_OK(lj_tv_type(lj_table_field(package, "path")) == LJ_GCT_STR, "a string field");
    TAP_OK(lj_table_of(lj_table_field(package, "loaded")) != NULL, "a table field");
    TAP_OK(lj_table_of(lj_table_field(package, "path")) == NULL, "a string is no table");
    TAP_OK(lj_table_field(package, "pat") == UINT64_MAX, "no field");
    TAP_OK(lj_table_field(NULL, "path") == UINT64_MAX, "no table");
    api.lua_settop(main_thread, 0);
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    test_numbers();
    TAP_OK(vm.layout.functions_are_known, "library functions are called through their object");
    if (TAP_OK(vm.layout.callbacks.mcode != FFISAN_NO_OFFSET, "callbacks are found")) {
        test_state();
        test_type_name();
        test_unknown_page();
    }
    test_tables();
    return tap_done();
}
