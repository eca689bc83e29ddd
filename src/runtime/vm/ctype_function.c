/* SPDX-License-Identifier: MIT */
#include "runtime/vm/ctype_table.h"

static void add_parameters(const struct ffisan_vm *vm, const struct ffisan_ctable *table,
                           const struct lj_ctype *function, struct ffisan_text *out)
{
    enum { MOST = 32 };
    const struct lj_ctype *field = ffisan_ctable_get(table, function->sib);
    unsigned n = 0;
    for (unsigned i = 0; field && i < MOST; i++, field = ffisan_ctable_get(table, field->sib)) {
        if (lj_ct_kind(field) != LJ_CT_FIELD)
            continue;
        ffisan_text_add(out, n++ > 0 ? ", " : "");
        ffisan_ctype_name(vm, lj_ct_child(field), out);
    }
    ffisan_text_add(out, n == 0 ? "void" : "");
}

bool ffisan_ctype_function_name(const struct ffisan_vm *vm, uint32_t ctypeid,
                                struct ffisan_text *out)
{
    struct ffisan_ctable table;
    const struct lj_ctype *function =
        ffisan_ctable_init(&table, vm) ? ffisan_ctable_raw(&table, ctypeid) : NULL;
    if (!function || lj_ct_kind(function) != LJ_CT_FUNC) {
        ffisan_text_add(out, "?");
        return false;
    }
    ffisan_ctype_name(vm, lj_ct_child(function), out);
    bool ends_in_star = out->length > 0 && out->data[out->length - 1] == '*';
    ffisan_text_add(out, ends_in_star ? "(*)(" : " (*)(");
    add_parameters(vm, &table, function, out);
    ffisan_text_add(out, ")");
    return true;
}
