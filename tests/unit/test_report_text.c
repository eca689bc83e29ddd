/* SPDX-License-Identifier: MIT */
#include "wire/report_text.h"

#include "base/utf8.h"
#include "sample_finding.h"
#include "tap.h"

#include <stdlib.h>

static char data[32768];

static const char *report_of(const struct ffisan_finding *finding)
{
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_report_text(&text, finding, false);
    return text.truncated ? NULL : data;
}

static bool has(const char *part)
{
    if (strstr(data, part) != NULL)
        return true;
    tap_show("in", data);
    tap_show("not", part);
    return false;
}

static bool has_not(const char *part)
{
    if (strstr(data, part) == NULL)
        return true;
    tap_show("in", data);
    tap_show("unwanted", part);
    return false;
}

static void test_sample(void)
{
    static const char want[] =
        "ffisan: ERROR: memory was used after Lua's garbage collector had freed it  "
        "use-after-collect 7f3a9c21\n"
        "\n"
        "  mod.lua:22    C.snprintf(buf.data, buf.len, \"%s\", \"Hello world\")\n"
        "                           ^^^^^^^^ write of 12 bytes into memory that is gone\n"
        "\n"
        "  used by       vsnprintf            libc.so.6\n"
        "                snprintf             libc.so.6\n"
        "                mod.lua:22           in function run\n"
        "                (command line):1     in main chunk\n"
        "  through       field data of cdata<struct my_str_s [1]>, created at mod.lua:17\n"
        "                kept alive by package.loaded.mod.run → upvalue buf\n"
        "  memory        char [1024], pointer at its start, created at base.lua:199 in "
        "get_string_buf,\n"
        "                called at mod.lua:20 in run\n"
        "  collected     in cycle 3, triggered at mod.lua:21 in run\n"
        "\n"
        "  why           buf.data = x copies the address of x into C memory. That is no reference: "
        "the\n"
        "                collector does not see it.\n"
        "  fix           keep the buffer in a Lua variable that lives as long as buf:\n"
        "                    local data = get_string_buf(1024, true)      and use data inside run\n"
        "SUMMARY: use-after-collect of char [1024] (base.lua:199) through my_str_s.data "
        "(mod.lua:17) in run (mod.lua:22)\n";
    struct ffisan_finding finding = sample_finding();
    TAP_TEXT(report_of(&finding), want, "the report of the README's program");
}

static void test_empty(void)
{
    struct ffisan_finding finding = {.kind = (enum ffisan_kind)99};
    TAP_TEXT(report_of(&finding), "ffisan: ERROR: something is wrong\n\nSUMMARY: finding\n",
             "nothing is known");
    finding = (struct ffisan_finding){.severity = FFISAN_SEVERITY_WARNING,
                                      .kind = FFISAN_KIND_DANGLING_POINTER};
    report_of(&finding);
    TAP_OK(has("ffisan: WARNING: a raw pointer outlives"), "the headline of a warning");
    TAP_OK(has("\n\nSUMMARY: dangling-pointer\n") && has_not("used"), "without a use");
    finding.severity = FFISAN_SEVERITY_LEAK;
    report_of(&finding);
    TAP_OK(has("ffisan: LEAK: "), "the headline of a leak");
}

/** docs/REPORT-FORMAT.md shows this very report. */
static void test_documentation(void)
{
    static char page[65536];
    struct ffisan_finding finding = sample_finding();
    FILE *file = fopen("docs/REPORT-FORMAT.md", "r");
    if (file == NULL) {
        TAP_OK(true, "the documented report # SKIP not run from the top of the source tree");
        return;
    }
    page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
    fclose(file);
    TAP_OK(strstr(page, report_of(&finding)) != NULL, "the documented report");
}

