/* SPDX-License-Identifier: MIT */
/*
 * A declaration is spelt from the inside out: what binds closest to the (absent) name comes first,
 * pointers and the base type grow to the left, arrays and functions to the right.
 */
#include "runtime/vm/ctype_table.h"

#define MAX_NAME 512 /* LuaJIT prints "?" for longer ones, too */
#define MAX_STEPS 128
#define FIRST_DECLARED_TYPE 64 /* numbers below belong to types that LuaJIT defines itself */

struct spelling {
    char data[MAX_NAME];
    size_t begin, end;
    bool needs_space; /* between a word and what follows it */
    bool is_full;
    bool is_pointee;    /* the next array or function needs parentheses */
    bool is_for_people; /* structs without a tag go by their typedef, if there is one */
};

static void put_left(struct spelling *s, const char *data, size_t length)
{
    if (length > s->begin) {
        s->is_full = true;
        return;
    }
    s->begin -= length;
    memcpy(s->data + s->begin, data, length);
}

static void put_right(struct spelling *s, const char *string)
{
    size_t length = strlen(string);
    if (length > sizeof(s->data) - s->end) {
        s->is_full = true;
        return;
    }
    memcpy(s->data + s->end, string, length);
    s->end += length;
}

static void put_word_n(struct spelling *s, const char *word, size_t length)
{
    if (s->needs_space)
        put_left(s, " ", 1);
    put_left(s, word, length);
    s->needs_space = true;
}

static void put_word(struct spelling *s, const char *word)
{
    put_word_n(s, word, strlen(word));
}

static void put_qualifiers(struct spelling *s, uint32_t info)
{
    if (info & LJ_CTF_VOLATILE)
        put_word(s, "volatile");
    if (info & LJ_CTF_CONST)
        put_word(s, "const");
}

/* "prefix123suffix" */
static void put_number_word(struct spelling *s, const char *prefix, uint64_t number,
                            const char *suffix)
{
    char buffer[64];
    struct ffisan_text word;
    ffisan_text_init(&word, buffer, sizeof(buffer));
    ffisan_text_add(&word, prefix);
    ffisan_text_add_unsigned(&word, number);
    ffisan_text_add(&word, suffix);
    put_word_n(s, word.data, word.length);
}

static void put_integer(struct spelling *s, const struct lj_ctype *type)
{
    bool is_unsigned = type->info & LJ_CTF_UNSIGNED;
    if (type->size >= 8) {
        put_number_word(s, is_unsigned ? "uint" : "int", (uint64_t)type->size * 8, "_t");
        return;
    }
    put_word(s, type->size == 1 ? "char" : type->size == 4 ? "int" : "short");
    if (is_unsigned)
        put_word(s, "unsigned");
}

static void put_arithmetic(struct spelling *s, const struct lj_ctype *type, uint32_t qualifiers)
{
    if (type->info & LJ_CTF_BOOL)
        put_word(s, "bool");
    else if (type->info & LJ_CTF_FP)
        put_word(s, type->size == 8 ? "double" : type->size == 4 ? "float" : "long double");
    else
        put_integer(s, type);
    put_qualifiers(s, qualifiers | type->info);
}

/* The first typedef of just this type; NULL when it has none. */
static const struct lj_str *typedef_name(const struct ffisan_ctable *table, uint32_t id)
{
    for (uint32_t i = id + 1; i < table->n_types; i++) {
        const struct lj_ctype *type = &table->types[i];
        if (lj_ct_kind(type) == LJ_CT_TYPEDEF && lj_ct_child(type) == id)
            return lj_ct_name(type);
    }
    return NULL;
}

static void put_tagged(struct spelling *s, const struct ffisan_ctable *table, uint32_t id,
                       uint32_t qualifiers, const char *keyword)
{
    const struct lj_str *name = lj_ct_name(ffisan_ctable_get(table, id));
    const struct lj_str *alias = s->is_for_people && !name ? typedef_name(table, id) : NULL;
    if (alias != NULL) {
        put_word_n(s, alias->data, alias->len);
        put_qualifiers(s, qualifiers);
        return;
    }
    if (name != NULL)
        put_word_n(s, name->data, name->len);
    else
        put_number_word(s, "", id, "");
    put_word(s, keyword);
    put_qualifiers(s, qualifiers);
}

static void put_enum(struct spelling *s, const struct ffisan_ctable *table, uint32_t id,
                     uint32_t qualifiers)
{
    if (id < FIRST_DECLARED_TYPE)
        put_word(s, "ctype");
    else
        put_tagged(s, table, id, qualifiers, "enum");
}

static void put_pointer(struct spelling *s, const struct lj_ctype *type, uint32_t qualifiers)
{
    put_qualifiers(s, qualifiers | type->info);
    if (type->size == 4)
        put_word(s, "__ptr32");
    put_left(s, "*", 1);
}

static void put_parentheses(struct spelling *s)
{
    s->needs_space = true;
    if (s->is_pointee) {
        put_left(s, "(", 1);
        put_right(s, ")");
    }
    s->is_pointee = false;
}

