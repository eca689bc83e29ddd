/* SPDX-License-Identifier: MIT */
#include "wire/record.h"

#include "sample_finding.h"
#include "tap.h"

#include <stdlib.h>

static char data[8192];

static const char *record_of(const struct ffisan_finding *finding)
{
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    return ffisan_record_write(&text, finding) ? data : NULL;
}

#define LUA_FRAME(file, line, function)                                                            \
    "{\"lang\":\"lua\",\"file\":\"" file "\",\"line\":" #line ",\"function\":\"" function "\"}"

static void test_sample(void)
{
    static const char want[] =
        "{\"ffisan\":1,\"id\":\"7f3a9c2100000001\",\"severity\":\"error\","
        "\"kind\":\"use-after-collect\","
        "\"title\":\"memory was used after Lua's garbage collector had freed it\",\"pid\":4711,"
        "\"use\":{\"access\":\"write\",\"size\":12,\"function\":\"snprintf\","
        "\"source\":\"C.snprintf(buf.data, buf.len, \\\"%s\\\", \\\"Hello world\\\")\",\"stack\":["
        "{\"lang\":\"c\",\"function\":\"vsnprintf\",\"module\":\"libc.so.6\",\"offset\":512673},"
        "{\"lang\":\"c\",\"function\":\"snprintf\",\"module\":\"libc.so.6\",\"offset\":342546},"
        LUA_FRAME("mod.lua", 22, "run") "," LUA_FRAME("(command line)", 1, "main chunk") "]},"
        "\"holder\":{\"kind\":\"cdata\",\"type\":\"struct my_str_s [1]\",\"field\":\"data\","
        "\"offset\":8,\"made\":[" LUA_FRAME("mod.lua", 17, "main chunk") "],"
        "\"path\":\"package.loaded.mod.run → upvalue buf\"},"
        "\"block\":{\"kind\":\"cdata\",\"type\":\"char [1024]\",\"size\":1024,\"offset\":0,"
        "\"made\":[" LUA_FRAME("base.lua", 199, "get_string_buf") ","
        LUA_FRAME("mod.lua", 20, "run") "," LUA_FRAME("(command line)", 1, "main chunk") "]},"
        "\"collected\":{\"cycle\":3,\"stack\":[" LUA_FRAME("mod.lua", 21, "run") "]},"
        "\"why\":\"buf.data = x copies the address of x into C memory. That is no reference: the "
        "collector does not see it.\","
        "\"fix\":\"keep the buffer in a Lua variable that lives as long as buf:\\n"
        "    local data = get_string_buf(1024, true)      and use data inside run\"}\n";
    struct ffisan_finding finding = sample_finding();
    TAP_TEXT(record_of(&finding), want, "every field of a full finding");
}

static void test_empty(void)
{
    struct ffisan_finding finding = {0};
    TAP_TEXT(record_of(&finding),
             "{\"ffisan\":1,\"id\":\"0000000000000000\",\"severity\":\"error\","
             "\"kind\":\"use-after-collect\","
             "\"title\":\"memory was used after Lua's garbage collector had freed it\"}\n",
             "what is unknown is left out");
    finding = (struct ffisan_finding){
        .severity = (enum ffisan_severity)99,
        .kind = (enum ffisan_kind)99,
        .use.access = (enum ffisan_access)99,
        .holder.kind = (enum ffisan_holder_kind)99,
        .block.kind = (enum ffisan_block_kind)99,
        .use.stack = {.n_frames = 3, .frames = NULL},
    };
    TAP_TEXT(record_of(&finding),
             "{\"ffisan\":1,\"id\":\"0000000000000000\",\"holder\":{\"offset\":0},"
             "\"block\":{\"offset\":0}}\n",
             "values out of range have no name");
}

static void test_parts(void)
{
    struct ffisan_finding finding = {
        .severity = FFISAN_SEVERITY_WARNING,
        .kind = FFISAN_KIND_DANGLING_POINTER,
        .title = "t",
        .pid = -1,
        .use.access = FFISAN_ACCESS_SYSCALL,
        .holder = {.kind = FFISAN_HOLDER_C_VARIABLE, .field = "environ"},
        .block = {.kind = FFISAN_BLOCK_STRING, .offset = INT64_MIN, .preview = "p"},
        .collected.cycle = 4294967295u,
    };
    TAP_TEXT(record_of(&finding),
             "{\"ffisan\":1,\"id\":\"0000000000000000\",\"severity\":\"warning\","
             "\"kind\":\"dangling-pointer\",\"title\":\"t\",\"use\":{\"access\":\"syscall\"},"
             "\"holder\":{\"kind\":\"c-variable\",\"field\":\"environ\",\"offset\":0},"
             "\"block\":{\"kind\":\"string\",\"offset\":-9223372036854775808,\"preview\":\"p\"},"
             "\"collected\":{\"cycle\":4294967295}}\n",
             "a finding of which some is known");
}

static void test_frames(void)
{
    static const uint8_t build[] = {0x0a, 0xb1};
    static const struct ffisan_frame frames[] = {
        {.lang = FFISAN_LANG_C,
         .file = "a.c",
         .line = 7,
         .module = "m.so",
         .path = "/lib/m.so",
         .build = {build, sizeof(build)},
         .offset = UINT64_MAX},
        {.lang = FFISAN_LANG_LUA,
         .file = "x.lua",
         .line = 3,
         .function = "f",
         .module = "not for Lua",
         .path = "nor this",
         .build = {build, sizeof(build)},
         .offset = 5,
         .approximate = true},
        {.lang = FFISAN_LANG_LUA, .line = -1},
    };
    struct ffisan_finding finding = {.severity = FFISAN_SEVERITY_LEAK, .title = ""};
    finding.use.stack = SAMPLE_STACK(frames);
    TAP_TEXT(record_of(&finding),
             "{\"ffisan\":1,\"id\":\"0000000000000000\",\"severity\":\"leak\","
             "\"kind\":\"use-after-collect\",\"title\":\"\",\"use\":{\"stack\":["
             "{\"lang\":\"c\",\"file\":\"a.c\",\"line\":7,\"module\":\"m.so\","
             "\"path\":\"/lib/m.so\",\"build\":\"0ab1\",\"offset\":18446744073709551615},"
             "{\"lang\":\"lua\",\"file\":\"x.lua\",\"line\":3,\"function\":\"f\","
             "\"approximate\":true},{\"lang\":\"lua\"}]}}\n",
             "frames of both languages, and an unknown one");
}

