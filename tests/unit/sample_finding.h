/* SPDX-License-Identifier: MIT */
/** The finding of the README's program, as the runtime would fill it in. */
#ifndef FFISAN_TESTS_UNIT_SAMPLE_FINDING_H
#define FFISAN_TESTS_UNIT_SAMPLE_FINDING_H

#include "wire/finding.h"

#define SAMPLE_STACK(frames) ((struct ffisan_stack){sizeof(frames) / sizeof((frames)[0]), frames})
#define SAMPLE_LUA(file_, line_, function_)                                                        \
    {                                                                                              \
        .lang = FFISAN_LANG_LUA, .file = (file_), .line = (line_), .function = (function_)         \
    }
#define SAMPLE_C(function_, module_, offset_)                                                      \
    {                                                                                              \
        .lang = FFISAN_LANG_C, .function = (function_), .module = (module_), .offset = (offset_)   \
    }

static inline struct ffisan_finding sample_finding(void)
{
    static const struct ffisan_frame use[] = {
        SAMPLE_C("vsnprintf", "libc.so.6", 0x7d2a1),
        SAMPLE_C("snprintf", "libc.so.6", 0x53a12),
        SAMPLE_LUA("mod.lua", 22, "run"),
        SAMPLE_LUA("(command line)", 1, "main chunk"),
    };
    static const struct ffisan_frame holder[] = {SAMPLE_LUA("mod.lua", 17, "main chunk")};
    static const struct ffisan_frame block[] = {
        SAMPLE_LUA("base.lua", 199, "get_string_buf"),
        SAMPLE_LUA("mod.lua", 20, "run"),
        SAMPLE_LUA("(command line)", 1, "main chunk"),
    };
    static const struct ffisan_frame collected[] = {SAMPLE_LUA("mod.lua", 21, "run")};
    return (struct ffisan_finding){
        .id = 0x7f3a9c2100000001u,
        .severity = FFISAN_SEVERITY_ERROR,
        .kind = FFISAN_KIND_USE_AFTER_COLLECT,
        .title = "memory was used after Lua's garbage collector had freed it",
        .pid = 4711,
        .use = {.access = FFISAN_ACCESS_WRITE,
                .size_bytes = 12,
                .function = "snprintf",
                .source = "C.snprintf(buf.data, buf.len, \"%s\", \"Hello world\")",
                .stack = SAMPLE_STACK(use)},
        .holder = {.kind = FFISAN_HOLDER_CDATA,
                   .type = "struct my_str_s [1]",
                   .field = "data",
                   .offset = 8,
                   .made = SAMPLE_STACK(holder),
                   .path = "package.loaded.mod.run → upvalue buf"},
        .block = {.kind = FFISAN_BLOCK_CDATA,
                  .type = "char [1024]",
                  .size_bytes = 1024,
                  .made = SAMPLE_STACK(block)},
        .collected = {.cycle = 3, .stack = SAMPLE_STACK(collected)},
        .why =
            "buf.data = x copies the address of x into C memory. That is no reference: the "
            "collector does not see it.",
        .fix =
            "keep the buffer in a Lua variable that lives as long as buf:\n"
            "    local data = get_string_buf(1024, true)      and use data inside run",
    };
}

#endif
