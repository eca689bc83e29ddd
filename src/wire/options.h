/* SPDX-License-Identifier: MIT */
/**
 * The options that the runtime and the command share (options.def), and their parser.
 * No malloc, no stdio: the runtime parses inside a foreign process.
 *
 * In names '-' and '_' are the same.  A bool takes 0|1, false|true, no|yes, off|on, and so does
 * enum_malloc; a size is a number of bytes with an optional k, m or g.  The last of several values
 * for a name counts.
 * Do not copy a struct ffisan_options: its strings point into itself.
 */
#ifndef FFISAN_WIRE_OPTIONS_H
#define FFISAN_WIRE_OPTIONS_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum ffisan_gc { FFISAN_GC_NATURAL, FFISAN_GC_AUTO, FFISAN_GC_ALLOC, FFISAN_GC_LINE };
/** Who hands out memory of C where Lua runs: NONE = the program's allocator, and nobody watches. */
enum ffisan_malloc { FFISAN_MALLOC_NONE, FFISAN_MALLOC_OWN, FFISAN_MALLOC_LEDGER };
enum ffisan_color { FFISAN_COLOR_AUTO, FFISAN_COLOR_ALWAYS, FFISAN_COLOR_NEVER };

#define FFISAN_OPTION_STRING_MAX 1024

typedef enum ffisan_gc ffisan_option_enum_gc;
typedef enum ffisan_malloc ffisan_option_enum_malloc;
typedef enum ffisan_color ffisan_option_enum_color;
typedef const char *ffisan_option_string; /**< NULL or points into `strings` */
typedef bool ffisan_option_bool;
typedef size_t ffisan_option_size;
typedef unsigned ffisan_option_unsigned;

struct ffisan_options {
#define FFISAN_OPTION(type, name, def, value, text) ffisan_option_##type name;
#include "options.def"
#undef FFISAN_OPTION
    char strings[4][FFISAN_OPTION_STRING_MAX]; /**< storage of string values */
    unsigned n_strings;
};

/** Fills in the defaults. */
void ffisan_options_init(struct ffisan_options *options);

/**
 * Parses "name=value:name=value" on top of what `options` holds.  A value with ':' can be written
 * as 'value' or "value".  An unknown or malformed entry is skipped and the rest still counts.
 *
 * Returns the number of entries that were not understood; the first is described in `ret_error`
 * ("unknown option 'qarantine' (did you mean 'quarantine'?)"), always NUL-terminated.
 */
unsigned ffisan_options_parse(struct ffisan_options *options, const char *text, char *ret_error,
                              size_t error_size);

/**
 * Sets one option.  Returns true, or false with `ret_error` set.
 * A NULL value means "1" where 0 and 1 are values, and is an error for every other type.
 */
bool ffisan_options_set(struct ffisan_options *options, const char *name, const char *value,
                        char *ret_error, size_t error_size);

/** Appends one line for each option: its name, its values, what it does. */
void ffisan_options_help(struct ffisan_text *out);

/** The option name nearest to `name`, or NULL when none is near. */
const char *ffisan_options_suggest(const char *name);

#endif