/** Takes members away one by one; a report must come out each time, without loose ends. */
static void test_missing_members(void)
{
    bool all = true;
    for (unsigned missing = 0; missing < 1u << 14; missing += 37) {
        struct ffisan_finding finding = sample_finding();
        const char **strings[] = {
            &finding.title,       &finding.use.function, &finding.use.source,
            &finding.holder.type, &finding.holder.field, &finding.holder.path,
            &finding.block.type,  &finding.why,          &finding.fix,
        };
        struct ffisan_stack *stacks[] = {
            &finding.use.stack,
            &finding.holder.made,
            &finding.block.made,
            &finding.collected.stack,
        };
        for (unsigned i = 0; i < 9; i++)
            if (missing >> i & 1)
                *strings[i] = NULL;
        for (unsigned i = 0; i < 4; i++)
            if (missing >> (9 + i) & 1)
                *stacks[i] = (struct ffisan_stack){0, NULL};
        if (missing >> 13 & 1)
            finding.use.access = FFISAN_ACCESS_NONE;
        const char *report = report_of(&finding);
        all &= report != NULL && strstr(report, "(null)") == NULL && strstr(report, " \n") == NULL;
        all &= strstr(report, "\n\n\n") == NULL && strstr(report, "\nSUMMARY: ") != NULL;
    }
    TAP_OK(all, "any member may be missing");
}

static const char *carets_of(const char *source, const char *field, const char *path)
{
    struct ffisan_finding finding = sample_finding();
    finding.use.source = source;
    finding.holder.field = field;
    finding.holder.path = path;
    report_of(&finding);
    char *line = strstr(data, source);
    if (line == NULL || (line = strchr(line, '\n')) == NULL || strlen(line) < 17)
        return NULL;
    line += 17;
    size_t length = strcspn(line, "w");
    line[length > 0 ? length - 1 : 0] = '\0';
    return line;
}

static void test_carets(void)
{
    TAP_TEXT(carets_of("f(a.b[1].data, 1)", "data", NULL), "  ^^^^^^^^^^^", "a long expression");
    TAP_TEXT(carets_of("f(\"x.data\", x.data)", "data", NULL), "            ^^^^^^",
             "not in a string");
    TAP_TEXT(carets_of("f('\\'x.data', x.data)", "data", NULL), "              ^^^^^^",
             "not behind an escaped quote");
    TAP_TEXT(carets_of("f(x.database, x.data)", "data", NULL), "              ^^^^^^",
             "whole names");
    TAP_TEXT(carets_of("f(a.data, b.data)", "data", "x → upvalue b"), "          ^^^^^^",
             "the expression with the holder's variable");
    TAP_TEXT(carets_of("f(a.data, 1)", "data", "x → upvalue q"), "  ^^^^^^",
             "the field of a variable that has another name here");
    TAP_TEXT(carets_of("f(s.items[2].name)", "items[2].name", NULL), "  ^^^^^^^^^^^^^^^",
             "the last name of a field");
    TAP_TEXT(carets_of("f(s.items[i])", "items[2]", NULL), "  ^^^^^^^^^^", "its subscript");
    TAP_TEXT(carets_of("C.writev(1, iov, 2)", "iov_base", "main thread → local iov"),
             "            ^^^", "the holder's variable");
    TAP_TEXT(carets_of("C.snprintf(p, 12)", "data", NULL), "^^^^^^^^^^", "the C function");
    TAP_TEXT(carets_of("return data .. x", "data", NULL), "", "no word of it");
    TAP_TEXT(carets_of("f(变量, \"é\", x.data)", "data", NULL), "             ^^^^^^",
             "columns, not bytes");
    TAP_TEXT(carets_of("f( 1,  x.data)", "data", NULL), "       ^^^^^^", "several spaces");
    TAP_TEXT(carets_of("f(1) -- x.data", "data", NULL), "", "not in a comment");
    TAP_TEXT(carets_of("f([[x.data]], x.data)", "data", NULL), "              ^^^^^^",
             "not in a long string");
    TAP_TEXT(carets_of("f(x.a..data.data)", "data", NULL), "       ^^^^^^^^^", "not behind '..'");
}

