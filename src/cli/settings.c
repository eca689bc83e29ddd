/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include "base/text.h"
#include "cli/fs.h"
#include "wire/suppress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IS_FLAG_bool true
#define IS_FLAG_string false
#define IS_FLAG_size false
#define IS_FLAG_unsigned false
#define IS_FLAG_enum_gc false
#define IS_FLAG_enum_malloc true
#define IS_FLAG_enum_color false
#define IS_STRING(type) (sizeof(#type) == sizeof("string") && #type[0] == 's' && #type[1] == 't')

const struct ffisan_setting ffisan_settings_all[] = {
#define FFISAN_OPTION(type, name, def, value, text)                                                \
    {#name, value, text, IS_FLAG_##type, IS_STRING(type)},
#include "wire/options.def"
#undef FFISAN_OPTION
    {NULL, NULL, NULL, false, false},
};

/* --help belongs to the commands, which print these options themselves. */
static bool is_for_people(const struct ffisan_setting *setting)
{
    return strcmp(setting->name, "help") != 0;
}

static bool same_name(const char *name, size_t length, const char *option)
{
    if (strlen(option) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((name[i] == '-' ? '_' : name[i]) != option[i])
            return false;
    }
    return true;
}

const struct ffisan_setting *ffisan_settings_find(const char *name, size_t length)
{
    for (const struct ffisan_setting *s = ffisan_settings_all; s->name; s++) {
        if (is_for_people(s) && same_name(name, length, s->name))
            return s;
    }
    return NULL;
}

bool ffisan_settings_init(struct ffisan_settings *settings, struct ffisan_failure *failure)
{
    ffisan_options_init(&settings->options);
    settings->text[0] = '\0';
    const char *inherited = getenv("FFISAN_OPTIONS");
    if (!inherited || !*inherited)
        return true;

    char error[512];
    if (ffisan_options_parse(&settings->options, inherited, error, sizeof(error)) > 0)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "FFISAN_OPTIONS: %s", error);
    if (strlen(inherited) >= sizeof(settings->text))
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "FFISAN_OPTIONS is too long");
    strcpy(settings->text, inherited);
    return true;
}

/* name=value, the value in quotes when it could be mistaken; false when no quotes can help. */
static bool add_to_text(struct ffisan_settings *settings, const char *name, const char *value)
{
    const char *quote = "";
    if (strpbrk(value, ":'\" \t\n")) {
        quote = strchr(value, '\'') ? "\"" : "'";
        if (strchr(value, *quote))
            return false;
    }
    char *end = settings->text + strlen(settings->text);
    size_t room = sizeof(settings->text) - (size_t)(end - settings->text);
    const char *separator = end > settings->text ? ":" : "";
    int n = snprintf(end, room, "%s%s=%s%s%s", separator, name, quote, value, quote);
    if (n >= 0 && (size_t)n < room)
        return true;
    *end = '\0';
    return false;
}

bool ffisan_settings_set(struct ffisan_settings *settings, const struct ffisan_setting *setting,
                         const char *value, struct ffisan_failure *failure)
{
    char *absolute = NULL;
    if (setting->is_string && value && *value && strcmp(setting->value, "FILE") == 0)
        value = absolute = ffisan_fs_absolute(value);

    char error[512];
    bool ok = ffisan_options_set(&settings->options, setting->name, value, error, sizeof(error));
    if (!ok)
        ffisan_failure_set(failure, FFISAN_EXIT_OWN, "%s", error);
    if (ok && !add_to_text(settings, setting->name, value ? value : "1"))
        ok = ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                                "the value of --%s cannot be passed on: %s", setting->name, value);
    free(absolute);
    return ok;
}

static bool check_writable(const char *option, const char *path, struct ffisan_failure *failure)
{
    if (!path || !*path || ffisan_fs_is_appendable(path))
        return true;
    return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot write to --%s=%s: %s", option, path,
                              strerror(errno));
}

struct rules {
    const char *path;
    struct ffisan_failure *failure;
    unsigned line;
    bool is_good;
};

static void check_rule(struct rules *rules, const char *line)
{
    char error[256];
    rules->line++;
    if (!rules->is_good || !ffisan_suppress_is_rule(line) ||
        ffisan_suppress_check(line, error, sizeof(error)))
        return;
    rules->is_good = ffisan_failure_set(rules->failure, FFISAN_EXIT_OWN, "%s:%u: %s", rules->path,
                                        rules->line, error);
}

static bool check_suppressions(const char *path, struct ffisan_failure *failure)
{
    struct rules rules = {.path = path, .failure = failure, .is_good = true};
    if (!path || !*path)
        return true;
    char *text = ffisan_fs_read_file(path, 1 << 20, NULL);
    if (!text)
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot read --suppressions=%s: %s",
                                  path, strerror(errno));
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
        check_rule(&rules, line);
    free(text);
    return rules.is_good;
}

bool ffisan_settings_finish(struct ffisan_settings *settings, struct ffisan_failure *failure)
{
    struct ffisan_options *options = &settings->options;
    if (options->color == FFISAN_COLOR_AUTO) {
        bool on = !options->log && ffisan_diag_wants_color(STDERR_FILENO);
        if (!add_to_text(settings, "color", on ? "always" : "never"))
            return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "the options are too long");
    }
    return check_writable("report", options->report, failure) &&
           check_writable("log", options->log, failure) &&
           check_suppressions(options->suppressions, failure);
}
