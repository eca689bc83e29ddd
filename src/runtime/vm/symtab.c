/* SPDX-License-Identifier: MIT */
#include "runtime/vm/symtab.h"

#include "runtime/vm/modules.h"
#include "runtime/vm/symfile.h"

static size_t add_name(struct ffisan_text *text, const char *name, uintptr_t offset)
{
    ffisan_text_add(text, name);
    if (offset > 0) {
        ffisan_text_add_char(text, '+');
        ffisan_text_add_unsigned(text, offset);
    }
    return offset;
}

static size_t add_place(struct ffisan_text *text, const char *section, uintptr_t offset)
{
    ffisan_text_add(text, section);
    ffisan_text_add(text, "+0x");
    ffisan_text_add_hex(text, offset, 1);
    return offset;
}

static size_t add_from_file(const struct link_map *module, uintptr_t value,
                            enum ffisan_symbol_kind kind, struct ffisan_text *text)
{
    const char *path = ffisan_modules_path(module);
    struct ffisan_symbol symbol;
    if (!ffisan_symfile_is_loaded(path, module->l_addr) ||
        !ffisan_symfile_find(path, value, kind, &symbol))
        return add_place(text, kind == FFISAN_SYMBOL_TLS ? ".tbss" : "", value);
    return symbol.is_section ? add_place(text, symbol.name, value - symbol.start)
                             : add_name(text, symbol.name, value - symbol.start);
}

size_t ffisan_symtab_add_variable(const struct link_map *module, uintptr_t address,
                                  struct ffisan_text *text)
{
    uintptr_t offset;
    const char *name = ffisan_modules_variable(module, address, &offset);
    return name ? add_name(text, name, offset)
                : add_from_file(module, address - module->l_addr, FFISAN_SYMBOL_DATA, text);
}

size_t ffisan_symtab_add_tls(const struct link_map *module, uintptr_t offset,
                             struct ffisan_text *text)
{
    return add_from_file(module, offset, FFISAN_SYMBOL_TLS, text);
}