static void test_long_source(void)
{
    char source[4000];
    struct ffisan_finding finding = sample_finding();
    memset(source, 'a', sizeof(source));
    memcpy(source + 2000, " f(buf.data) ", 13);
    source[sizeof(source) - 1] = '\0';
    finding.use.source = source;
    report_of(&finding);
    const char *line = strstr(data, "…"), *carets = strstr(data, "^^^^^^^^");
    TAP_OK(line != NULL && carets != NULL, "a long line is cut at both ends");
    const char *field = strstr(data, "buf.data"), *end = strchr(data, '^');
    while (end > data && end[-1] != '\n')
        end--;
    TAP_OK(field - line == carets - end - 16 + 2, "and the carets stay under the words");
}

/** What is behind `label` in the report. */
static const char *verdict(enum ffisan_kind kind, enum ffisan_access access, size_t size,
                           int64_t offset, const char *part)
{
    struct ffisan_finding finding = sample_finding();
    finding.kind = kind;
    finding.use.access = access;
    finding.use.size_bytes = size;
    finding.block.offset = offset;
    report_of(&finding);
    return has(part) ? part : NULL;
}

static void test_verdicts(void)
{
    static const struct {
        enum ffisan_kind kind;
        enum ffisan_access access;
        size_t size;
        int64_t offset;
        const char *part;
    } cases[] = {
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_WRITE, 0, 0,
         "^ write into memory that is gone\n"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_WRITE, 1, 16,
         "^ write of 1 byte into memory that is gone, 16 bytes into it\n"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_READ, 4, 1,
         "^ read of 4 bytes from memory that is gone, 1 byte into it\n"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_CALL, 4, 0,
         "^ call into memory that is gone\n"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_SYSCALL, 4, 0,
         "^ use by the kernel (snprintf) of 4 bytes of memory that is gone\n"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_WRITE, 0, 1024,
         "^ write into memory that is gone, just past its end\n"},
        {FFISAN_KIND_OUT_OF_BOUNDS, FFISAN_ACCESS_WRITE, 1, 1024,
         "^ write of 1 byte outside of a block, just past its end\n"},
        {FFISAN_KIND_OUT_OF_BOUNDS, FFISAN_ACCESS_WRITE, 2, 1027,
         "char [1024], damaged 3 bytes past its end, created"},
        {FFISAN_KIND_OUT_OF_BOUNDS, FFISAN_ACCESS_NONE, 0, -8,
         "char [1024], damaged 8 bytes before its start, created"},
        {FFISAN_KIND_USE_AFTER_COLLECT, FFISAN_ACCESS_NONE, 0, 16,
         "char [1024], pointer 16 bytes into it, created"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        TAP_TEXT(
            verdict(cases[i].kind, cases[i].access, cases[i].size, cases[i].offset, cases[i].part),
            cases[i].part, cases[i].part);
}

static void test_holders(void)
{
    struct ffisan_finding finding = sample_finding();
    finding.holder.kind = FFISAN_HOLDER_C_VARIABLE;
    finding.holder.type = "char *[3]";
    finding.holder.field = "table";
    report_of(&finding);
    TAP_OK(has("through       C variable table of type char *[3], created"), "a C variable");
    TAP_OK(has(" through table (mod.lua:17) in run"), "a C variable in the summary");
    finding.holder.kind = FFISAN_HOLDER_CDATA;
    finding.holder.field = NULL;
    finding.holder.offset = 0;
    finding.holder.type = "char *";
    report_of(&finding);
    TAP_OK(has("through       pointer cdata<char *>, created"), "a pointer itself");
    TAP_OK(has(" through char * (mod.lua:17)"), "a pointer itself in the summary");
    finding.holder.kind = FFISAN_HOLDER_USERDATA;
    finding.holder.type = NULL;
    finding.holder.offset = 24;
    report_of(&finding);
    TAP_OK(has("through       offset 24 of userdata, created"), "a place in userdata");
    finding.holder.kind = FFISAN_HOLDER_CDATA;
    finding.holder.type = "struct iovec [4]";
    finding.holder.field = "[2].iov_base";
    report_of(&finding);
    TAP_OK(has("field [2].iov_base of cdata<struct iovec [4]>"), "a field of an element");
    TAP_OK(has(" through iovec[2].iov_base (mod.lua:17)"), "and in the summary");
}

static void test_blocks(void)
{
    struct ffisan_finding finding = sample_finding();
    finding.block.kind = FFISAN_BLOCK_STRING;
    finding.block.type = "string";
    finding.block.size_bytes = 5;
    finding.block.preview = "a\x1b[31m\xff\n";
    report_of(&finding);
    finding.use.source = "f(1,\tx.data)";
    report_of(&finding);
    TAP_OK(has("f(1, x.data)\n                     ^^^^^^ write"), "a tab is one column");
    TAP_OK(has("memory        string of 5 bytes, pointer at its start"), "a string");
    TAP_OK(has("                content \"a\\x1b[31m\xef\xbf\xbd\\n\"\n"), "its content, tamed");
    finding.block.type = "int [1024]";
    finding.block.size_bytes = 4096;
    finding.block.kind = FFISAN_BLOCK_CDATA;
    report_of(&finding);
    TAP_OK(has("memory        int [1024] of 4096 bytes,"), "the size that a type does not tell");
    finding.block.type = NULL;
    finding.block.kind = FFISAN_BLOCK_COROUTINE;
    report_of(&finding);
    TAP_OK(has("memory        coroutine of 4096 bytes,") && has("of coroutine (base.lua:199)"),
           "a coroutine");
}

static void test_frames(void)
{
    static struct ffisan_frame frames[60];
    for (size_t i = 0; i < 60; i++)
        frames[i] = (struct ffisan_frame)SAMPLE_LUA("deep.lua", (int)i + 1, "f");
    frames[0] = (struct ffisan_frame)SAMPLE_C(NULL, "m.so", 0x1f);
    frames[1] = (struct ffisan_frame){.lang = FFISAN_LANG_C,
                                      .file = "a.c",
                                      .line = 7,
                                      .function = "g",
                                      .module = "m.so",
                                      .offset = 1};
    frames[2] = (struct ffisan_frame){.lang = FFISAN_LANG_LUA,
                                      .file = "/a/b/deep.lua",
                                      .line = 3,
                                      .function = "f",
                                      .approximate = true};
    struct ffisan_finding finding = sample_finding();
    finding.use.stack = SAMPLE_STACK(frames);
    report_of(&finding);
    TAP_OK(has("used by       (no name)            m.so+0x1f\n"), "an address without a name");
    TAP_OK(has("                g                    m.so a.c:7\n"), "a C frame with a line");
    TAP_OK(has("                ~/a/b/deep.lua:3     in function f\n"), "an approximate line");
    TAP_OK(has("\n  ~             the code was compiled, or not looked at, "), "is explained");
    TAP_OK(has("\n  ~deep.lua:3   C.snprintf"), "beside the source without folders");
    TAP_OK(has("deep.lua:16          in function f\n                ... 40 frames left out\n"
               "                deep.lua:57          in function f\n"),
           "a deep stack is cut");
    TAP_OK(has("deep.lua:60          in function f\n  through"), "but not at its end");
    TAP_OK(has(" in f (~deep.lua:3)\n"), "the summary");
}

static void test_long_names(void)
{
    static const struct ffisan_frame frames[] = {
        SAMPLE_LUA("/usr/local/openresty/lualib/resty/core/base.lua", 199, "<base.lua:190>"),
        SAMPLE_LUA("[string \"a/b\"]", 1, NULL),
    };
    struct ffisan_finding finding = sample_finding();
    finding.use.stack = finding.block.made = SAMPLE_STACK(frames);
    report_of(&finding);
    TAP_OK(has("\n  base.lua:199  C.snprintf"), "the source has the short name");
    TAP_OK(has("used by       /usr/local/openresty/lualib/resty/core/base.lua:199 in function "),
           "the stack has the whole name");
    TAP_OK(has("                [string \"a/b\"]:1\n"), "a chunk without a file");
    TAP_OK(has(" in function <base.lua:190> (base.lua:199)\n"), "a function without a name");
    TAP_OK(has("created at\n") == false && has("called at\n") == false, "a verb keeps its place");
}

static unsigned longest_line(void)
{
    unsigned longest = 0;
    for (const char *line = data; *line != '\0';) {
        unsigned columns = 0;
        size_t length = strcspn(line, "\n");
        for (size_t at = 0; at < length;) {
            uint32_t code;
            bool valid;
            at += ffisan_utf8_decode(line + at, length - at, &code, &valid);
            columns += ffisan_utf8_width(code);
        }
        if (columns > longest && strncmp(line, "SUMMARY", 7) != 0 && line != data)
            longest = columns;
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    return longest;
}

static void test_wrapping(void)
{
    static char chinese[3 * 150 + 1];
    struct ffisan_finding finding = sample_finding();
    for (size_t i = 0; i < 150; i++)
        memcpy(chinese + 3 * i, "变", 3);
    finding.holder.path =
        "package.loaded.a → table key 'b' → table key 'c' → table key 'd' → "
        "table key 'e' → local f → upvalue buf";
    finding.why = chinese;
    finding.fix =
        "one line\n  - a point that is long enough to be wrapped below itself, and not "
        "below the dash, which is what hanging indents are for\n\n"
        "    code that is as long as it is, because wrapped code is broken code, so it "
        "stays on one line";
    report_of(&finding);
    TAP_OK(has("  - a point that is long enough to be wrapped below itself, and not below the "
               "dash,\n                  which is"),
           "advice keeps its indentation");
    TAP_OK(has("broken code, so it stays on one line\n"), "code is not wrapped");
    finding.fix = NULL;
    report_of(&finding);
    TAP_OK(longest_line() <= 100 && longest_line() > 90, "no line is wider than the page");
}

/** The edge of the page: 82 letters, a space and one letter more fit behind the label. */
static void test_last_column(void)
{
    char word[90];
    struct ffisan_finding finding = {.why = word};
    memset(word, 'x', sizeof(word));
    strcpy(word + 82, " y");
    report_of(&finding);
    TAP_OK(has("x y\n"), "the last column is used");
    strcpy(word + 82, "x y");
    report_of(&finding);
    TAP_OK(has("x\n                y\n"), "and none beyond it");
}

static void test_colors(void)
{
    struct ffisan_finding finding = sample_finding();
    struct ffisan_text text;
    char plain[8192];
    snprintf(plain, sizeof(plain), "%s", report_of(&finding));
    TAP_OK(has_not("\033"), "no colours unless asked");
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_report_text(&text, &finding, true);
    TAP_OK(strncmp(data, "\033[1;31mffisan: ERROR:", 21) == 0, "an error is red");
    char *to = data;
    for (const char *from = data; *from != '\0';) {
        if (*from == '\033')
            from += strcspn(from, "m") + 1;
        else
            *to++ = *from++;
    }
    *to = '\0';
    TAP_TEXT(data, plain, "colours change nothing else");
}

/** Whatever the room: a prefix of the whole report, cut, and never beyond its end. */
static void test_every_size(void)
{
    struct ffisan_finding finding = sample_finding();
    char whole[8192];
    bool all = true;
    snprintf(whole, sizeof(whole), "%s", report_of(&finding));
    for (size_t size = 1; size < strlen(whole) + 3; size++) {
        struct ffisan_text text;
        char *room = malloc(size);
        if (room == NULL)
            break;
        ffisan_text_init(&text, room, size);
        ffisan_report_text(&text, &finding, false);
        all &= text.truncated == (size <= strlen(whole));
        all &= strncmp(room, whole, text.length) == 0 && strlen(room) == text.length;
        free(room);
    }
    TAP_OK(all, "a report is cut where the room ends");
}

int main(void)
{
    test_sample();
    test_empty();
    test_documentation();
    test_missing_members();
    test_carets();
    test_long_source();
    test_verdicts();
    test_holders();
    test_blocks();
    test_frames();
    test_long_names();
    test_wrapping();
    test_last_column();
    test_colors();
    test_every_size();
    return tap_done();
}
