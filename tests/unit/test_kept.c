/* SPDX-License-Identifier: MIT */
/* Copies of stacks, and names from files: what reports about the gone are made of. */
#include "runtime/report/kept.h"
#include "runtime/vm/symfile.h"
#include "tap.h"

#include <link.h>

static void test_copies(void)
{
    char file[] = "mod.lua", function[] = "run";
    struct ffisan_kept kept = {0};
    struct ffisan_frame frames[] = {{.file = file, .line = 7, .function = function},
                                    {.lang = FFISAN_LANG_C, .module = "libfoo.so"}};
    struct ffisan_stack copy =
        ffisan_kept_stack(&kept, (struct ffisan_stack){.n_frames = 2, .frames = frames});
    file[0] = function[0] = 'x';
    TAP_OK(copy.n_frames == 2 && copy.frames != frames, "a stack is copied");
    TAP_TEXT(copy.frames[0].file, "mod.lua", "with its files");
    TAP_TEXT(copy.frames[0].function, "run", "and functions");
    TAP_TEXT(copy.frames[1].module, "libfoo.so", "and modules");
    TAP_OK(copy.frames[0].line == 7 && copy.frames[1].file == NULL, "what is not known stays so");
    TAP_OK(ffisan_kept_stack(&kept, (struct ffisan_stack){0}).n_frames == 0, "no stack, no copy");
    TAP_OK(ffisan_kept_string(&kept, NULL) == NULL, "no string, no copy");
    while (ffisan_kept_string(&kept, "0123456789abcdef"))
        ;
    copy = ffisan_kept_stack(&kept, (struct ffisan_stack){.n_frames = 2, .frames = frames});
    TAP_OK(copy.n_frames == 0, "without room there is none");
    ffisan_kept_clear(&kept);
    TAP_TEXT(ffisan_kept_string(&kept, "again"), "again", "there is room after all is thrown away");
    ffisan_kept_clear(&kept);
}

int symfile_variable[10] = {1};

__attribute__((noinline)) int symfile_function(int x)
{
    return symfile_variable[x % 10] + x;
}

static uintptr_t load_base(void)
{
    return _r_debug.r_map->l_addr;
}

static void test_names(void)
{
    char data[64];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    TAP_OK(ffisan_symfile_add("/proc/self/exe", (uintptr_t)symfile_function - load_base(), &text),
           "a function is found");
    TAP_TEXT(data, "symfile_function", "by its name");
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_symfile_add("/proc/self/exe", (uintptr_t)&symfile_variable[9] + 3 - load_base(), &text);
    TAP_TEXT(data, "symfile_variable", "a variable, also by its last byte");
    ffisan_text_init(&text, data, sizeof(data));
    TAP_OK(!ffisan_symfile_add("/proc/self/exe", UINT64_C(1) << 40, &text), "nothing is there");
    TAP_OK(!ffisan_symfile_add("/proc/self/maps", 0x1000, &text), "a text file has no symbols");
    TAP_OK(!ffisan_symfile_add("/nonexistent", 0x1000, &text), "no file has none either");
    TAP_TEXT(data, "", "and nothing is added");
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_copies();
    test_names();
    return symfile_function(0) == 1 ? tap_done() : 1;
}
