/* SPDX-License-Identifier: MIT */
/*
 * A result is told by its cdata: which one is used shows whether the program means the earlier or
 * the later answer, although both lead to the same address.  What a call changes is seen by looking
 * before and after it, so a struct that others change while a function only says where it lies is
 * never taken for an overwritten result.
 */
#include "runtime/ffi/results.h"

#include "base/io.h"
#include "base/pages.h"
#include "runtime/audit/standin.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

#define N_OBJECTS 1024

struct ffisan_results {
    uint32_t n_functions;
    uint16_t by_object[N_OBJECTS]; /* of the hash of a header's address: place + 1 */
    struct ffisan_result_function functions[FFISAN_RESULT_FUNCTIONS];
};

/* ---- Books ----------------------------------------------------------------------------------- */

/*
 * Without the handler of faults nothing that C returned can be read, and a program that has given
 * up most system calls may not install one any more.
 */
static struct ffisan_results *books_of(struct ffisan_state *state)
{
    if (!state->results && !ffisan_io_is_confined && ffisan_signals_start())
        state->results = ffisan_pages_map(sizeof(*state->results));
    return state->results;
}

static struct ffisan_result_function *find_function(struct ffisan_results *results,
                                                    uintptr_t address)
{
    for (uint32_t i = 0; i < results->n_functions; i++)
        for (uint32_t k = 0; k < FFISAN_FUNCTION_NAMES; k++)
            if (results->functions[i].addresses[k] == address)
                return &results->functions[i];
    return NULL;
}

/* Functions of one kind that share their memory, such as gmtime and localtime, are as one. */
static struct ffisan_result_function *find_sharer(const struct ffisan_builtin_call *call,
                                                  uintptr_t base, uintptr_t **ret_name)
{
    struct ffisan_results *results = call->state->results;
    for (uint32_t i = 0; i < results->n_functions; i++) {
        struct ffisan_result_function *function = &results->functions[i];
        *ret_name = &function->addresses[0];
        for (uint32_t k = 1; k < FFISAN_FUNCTION_NAMES && **ret_name; k++)
            ++*ret_name;
        if (function->base == base && **ret_name == 0 &&
            ffisan_question_is_alike(call, call->kept->question.type, function->type))
            return function;
    }
    return NULL;
}

static struct ffisan_result_function *function_for(const struct ffisan_builtin_call *call,
                                                   uintptr_t base)
{
    struct ffisan_results *results = call->state->results;
    const struct ffisan_question *question = &call->kept->question;
    struct ffisan_result_function *function = find_function(results, question->function);
    uintptr_t *name;
    if (function)
        return function;
    function = find_sharer(call, base, &name);
    if (function) {
        *name = question->function;
        return function;
    }
    if (results->n_functions == FFISAN_RESULT_FUNCTIONS)
        return NULL;
    function = &results->functions[results->n_functions++];
    function->addresses[0] = question->function;
    function->type = question->type;
    return function;
}

static uint16_t *place_of_object(struct ffisan_results *results, uintptr_t object)
{
    uint64_t hash = (object >> 4) * UINT64_C(0x9e3779b97f4a7c15);
    return &results->by_object[(hash >> 40) % N_OBJECTS];
}

/* The result that an argument is, and the function that returned it; NULL: none that is known. */
static struct ffisan_result *find_result(const struct ffisan_builtin_call *call, size_t position,
                                         struct ffisan_result_function **ret_function)
{
    struct ffisan_results *results = call->state->results;
    uint64_t value = ffisan_builtin_value(call, position);
    if (lj_tv_type(value) != LJ_GCT_CDATA)
        return NULL;
    uint32_t place = *place_of_object(results, lj_tv_object(value));
    if (place-- == 0)
        return NULL;
    *ret_function = &results->functions[place / FFISAN_RESULTS_OF_FUNCTION];
    struct ffisan_result *result = &(*ret_function)->results[place % FFISAN_RESULTS_OF_FUNCTION];
    return result->object == lj_tv_object(value) ? result : NULL;
}

static void remember(struct ffisan_results *results, struct ffisan_result_function *function,
                     const struct ffisan_result *result)
{
    uint32_t i = function->n_results++ % FFISAN_RESULTS_OF_FUNCTION;
    function->results[i] = *result;
    *place_of_object(results, result->object) =
        (uint16_t)((function - results->functions) * FFISAN_RESULTS_OF_FUNCTION + i + 1);
}

static uint32_t stack_of_object(struct ffisan_state *state, uintptr_t object)
{
    struct ffisan_slot_ref ref;
    return ffisan_heap_find(&state->heap, object, &ref) && !ref.slot->is_held ? ref.slot->stack : 0;
}

/* ---- Uses ------------------------------------------------------------------------------------ */

