/* SPDX-License-Identifier: MIT */
#include "wire/options.h"

#include "tap.h"

#include <limits.h>
#include <stdint.h>

static struct ffisan_options options;
static char error[256];

/** Parses on top of the defaults. Returns the number of errors. */
static unsigned parse(const char *text)
{
    ffisan_options_init(&options);
    memset(error, 'x', sizeof(error));
    return ffisan_options_parse(&options, text, error, sizeof(error));
}

static void test_defaults(void)
{
    TAP_OK(parse("") == 0 && error[0] == '\0', "nothing to parse");
    TAP_OK(options.gc == FFISAN_GC_AUTO && options.color == FFISAN_COLOR_AUTO, "default words");
    TAP_OK(options.report == NULL && options.log == NULL, "default strings");
    TAP_OK(options.frames == 8 && options.quarantine == 4u << 20, "default numbers");
    TAP_OK(!options.halt && !options.stats, "default switches");
    TAP_OK(parse(":: : \n:") == 0, "empty entries are nothing");
}

static void test_types(void)
{
    TAP_OK(parse("gc=line:color=never:frames=16:quarantine=3k:halt=1:report=out.jsonl") == 0,
           "one of each type");
    TAP_OK(options.gc == FFISAN_GC_LINE, "a word");
    TAP_OK(options.color == FFISAN_COLOR_NEVER, "a word of another list");
    TAP_OK(options.frames == 16, "a number");
    TAP_OK(options.quarantine == 3072, "a size");
    TAP_OK(options.halt, "a switch");
    TAP_TEXT(options.report, "out.jsonl", "a string");
    TAP_OK(options.malloc == FFISAN_MALLOC_OWN, "what was not named has its default");
    TAP_OK(parse("malloc=ledger") == 0 && options.malloc == FFISAN_MALLOC_LEDGER &&
               parse("malloc=off") == 0 && options.malloc == FFISAN_MALLOC_NONE &&
               parse("malloc") == 0 && options.malloc == FFISAN_MALLOC_OWN &&
               parse("malloc=0") == 0 && options.malloc == FFISAN_MALLOC_NONE &&
               parse("malloc=own") == 1 && options.malloc == FFISAN_MALLOC_OWN,
           "malloc takes what a bool takes, and a word");
    TAP_OK(parse("gc=alloc:gc=natural") == 0 && options.gc == FFISAN_GC_NATURAL, "the last counts");
    TAP_OK(parse("halt:stats=on:dangling=yes:halt=false") == 0, "all spellings of a switch");
    TAP_OK(!options.halt && options.stats && options.dangling, "and what they mean");
    TAP_OK(parse("max-reports=7") == 0 && options.max_reports == 7, "'-' is '_'");
    TAP_OK(parse(" frames = 3 : gc = line ") == 0 && options.frames == 3, "spaces do not count");
}

static void test_sizes(void)
{
    TAP_OK(parse("quarantine=0") == 0 && options.quarantine == 0, "no bytes");
    TAP_OK(parse("quarantine=2M") == 0 && options.quarantine == 2u << 20, "M");
    TAP_OK(parse("quarantine=5g") == 0 && options.quarantine == (size_t)5 << 30, "g");
    TAP_OK(parse("quarantine=18446744073709551615") == 0 && options.quarantine == SIZE_MAX,
           "the largest size");
    TAP_OK(parse("quarantine=18446744073709551616") == 1, "one more");
    TAP_TEXT(error,
             "option 'quarantine' was given a number that is too large: '18446744073709551616'",
             "is called too large");
    TAP_OK(options.quarantine == 4u << 20, "and changes nothing");
    TAP_OK(parse("quarantine=17179869183g") == 0, "the largest number of g");
    TAP_OK(parse("quarantine=17179869184g") == 1, "one g more");
    TAP_OK(parse("quarantine=99999999999999999999999g") == 1, "many g more");
    TAP_OK(parse("quarantine=4q") == 1 && parse("quarantine=k") == 1 &&
               parse("quarantine=4kk") == 1 && parse("quarantine=-1") == 1 &&
               parse("quarantine=+") == 1 && parse("quarantine=0x10") == 1,
           "what is no size");
    TAP_TEXT(error, "option 'quarantine' takes BYTES, not '0x10'", "is refused with a reason");
}

static void test_numbers(void)
{
    TAP_OK(parse("max_reports=4294967295") == 0 && options.max_reports == UINT_MAX, "the largest");
    TAP_OK(parse("max_reports=4294967296") == 1, "one more");
    TAP_OK(parse("max_reports=1k") == 1, "a number takes no unit");
    TAP_OK(parse("frames=17") == 1 && options.frames == 8, "out of range");
    TAP_TEXT(error, "option 'frames' takes a number from 1 to 16, not '17'", "names the range");
    TAP_OK(parse("frames=0") == 1 && parse("frames=1") == 0 && parse("frames=16") == 0, "its ends");
}