/** How the string is written as a value, with its quotes. */
static const char *escaped(const char *string)
{
    static const char before[] = "\"why\":";
    struct ffisan_finding finding = {.why = string};
    const char *record = record_of(&finding);
    char *value = record != NULL ? strstr(data, before) : NULL;
    if (value == NULL)
        return NULL;
    value[strlen(value) - 2] = '\0';
    return value + strlen(before);
}

static void test_escapes(void)
{
    TAP_TEXT(escaped("a\"b\\c/"), "\"a\\\"b\\\\c/\"", "quotes and backslashes");
    TAP_TEXT(escaped("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"", "controls with a letter");
    TAP_TEXT(escaped("\x01\x1b[0m\x7f"), "\"\\u0001\\u001b[0m\\u007f\"", "other controls");
    TAP_TEXT(escaped("é→😀"), "\"é→😀\"", "UTF-8 stays as it is");
    TAP_TEXT(escaped("a\xff"
                     "b"),
             "\"a\\ufffdb\"", "a byte that UTF-8 never has");
    TAP_TEXT(escaped("\xe2\x82"), "\"\\ufffd\"", "a character cut short by the end");
    TAP_TEXT(escaped("\xe2\x82\""), "\"\\ufffd\\\"\"", "a character cut short by a quote");
    TAP_TEXT(escaped("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"", "a surrogate");
    TAP_TEXT(escaped(""), "\"\"", "an empty string");
}

/** A record is written whole or not at all, whatever the room. */
static void test_every_size(void)
{
    struct ffisan_finding finding = sample_finding();
    size_t length = strlen(record_of(&finding));
    bool all = true;
    for (size_t size = 5; size < length + 20; size++) {
        struct ffisan_text text;
        char *room = malloc(size);
        if (room == NULL)
            break;
        ffisan_text_init(&text, room, size);
        ffisan_text_add(&text, "old ");
        bool fits = ffisan_record_write(&text, &finding);
        all &= fits == (size >= length + 5);
        all &= text.length == (fits ? length + 4 : 4) && text.truncated == !fits;
        all &= strlen(room) == text.length && memcmp(room, "old ", 4) == 0;
        free(room);
    }
    TAP_OK(all && length > 1000, "a record that does not fit leaves no trace");
    struct ffisan_text none;
    ffisan_text_init(&none, NULL, 0);
    TAP_OK(!ffisan_record_write(&none, &finding), "no room at all");
}

static void test_two_records(void)
{
    struct ffisan_finding finding = {.title = "t"};
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    text.truncated = true;
    TAP_OK(ffisan_record_write(&text, &finding) && text.truncated,
           "an earlier cut does not spoil a record, and is not forgotten");
    size_t first = text.length;
    TAP_OK(ffisan_record_write(&text, &finding) && text.length == 2 * first &&
               memcmp(data, data + first, first) == 0,
           "records follow each other");
}

static void test_names(void)
{
    TAP_TEXT(ffisan_severity_name(FFISAN_SEVERITY_LEAK), "leak", "a severity");
    TAP_TEXT(ffisan_kind_name(FFISAN_KIND_OUT_OF_BOUNDS), "out-of-bounds", "a kind");
    TAP_TEXT(ffisan_kind_title(FFISAN_KIND_OUT_OF_BOUNDS),
             "memory was written outside of its bounds", "a title");
    TAP_TEXT(ffisan_kind_name(FFISAN_N_KINDS), NULL, "no kind");
    TAP_TEXT(ffisan_access_name(FFISAN_ACCESS_NONE), NULL, "no access");
    TAP_TEXT(ffisan_access_name(FFISAN_ACCESS_CALL), "call", "an access");
    TAP_TEXT(ffisan_holder_kind_name(FFISAN_HOLDER_STACK), "stack", "a holder");
    TAP_TEXT(ffisan_block_kind_name(FFISAN_BLOCK_COROUTINE), "coroutine", "a block");
    TAP_TEXT(ffisan_block_kind_name((enum ffisan_block_kind) - 1), NULL, "no block");
}

/** A second opinion, where there is one: python3 reads what the tests above compare. */
static void test_python(void)
{
    struct ffisan_finding finding = sample_finding();
    finding.block.preview = "\x01\x7f\xff\"\\\xe2\x82\xac\xed\xa0\x80\xf0\x9f";
    if (system("python3 -c '' 2>/dev/null") != 0) {
        TAP_OK(true, "python3 reads the record # SKIP no python3");
        return;
    }
    FILE *pipe = popen("python3 -m json.tool >/dev/null 2>&1", "w");
    bool written = pipe != NULL && record_of(&finding) != NULL && fputs(data, pipe) >= 0;
    TAP_OK(pipe != NULL && pclose(pipe) == 0 && written, "python3 reads the record");
}

int main(void)
{
    test_sample();
    test_empty();
    test_parts();
    test_frames();
    test_escapes();
    test_every_size();
    test_two_records();
    test_names();
    test_python();
    return tap_done();
}