/* How a result is used: by whom, and which bytes of a struct (size 0: any). */
struct usage {
    uintptr_t user;
    const char *function;
    size_t offset, size;
};

/*
 * How sure are we that it is not meant?  A struct can be one that the function hands out again and
 * again, and the same question twice one whose answer is meant to be new: false for those that are
 * as likely as not.
 */
static bool judge(const struct ffisan_result *result, const struct ffisan_content *now,
                  enum ffisan_severity *ret_severity)
{
    bool is_text = result->content.form == FFISAN_CONTENT_TEXT;
    *ret_severity =
        is_text && !result->is_same_question ? FFISAN_SEVERITY_ERROR : FFISAN_SEVERITY_WARNING;
    if (!is_text)
        return !result->is_same_question;
    return !ffisan_content_has_grown(&result->content, now) &&
           (!result->is_same_question || !result->is_read);
}

/*
 * What lies there is not what the result was.  It is what the newest call put there, or else, as
 * calls of compiled code are not seen, at least the answer to another question.
 */
static bool is_stale(const struct ffisan_result_function *function, const struct usage *usage,
                     struct ffisan_result_use *use)
{
    struct ffisan_result *result = &use->result;
    enum ffisan_content_form form = result->content.form;
    bool is_answer = form == FFISAN_CONTENT_TEXT && !result->is_same_question;
    if (result->base != function->base ||
        (!is_answer && !ffisan_content_is_there(&function->now, function->base)) ||
        !ffisan_content_take(&use->now, result->at, form, result->content.size))
        return false;
    bool differs = form == FFISAN_CONTENT_TEXT
                       ? !ffisan_content_is_same(&result->content, &use->now)
                       : ffisan_members_differ(result, usage->offset, usage->size, &use->now);
    return differs && judge(result, &use->now, &use->severity);
}

static uint32_t stack_here(struct ffisan_state *state)
{
    uint32_t visits;
    return state->stacks ? ffisan_stacks_here(state->stacks, &state->vm, 0, &visits) : 0;
}

/* One of a newer call is used: then the earlier ones are not meant to be the same. */
static void note_newer(struct ffisan_state *state, struct ffisan_result_function *function,
                       uint32_t call)
{
    if (call > function->newest_read)
        function->newest_read = call;
    if (function->waiting.result.call == 0 || function->waiting.result.call >= call)
        return;
    ffisan_result_report(state, function, &function->waiting);
    function->waiting.result.call = 0;
}

static void note_use(struct ffisan_state *state, struct ffisan_result_function *function,
                     struct ffisan_result *result, const struct usage *usage)
{
    struct ffisan_result_use use;
    note_newer(state, function, result->call);
    if (!result->is_overwritten) {
        result->is_read = true;
        return;
    }
    use.result = *result;
    if (!is_stale(function, usage, &use))
        return;
    use.stack = stack_here(state);
    use.user = usage->user;
    use.function = usage->function;
    if (function->newest_read > result->call)
        ffisan_result_report(state, function, &use);
    else if (function->waiting.result.call == 0)
        function->waiting = use;
}

/* ---- Calls of C functions -------------------------------------------------------------------- */

/* A C function that returns a pointer to text or to a struct. */
static bool find_callee(const struct ffisan_builtin_call *call, struct ffisan_question *question)
{
    uint16_t ctypeid;
    struct ffisan_ctable table;
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    if (!payload || !ffisan_ctable_init(&table, &call->state->vm))
        return false;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, ctypeid);
    if (type && lj_ct_kind(type) == LJ_CT_PTR)
        type = ffisan_ctable_raw(&table, lj_ct_child(type));
    if (!type || lj_ct_kind(type) != LJ_CT_FUNC)
        return false;
    const struct lj_ctype *function = type;
    uintptr_t address;
    memcpy(&address, payload, sizeof(address));
    type = ffisan_ctable_raw(&table, lj_ct_child(type));
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return false;
    const struct lj_ctype *target = ffisan_ctable_raw(&table, lj_ct_child(type));
    bool is_text = ffisan_ctable_is_bytes(&table, lj_ct_child(type));
    question->size = is_text || !target ? 0 : target->size;
    if (!is_text && (!target || lj_ct_kind(target) != LJ_CT_STRUCT || question->size == 0 ||
                     question->size == LJ_CTSIZE_INVALID))
        return false;
    question->function = address;
    question->type = (uint32_t)(function - table.types);
    return true;
}

static void note_question(const struct ffisan_builtin_call *call, struct ffisan_question *question)
{
    size_t n = ffisan_builtin_n_values(call);
    question->n_given = 0;
    for (size_t i = 1; i < n; i++) {
        uintptr_t address = ffisan_question_address(call, i);
        if (address && question->n_given < sizeof(question->given) / sizeof(question->given[0]))
            question->given[question->n_given++] = address;
    }
    question->arguments = ffisan_question_hash(call);
}

