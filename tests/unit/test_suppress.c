/* SPDX-License-Identifier: MIT */
/* Which rules are well-formed, and to which finding they apply. */
#include "wire/suppress.h"

#include "tap.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct ffisan_frame use[] = {
    {.lang = FFISAN_LANG_C, .function = "snprintf", .module = "libc.so.6"},
    {.lang = FFISAN_LANG_LUA, .file = "lib/app/mod.lua", .line = 28, .function = "run"},
};
static const struct ffisan_frame made[] = {
    {.lang = FFISAN_LANG_LUA, .file = "base.lua", .line = 3, .function = "get buffer"},
};
static const struct ffisan_finding finding = {
    .id = UINT64_C(0x0123456789abcdef),
    .severity = FFISAN_SEVERITY_ERROR,
    .kind = FFISAN_KIND_USE_AFTER_COLLECT,
    .use.stack = {.n_frames = LENGTH(use), .frames = use},
    .holder.type = "struct my_str_s [1]",
    .block = {.type = "char [1024]", .made = {.n_frames = LENGTH(made), .frames = made}},
};

static bool applies(const char *rule)
{
    return ffisan_suppress_matches(rule, &finding);
}

static void test_conditions(void)
{
    TAP_OK(applies("kind=use-after-collect"), "the kind");
    TAP_OK(!applies("kind=leak"), "another kind");
    TAP_OK(applies("severity=error"), "the severity");
    TAP_OK(applies("id=0123456789abcdef") && applies("id=01234567"), "the id, and as in a text");
    TAP_OK(!applies("id=89abcdef"), "another id");
    TAP_OK(applies("type=char?[1024]") && applies("type=struct?my_str_s*"), "both types");
    TAP_OK(applies("file=mod.lua") && applies("file=lib/app/mod.lua"), "a file");
    TAP_OK(!applies("file=app/mod.lua"), "half a path is none");
    TAP_OK(applies("file=*/mod.lua"), "but with a star");
    TAP_OK(applies("function=snprintf module=libc.so.*"), "a C function");
    TAP_OK(applies("file=base.lua function=get?buffer"), "where the block was made");
    TAP_OK(!applies("file=mod.lua function=snprintf"), "not of two frames");
    TAP_OK(!applies("kind=use-after-collect severity=leak"), "all conditions must hold");
    TAP_OK(applies("  kind=use* \t # known since May"), "blanks, and a comment behind");
}

static void test_patterns(void)
{
    TAP_OK(applies("function=*") && applies("function=s*f") && applies("function=s*n*f"), "stars");
    TAP_OK(applies("function=snprint*f") && applies("function=snprintf*"),
           "that stand for nothing");
    TAP_OK(!applies("function=s*g") && !applies("function=nprintf"), "all of the text counts");
    TAP_OK(applies("function=?nprintf") && !applies("function=snprintf?"), "one character");
    TAP_OK(applies("function=*p*p*r*") == false && applies("function=*n*n*"), "a star goes back");
}

static void test_form(void)
{
    char error[256];
    TAP_OK(!ffisan_suppress_is_rule("") && !ffisan_suppress_is_rule("  ") &&
               !ffisan_suppress_is_rule(" # kind=leak"),
           "empty lines and comments are no rules");
    TAP_OK(!applies("") && !applies("# kind=*"), "and suppress nothing");
    TAP_OK(ffisan_suppress_check("kind=leak file=a*b", error, sizeof(error)), "a good line");
    TAP_OK(!ffisan_suppress_check("kind=leak vile=a", error, sizeof(error)), "a wrong key");
    TAP_TEXT(error,
             "'vile=a' is no condition: write KEY=PATTERN, where KEY is " FFISAN_SUPPRESS_KEYS,
             "is said");
    TAP_OK(!ffisan_suppress_check("leak", error, sizeof(error)), "no key");
    TAP_OK(!ffisan_suppress_check("kind=", error, sizeof(error)), "no pattern");
    TAP_OK(!applies("kind=use-after-collect leak"), "what is malformed suppresses nothing");
}

int main(void)
{
    test_conditions();
    test_patterns();
    test_form();
    return tap_done();
}