static void test_strings(void)
{
    TAP_OK(parse("report='/a:b=c':log=\"x:'y\"") == 0, "quoted values");
    TAP_TEXT(options.report, "/a:b=c", "keep their colons");
    TAP_TEXT(options.log, "x:'y", "and the other quote");
    TAP_OK(parse("report=a'b:frames=2") == 0 && options.frames == 2, "a quote in the middle");
    TAP_TEXT(options.report, "a'b", "is a letter");
    TAP_OK(parse("report='open:frames=2") == 1 && options.frames == 2, "a quote that stays open");
    TAP_TEXT(error, "quotes do not match in 'report='open'", "spoils its entry only");
    TAP_OK(parse("report='a'b:frames=2") == 1 && options.frames == 2, "text behind the quote");
    TAP_OK(parse("report=") == 1 && parse("report") == 1, "a string needs a value");
    TAP_TEXT(error, "option 'report' needs a value: FILE", "and says which");
}

static void test_long_strings(void)
{
    static char text[2 * FFISAN_OPTION_STRING_MAX];
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "report=", 7);
    text[7 + FFISAN_OPTION_STRING_MAX - 1] = '\0';
    TAP_OK(parse(text) == 0 && strlen(options.report) == FFISAN_OPTION_STRING_MAX - 1,
           "the longest string");
    text[7 + FFISAN_OPTION_STRING_MAX - 1] = 'x';
    text[7 + FFISAN_OPTION_STRING_MAX] = '\0';
    TAP_OK(parse(text) == 1 && options.report == NULL, "a longer one is refused");
    TAP_TEXT(error, "option 'report' was given a value longer than 1023 bytes", "with the limit");
}

static void test_storage(void)
{
    bool all = true;
    ffisan_options_init(&options);
    for (unsigned i = 0; i < 10; i++) {
        all &= ffisan_options_set(&options, "report", i % 2 == 0 ? "even" : "odd", error, 256);
        all &= ffisan_options_set(&options, "log", "log", error, 256);
    }
    TAP_OK(all && options.n_strings == 2, "a string that is set again reuses its storage");
    TAP_TEXT(options.report, "odd", "the last string counts");
    TAP_OK(ffisan_options_set(&options, "report", options.report + 1, error, 256),
           "a string may be a piece of itself");
    TAP_TEXT(options.report, "dd", "and is copied whole");
}

static void test_suggestions(void)
{
    TAP_OK(parse("qarantine=1") == 1, "an unknown option");
    TAP_TEXT(error, "unknown option 'qarantine' (did you mean 'quarantine'?)", "a letter missing");
    TAP_TEXT(ffisan_options_suggest("lgo"), "log", "two letters swapped");
    TAP_TEXT(ffisan_options_suggest("max-"), "max_reports", "a beginning with a dash");
    TAP_TEXT(ffisan_options_suggest("colour"), "color", "a letter too many");
    TAP_TEXT(ffisan_options_suggest("Halt"), "halt", "a capital");
    TAP_TEXT(ffisan_options_suggest("max-report"), "max_reports", "a dash");
    TAP_TEXT(ffisan_options_suggest("quar"), "quarantine", "a beginning");
    TAP_TEXT(ffisan_options_suggest("zzzzzz"), NULL, "nothing like it");
    TAP_TEXT(ffisan_options_suggest(""), NULL, "nothing at all");
    TAP_OK(parse("gc=natral") == 1, "an unknown word");
    TAP_TEXT(error,
             "option 'gc' takes natural|auto|alloc|line, not 'natral' (did you mean 'natural'?)",
             "is compared with the known words");
    TAP_OK(parse("halt=maybe") == 1, "no switch");
    TAP_TEXT(error, "option 'halt' takes 0|1, not 'maybe'", "gets no suggestion");
}

static void test_garbage(void)
{
    TAP_OK(parse("frames=2:=:===:'':nonsense:\x1b[31m=1:gc=line") == 5, "garbage is counted");
    TAP_OK(options.frames == 2 && options.gc == FFISAN_GC_LINE, "and the rest still counts");
    TAP_TEXT(error, "unknown option ''", "the first error is kept");
    TAP_OK(parse("\x1b[31m\xff=1") == 1, "bytes that a terminal would obey");
    TAP_TEXT(error, "unknown option '?[31m?'", "are not repeated");
    TAP_OK(parse("a23456789012345678901234567890123456789012345678901234567890=1") == 1,
           "a long name");
    TAP_TEXT(error, "unknown option 'a23456789012345678901234567890123456789012345678...'",
             "is cut");
}

static void test_small_error_buffers(void)
{
    char small[8];
    ffisan_options_init(&options);
    TAP_OK(ffisan_options_parse(&options, "nonsense", small, sizeof(small)) == 1, "small buffer");
    TAP_TEXT(small, "unknown", "the message is cut");
    TAP_OK(ffisan_options_parse(&options, "nonsense", NULL, 0) == 1, "no buffer");
    TAP_OK(!ffisan_options_set(&options, "gc", NULL, NULL, 0), "a word needs a value");
}

static void test_help(void)
{
    static char data[8192];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_options_help(&text);
    TAP_OK(!text.truncated && strstr(data, "  gc=natural|auto|alloc|line") == data, "help");
    TAP_OK(strstr(data, "\n  frames=N                      frames kept") != NULL, "is aligned");
}

int main(void)
{
    test_defaults();
    test_types();
    test_sizes();
    test_numbers();
    test_strings();
    test_long_strings();
    test_storage();
    test_suggestions();
    test_garbage();
    test_small_error_buffers();
    test_help();
    return tap_done();
}