static void note_arguments(const struct ffisan_builtin_call *call)
{
    uint16_t ctypeid;
    struct ffisan_result_function *function;
    struct usage usage = {0};
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    size_t n = payload ? ffisan_builtin_n_values(call) : 0;
    for (size_t i = 1; i < n; i++) {
        struct ffisan_result *result = find_result(call, i, &function);
        if (!result || !ffisan_question_is_read(call, i))
            continue;
        memcpy(&usage.user, payload, sizeof(usage.user));
        note_use(call->state, function, result, &usage);
    }
}

/* What somebody else has changed since is nothing that a call of the function overwrites. */
static void forget_changed(struct ffisan_result_function *function)
{
    for (uint32_t i = 0; i < FFISAN_RESULTS_OF_FUNCTION; i++) {
        struct ffisan_result *result = &function->results[i];
        if (result->object && !result->is_overwritten &&
            !ffisan_content_is_there(&result->content, result->at))
            result->object = 0;
    }
}

static void before_call(const struct ffisan_builtin_call *call)
{
    struct ffisan_question *question = &call->kept->question;
    if (call->state->results)
        note_arguments(call);
    if (!find_callee(call, question))
        return;
    struct ffisan_results *results = books_of(call->state);
    if (!results) {
        question->function = 0;
        return;
    }
    note_question(call, question);
    struct ffisan_result_function *function = find_function(results, question->function);
    for (uint32_t i = 0; i < results->n_functions; i++) /* a new one may share the memory of any */
        if (!function || function == &results->functions[i])
            forget_changed(&results->functions[i]);
}

/* Memory of C, and not what the function was given to write to. */
static bool is_own_memory(const struct ffisan_question *question, uintptr_t address)
{
    for (uint32_t i = 0; i < question->n_given; i++)
        if (question->given[i] == address)
            return false;
    return address && !ffisan_state_owning(address) && !ffisan_standin_covers(address);
}

/* The results that led there before lead to the new one's content now. */
static void overwrite(struct ffisan_result_function *function, const struct ffisan_result *by)
{
    for (uint32_t i = 0; i < FFISAN_RESULTS_OF_FUNCTION; i++) {
        struct ffisan_result *result = &function->results[i];
        if (!result->object)
            continue;
        if (!result->is_overwritten) {
            if (ffisan_content_is_there(&result->content, result->at))
                continue;
            if (result->base != by->base) {
                result->object = 0;
                continue;
            }
            result->is_overwritten = result->is_same_question = true;
            ffisan_members_overwritten(result);
        }
        if (result->base == by->base) {
            result->overwritten = by->made;
            result->overwriter = by->function;
            result->is_same_question &= result->question == by->question;
        }
    }
}

