/* SPDX-License-Identifier: MIT */
#include "cli/args.h"

#include "wire/suggest.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 96, MAX_OPTIONS = 64, MAX_NAME = 32 };

static const struct ffisan_arg *find_long(const struct ffisan_arg *table, const char *name,
                                          size_t length)
{
    for (; table->key; table++) {
        if (table->name && strlen(table->name) == length && !strncmp(table->name, name, length))
            return table;
    }
    return NULL;
}

static const struct ffisan_arg *find_letter(const struct ffisan_arg *table, char letter)
{
    for (; table->key; table++) {
        if (table->letter == letter)
            return table;
    }
    return NULL;
}

/* Option names are compared with '_' and shown with '-'. */
static void replace(char *word, char from, char to)
{
    for (; *word; word++)
        *word = *word == from ? to : *word;
}

/* The nearest option, spelled as on the command line; false when none is near. */
static bool suggest(const struct ffisan_args *args, const char *name, size_t length,
                    char nearest[MAX_NAME])
{
    char spelled[MAX_OPTIONS][MAX_NAME];
    const char *words[MAX_OPTIONS];
    size_t n_words = 0;
    for (const struct ffisan_arg *arg = args->table; arg->key; arg++) {
        if (arg->name && n_words < MAX_OPTIONS)
            snprintf(spelled[n_words++], MAX_NAME, "%s", arg->name);
    }
    for (const struct ffisan_setting *s = ffisan_settings_all; args->settings && s->name; s++) {
        if (n_words < MAX_OPTIONS)
            snprintf(spelled[n_words++], MAX_NAME, "%s", s->name);
    }
    for (size_t i = 0; i < n_words; i++) {
        replace(spelled[i], '-', '_');
        words[i] = spelled[i];
    }
    const char *word = ffisan_suggest(words, n_words, (struct ffisan_span){name, length});
    if (!word)
        return false;
    snprintf(nearest, MAX_NAME, "%s", word);
    replace(nearest, '_', '-');
    return true;
}

static int unknown_option(const struct ffisan_args *args, const char *name, size_t length,
                          struct ffisan_failure *failure)
{
    char nearest[MAX_NAME];
    if (suggest(args, name, length, nearest))
        ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                           "unknown option '--%.*s' (did you mean '--%s'?)", (int)length, name,
                           nearest);
    else
        ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                           "unknown option '--%.*s'; 'ffisan %s --help' lists the options",
                           (int)length, name, args->argv[0]);
    return -1;
}

/* The value behind the option at args->at, which may be the next argument; NULL when missing. */
static const char *take_value(struct ffisan_args *args, const char *attached)
{
    if (attached)
        return attached;
    return args->at < args->argc ? args->argv[args->at++] : NULL;
}

static int missing_value(const char *option, const char *value, struct ffisan_failure *failure)
{
    ffisan_failure_set(failure, FFISAN_EXIT_OWN, "option '%s' needs a value (%s)", option, value);
    return -1;
}

static int next_setting(struct ffisan_args *args, const struct ffisan_setting *setting,
                        const char *attached, struct ffisan_failure *failure)
{
    const char *option = args->argv[args->at - 1];
    const char *value = setting->is_flag ? attached : take_value(args, attached);
    if (!value && !setting->is_flag)
        return missing_value(option, setting->value, failure);
    return ffisan_settings_set(args->settings, setting, value, failure) ? 1 : -1;
}

static int next_arg(struct ffisan_args *args, const struct ffisan_arg *arg, const char *attached,
                    const char **ret_value, struct ffisan_failure *failure)
{
    const char *option = args->argv[args->at - 1];
    *ret_value = NULL;
    if (!arg->value && !attached)
        return arg->key;
    if (!arg->value) {
        ffisan_failure_set(failure, FFISAN_EXIT_OWN, "option '%s' takes no value", option);
        return -1;
    }
    *ret_value = take_value(args, attached);
    return *ret_value ? arg->key : missing_value(option, arg->value, failure);
}

static int next_short(struct ffisan_args *args, const char *option, const char **ret_value,
                      struct ffisan_failure *failure)
{
    const struct ffisan_arg *arg = find_letter(args->table, option[1]);
    if (!arg) {
        ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                           "unknown option '%s'; 'ffisan %s --help' lists the options", option,
                           args->argv[0]);
        return -1;
    }
    const char *attached = option[2] ? option + 2 : NULL;
    if (attached && *attached == '=' && arg->value)
        attached++;
    return next_arg(args, arg, attached, ret_value, failure);
}

int ffisan_args_next(struct ffisan_args *args, const char **ret_value,
                     struct ffisan_failure *failure)
{
    while (args->at < args->argc) {
        const char *option = args->argv[args->at];
        if (option[0] != '-' || option[1] == '\0')
            return 0;
        args->at++;
        if (strcmp(option, "--") == 0)
            return 0;
        if (option[1] != '-')
            return next_short(args, option, ret_value, failure);

        const char *name = option + 2;
        size_t length = strcspn(name, "=");
        const char *attached = name[length] ? name + length + 1 : NULL;
        const struct ffisan_arg *arg = find_long(args->table, name, length);
        if (arg)
            return next_arg(args, arg, attached, ret_value, failure);
        const struct ffisan_setting *setting =
            args->settings ? ffisan_settings_find(name, length) : NULL;
        if (!setting)
            return unknown_option(args, name, length, failure);
        if (next_setting(args, setting, attached, failure) < 0)
            return -1;
    }
    return 0;
}

/* Prints `text` from the help column on, wrapped at spaces. */
static void print_wrapped(int column, const char *text)
{
    if (column >= HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", HELP_COLUMN - column, "");
    size_t width = HELP_WIDTH - HELP_COLUMN;
    while (strlen(text) > width) {
        size_t cut = width;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        printf("%.*s\n%*s", (int)cut, text, HELP_COLUMN, "");
        text += cut + 1;
    }
    puts(text);
}

static void help_arg(const struct ffisan_arg *arg)
{
    int column = arg->letter ? printf("  -%c", arg->letter) : printf("    ");
    if (arg->name)
        column += printf("%s--%s", arg->letter ? ", " : "  ", arg->name);
    if (arg->value)
        column += printf("%c%s", arg->name ? '=' : ' ', arg->value);
    print_wrapped(column, arg->text);
}

static void help_setting(const struct ffisan_setting *setting)
{
    char name[64];
    snprintf(name, sizeof(name), "%s", setting->name);
    replace(name, '_', '-');
    bool is_switch = setting->is_flag && strcmp(setting->value, "0|1") == 0;
    int column =
        is_switch ? printf("      --%s", name) : printf("      --%s=%s", name, setting->value);
    print_wrapped(column, setting->text);
}

void ffisan_args_help(const struct ffisan_arg *table, bool with_settings)
{
    puts("Options:");
    for (; table->key; table++)
        help_arg(table);
    if (!with_settings)
        return;
    puts("\nOptions for the watched program (FFISAN_OPTIONS=name=value:name=value sets the same):");
    for (const struct ffisan_setting *s = ffisan_settings_all; s->name; s++) {
        if (strcmp(s->name, "help") != 0)
            help_setting(s);
    }
}