/* LuaJIT itself prints [0] for arrays of qualified structs: it divides by the qualifier. */
static void put_array(struct spelling *s, const struct ffisan_ctable *table,
                      const struct lj_ctype *type, size_t payload_size)
{
    uint32_t element_size = ffisan_ctable_size(table, lj_ct_child(type));
    bool is_open = type->size == LJ_CTSIZE_INVALID;
    bool is_countable = element_size != 0 && element_size != LJ_CTSIZE_INVALID;
    put_parentheses(s);
    if (is_open && (payload_size == SIZE_MAX || !is_countable || !(type->info & LJ_CTF_VLA))) {
        put_right(s, type->info & LJ_CTF_VLA ? "[?]" : "[]");
        return;
    }
    char buffer[24];
    struct ffisan_text length;
    ffisan_text_init(&length, buffer, sizeof(buffer));
    ffisan_text_add_char(&length, '[');
    size_t size = is_open ? payload_size : type->size;
    ffisan_text_add_unsigned(&length, is_countable ? size / element_size : 0);
    ffisan_text_add_char(&length, ']');
    put_right(s, length.data);
}

static void put_complex(struct spelling *s, const struct lj_ctype *type)
{
    if (type->size == 2 * sizeof(float))
        put_word(s, "float");
    put_word(s, "complex");
}

/* One type of the chain.  Returns false when it was the last one. */
static bool put_derived(struct spelling *s, const struct ffisan_ctable *table,
                        const struct lj_ctype *type, uint32_t *qualifiers, size_t *payload_size)
{
    switch (lj_ct_kind(type)) {
    case LJ_CT_TYPEDEF:
        return true;
    case LJ_CT_ATTRIB:
        if (lj_ct_attribute(type) == LJ_CTA_QUAL)
            *qualifiers |= type->size;
        return true;
    case LJ_CT_ARRAY:
        if (type->info & LJ_CTF_COMPLEX) {
            put_complex(s, type);
            return false;
        }
        if (type->info & LJ_CTF_VECTOR)
            put_number_word(s, "__attribute__((vector_size(", type->size, ")))");
        else
            put_array(s, table, type, *payload_size);
        return true;
    case LJ_CT_FUNC:
        put_parentheses(s);
        put_right(s, "()");
        break;
    case LJ_CT_PTR:
    case LJ_CT_EXTERN: /* an object of this type holds the variable's address: a reference */
        if (lj_ct_kind(type) == LJ_CT_EXTERN || (type->info & LJ_CTF_REF))
            put_left(s, "&", 1);
        else
            put_pointer(s, type, *qualifiers);
        *qualifiers = 0;
        s->is_pointee = s->needs_space = true;
        break;
    default:
        s->is_full = true;
        return false;
    }
    *payload_size = SIZE_MAX; /* is the size of the outermost array only */
    return true;
}

static void put_type(struct spelling *s, const struct ffisan_ctable *table, uint32_t id,
                     size_t payload_size)
{
    uint32_t qualifiers = 0;
    for (unsigned i = 0; i < MAX_STEPS; i++) {
        const struct lj_ctype *type = ffisan_ctable_get(table, id);
        if (type == NULL)
            break;
        switch (lj_ct_kind(type)) {
        case LJ_CT_NUM:
            put_arithmetic(s, type, qualifiers);
            return;
        case LJ_CT_VOID:
            put_word(s, "void");
            put_qualifiers(s, qualifiers | type->info);
            return;
        case LJ_CT_STRUCT:
            put_tagged(s, table, id, qualifiers, type->info & LJ_CTF_UNION ? "union" : "struct");
            return;
        case LJ_CT_ENUM:
            put_enum(s, table, id, qualifiers);
            return;
        default:
            if (!put_derived(s, table, type, &qualifiers, &payload_size))
                return;
        }
        id = lj_ct_child(type);
    }
    s->is_full = true;
}

static bool add_name(const struct ffisan_vm *vm, uint32_t ctypeid, size_t payload_size,
                     bool is_for_people, struct ffisan_text *out)
{
    struct ffisan_ctable table;
    struct spelling spelling = {
        .begin = MAX_NAME / 2, .end = MAX_NAME / 2, .is_for_people = is_for_people};
    if (ffisan_ctable_init(&table, vm))
        put_type(&spelling, &table, ctypeid, payload_size);
    if (spelling.is_full || spelling.begin == spelling.end) {
        ffisan_text_add(out, "?");
        return false;
    }
    ffisan_text_add_n(out, spelling.data + spelling.begin, spelling.end - spelling.begin);
    return true;
}

bool ffisan_ctype_object_name(const struct ffisan_vm *vm, uint32_t ctypeid, size_t payload_size,
                              struct ffisan_text *out)
{
    return add_name(vm, ctypeid, payload_size, true, out);
}

bool ffisan_ctype_name(const struct ffisan_vm *vm, uint32_t ctypeid, struct ffisan_text *out)
{
    return add_name(vm, ctypeid, SIZE_MAX, false, out);
}