static void after_call(const struct ffisan_builtin_call *call)
{
    const struct ffisan_question *question = &call->kept->question;
    struct ffisan_results *results = call->state->results;
    struct ffisan_result fresh = {0};
    size_t n = ffisan_builtin_n_values(call);
    uint64_t value = n ? ffisan_builtin_value(call, n - 1) : UINT64_MAX;
    if (!question->function || lj_tv_type(value) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    memcpy(&fresh.base, cdata->payload, sizeof(fresh.base));
    struct ffisan_result_function *function =
        is_own_memory(question, fresh.base) ? function_for(call, fresh.base) : NULL;
    if (!function)
        return;
    fresh.object = (uintptr_t)cdata;
    fresh.at = fresh.base;
    fresh.question = question->arguments;
    fresh.function = question->function;
    fresh.call = ++function->n_calls;
    fresh.made = stack_of_object(call->state, fresh.object);
    fresh.ctypeid = cdata->ctypeid;
    overwrite(function, &fresh);
    enum ffisan_content_form form = question->size ? FFISAN_CONTENT_RECORD : FFISAN_CONTENT_TEXT;
    if (!ffisan_content_take(&fresh.content, fresh.at, form, question->size))
        return;
    function->base = fresh.base;
    function->now = fresh.content;
    if (form == FFISAN_CONTENT_RECORD)
        ffisan_members_take(call, &fresh);
    if (form == FFISAN_CONTENT_RECORD || ffisan_content_is_text(&fresh.content))
        remember(results, function, &fresh);
}

/* ---- ffi.string, ffi.copy, members ----------------------------------------------------------- */

static void before_reading(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    bool is_copy = call->builtin == FFISAN_BUILTIN_COPY;
    struct ffisan_result *result =
        call->state->results ? find_result(call, is_copy ? 1 : 0, &function) : NULL;
    const struct usage usage = {.function = is_copy ? "ffi.copy" : "ffi.string"};
    if (result)
        note_use(call->state, function, result, &usage);
}

/* The member that a string names, NULL when it is none (a method of the metatype). */
static bool find_member(const struct ffisan_builtin_call *call, uint16_t ctypeid,
                        struct ffisan_member *ret_member)
{
    enum { MOST = 256 };
    uint64_t key = ffisan_builtin_value(call, 1);
    struct ffisan_ctable table;
    if (lj_tv_type(key) != LJ_GCT_STR || !ffisan_ctable_init(&table, &call->state->vm))
        return false;
    const struct lj_ctype *type = ffisan_ctable_raw(&table, ctypeid);
    type = type ? ffisan_ctable_raw(&table, lj_ct_child(type)) : NULL;
    const struct lj_ctype *entry = type ? ffisan_ctable_get(&table, type->sib) : NULL;
    for (unsigned i = 0; entry && i < MOST; i++, entry = ffisan_ctable_get(&table, entry->sib))
        if (ffisan_ctable_member(&table, entry, ret_member) &&
            (uintptr_t)ret_member->name == lj_tv_object(key))
            return true;
    return false;
}

static void before_index(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    struct ffisan_member member;
    struct ffisan_result *result = call->state->results ? find_result(call, 0, &function) : NULL;
    struct usage usage = {0};
    if (!result)
        return;
    if (result->content.form == FFISAN_CONTENT_RECORD) {
        if (!find_member(call, result->ctypeid, &member) || member.size == 0)
            return;
        usage.offset = member.offset;
        usage.size = member.size;
    }
    note_use(call->state, function, result, &usage);
}

/* A text that a member of a result leads to, or is: overwritten together with it. */
static void after_index(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    struct ffisan_ctable table;
    struct ffisan_result *whole = call->state->results ? find_result(call, 0, &function) : NULL;
    size_t n = ffisan_builtin_n_values(call);
    uint64_t value = whole && n > 1 ? ffisan_builtin_value(call, n - 1) : UINT64_MAX;
    if (lj_tv_type(value) != LJ_GCT_CDATA || whole->is_overwritten ||
        !ffisan_ctable_init(&table, &call->state->vm))
        return;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    const struct lj_ctype *type = ffisan_ctable_raw(&table, cdata->ctypeid);
    if (!type || lj_ct_kind(type) != LJ_CT_PTR ||
        !ffisan_ctable_is_bytes(&table, lj_ct_child(type)))
        return;
    struct ffisan_result part = {.object = (uintptr_t)cdata,
                                 .base = whole->base,
                                 .question = whole->question,
                                 .function = whole->function,
                                 .call = whole->call,
                                 .made = stack_of_object(call->state, (uintptr_t)cdata),
                                 .ctypeid = cdata->ctypeid};
    memcpy(&part.at, cdata->payload, sizeof(part.at));
    if (ffisan_state_owning(part.at) || ffisan_standin_covers(part.at) ||
        !ffisan_content_take(&part.content, part.at, FFISAN_CONTENT_TEXT, 0) ||
        !ffisan_content_is_text(&part.content))
        return;
    remember(call->state->results, function, &part);
}

/* ---- Start and end --------------------------------------------------------------------------- */

void ffisan_results_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_CALL, before_call, after_call);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_STRING, before_reading, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_COPY, before_reading, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_INDEX, before_index, after_index);
}

static void forget_if_dead(struct ffisan_state *state, uintptr_t *object)
{
    struct ffisan_slot_ref ref;
    if (*object && (!ffisan_heap_find(&state->heap, *object, &ref) ||
                    ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE))
        *object = 0;
}

void ffisan_results_forget_dead(struct ffisan_state *state)
{
    struct ffisan_results *results = state->results;
    for (uint32_t i = 0; results && i < results->n_functions; i++) {
        struct ffisan_result_function *function = &results->functions[i];
        for (uint32_t k = 0; k < FFISAN_RESULTS_OF_FUNCTION && k < function->n_results; k++)
            forget_if_dead(state, &function->results[k].object);
        forget_if_dead(state, &function->waiting.result.object);
    }
}

void ffisan_results_forget_stacks(struct ffisan_state *state)
{
    struct ffisan_results *results = state->results;
    for (uint32_t i = 0; results && i < results->n_functions; i++) {
        struct ffisan_result_function *function = &results->functions[i];
        for (uint32_t k = 0; k < FFISAN_RESULTS_OF_FUNCTION; k++)
            function->results[k].made = function->results[k].overwritten = 0;
        function->waiting.result.call = function->told = 0;
    }
}

void ffisan_results_free(struct ffisan_state *state)
{
    if (state->results)
        ffisan_pages_unmap(state->results, sizeof(*state->results));
    state->results = NULL;
}
