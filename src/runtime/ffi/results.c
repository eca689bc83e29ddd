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
#include "runtime/fault/guard.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/results_books.h"
#include "runtime/state.h"
#include "runtime/vm/ctype_table.h"

#include <string.h>

/* ---- Books ----------------------------------------------------------------------------------- */

/*
 * Without the handler of faults nothing that C returned can be read, and a program that has given
 * up most system calls may not install one any more.
 */
static struct ffisan_results *books_of(struct ffisan_state *state)
{
    if (!state->results && !ffisan_io_is_confined && ffisan_signals_start())
        state->results = ffisan_pages_map(sizeof(*state->results));
    if (state->results)
        ffisan_results_watch_assignments();
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
    return &results->by_object[(hash >> 40) % FFISAN_RESULT_OBJECTS];
}

struct ffisan_result *ffisan_results_find(struct ffisan_results *results, uintptr_t object,
                                          struct ffisan_result_function **ret_function)
{
    uint32_t place = *place_of_object(results, object);
    if (place-- == 0)
        return NULL;
    *ret_function = &results->functions[place / FFISAN_RESULTS_OF_FUNCTION];
    struct ffisan_result *result = &(*ret_function)->results[place % FFISAN_RESULTS_OF_FUNCTION];
    return result->object == object ? result : NULL;
}

struct ffisan_result *ffisan_results_argument(const struct ffisan_builtin_call *call,
                                              size_t position,
                                              struct ffisan_result_function **ret_function)
{
    uint64_t value = ffisan_builtin_value(call, position);
    return call->state->results && lj_tv_type(value) == LJ_GCT_CDATA
               ? ffisan_results_find(call->state->results, lj_tv_object(value), ret_function)
               : NULL;
}

void ffisan_results_remember(struct ffisan_results *results,
                             struct ffisan_result_function *function,
                             const struct ffisan_result *result)
{
    uint32_t i = function->n_results++ % FFISAN_RESULTS_OF_FUNCTION;
    function->results[i] = *result;
    *place_of_object(results, result->object) =
        (uint16_t)((function - results->functions) * FFISAN_RESULTS_OF_FUNCTION + i + 1);
}

uint32_t ffisan_result_origin(struct ffisan_state *state, uintptr_t object)
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
    bool is_answer = form == FFISAN_CONTENT_TEXT && !result->is_same_question && !result->is_copy;
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

/* However many cdata and places lead to it. */
static void note_read(struct ffisan_result_function *function, uint32_t call)
{
    for (uint32_t i = 0; i < FFISAN_RESULTS_OF_FUNCTION; i++)
        if (function->results[i].call == call)
            function->results[i].is_read = true;
}

/* Two of different calls, neither of which is what it was: each was kept for what it had been. */
static void note_another(struct ffisan_result_use *waiting, const struct ffisan_result_use *use)
{
    if (waiting->result.call != 0 && waiting->result.call != use->result.call &&
        waiting->result.content.form == FFISAN_CONTENT_TEXT)
        waiting->severity = FFISAN_SEVERITY_ERROR;
}

static void note_use(struct ffisan_state *state, struct ffisan_result_function *function,
                     struct ffisan_result *result, const struct usage *usage)
{
    struct ffisan_result_use use = {.result = *result};
    bool is_bad = result->is_overwritten && is_stale(function, usage, &use);
    use.stack = is_bad ? stack_here(state) : 0;
    is_bad = is_bad && !ffisan_result_is_own_buffer(state, result, use.stack);
    if (is_bad)
        note_another(&function->waiting, &use);
    note_newer(state, function, use.result.call);
    if (!result->is_overwritten)
        note_read(function, result->call);
    if (!is_bad)
        return;
    use.user = usage->user;
    use.function = usage->function;
    if (function->newest_read > use.result.call)
        ffisan_result_report(state, function, &use);
    else if (function->waiting.result.call == 0)
        function->waiting = use;
}

/* ---- Calls of C functions -------------------------------------------------------------------- */

/* A C function; does it return a pointer to text or to a struct? */
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
    memcpy(&question->function, payload, sizeof(question->function));
    question->type = (uint32_t)(type - table.types);
    type = ffisan_ctable_raw(&table, lj_ct_child(type));
    if (!type || lj_ct_kind(type) != LJ_CT_PTR)
        return false;
    const struct lj_ctype *target = ffisan_ctable_raw(&table, lj_ct_child(type));
    bool is_text = ffisan_ctable_is_bytes(&table, lj_ct_child(type));
    question->size = is_text || !target ? 0 : target->size;
    return is_text || (target && lj_ct_kind(target) == LJ_CT_STRUCT && question->size > 0 &&
                       question->size != LJ_CTSIZE_INVALID);
}

/* It returns none, but may leave one in a pointer that it is given the address of. */
static bool is_filler(const struct ffisan_builtin_call *call, struct ffisan_question *question)
{
    size_t n = ffisan_builtin_n_values(call), n_places = 0;
    question->size = 0;
    question->places[0] = question->places[1] = 0;
    for (size_t i = 1; i < n && question->function && n_places < 2; i++) {
        question->places[n_places] = ffisan_result_given_place(call, i);
        n_places += question->places[n_places] != 0;
    }
    return n_places > 0;
}

static void note_arguments(const struct ffisan_builtin_call *call)
{
    uint16_t ctypeid;
    struct ffisan_result_function *function;
    struct usage usage = {0};
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    size_t n = payload ? ffisan_builtin_n_values(call) : 0;
    for (size_t i = 1; i < n; i++) {
        struct ffisan_result *result = ffisan_results_argument(call, i, &function);
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
    question->is_filling = !find_callee(call, question);
    if (question->is_filling && !is_filler(call, question))
        question->function = 0;
    struct ffisan_results *results = question->function ? books_of(call->state) : NULL;
    if (!results) {
        question->function = 0;
        return;
    }
    ffisan_question_note(call, question);
    struct ffisan_result_function *function = find_function(results, question->function);
    for (uint32_t i = 0; i < results->n_functions; i++) /* a new one may share the memory of any */
        if (!function || function == &results->functions[i])
            forget_changed(&results->functions[i]);
}

/* Memory of C, or what the function was given to write to; not what it was given to read. */
static bool is_own_memory(const struct ffisan_question *question, uintptr_t address)
{
    for (uint32_t i = 0; i < question->n_given; i++)
        if (question->given[i] == address)
            return question->written >> i & 1;
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

/* A result of the call that has just returned, which leads to `fresh->base`. */
static void take_result(const struct ffisan_builtin_call *call, struct ffisan_result *fresh)
{
    const struct ffisan_question *question = &call->kept->question;
    struct ffisan_result_function *function =
        is_own_memory(question, fresh->base) ? function_for(call, fresh->base) : NULL;
    if (!function)
        return;
    fresh->at = fresh->base;
    fresh->question = question->arguments;
    fresh->function = question->function;
    fresh->call = ++function->n_calls;
    for (uint32_t i = 0; i < question->n_given; i++)
        fresh->is_given |= question->given[i] == fresh->base;
    overwrite(function, fresh);
    enum ffisan_content_form form = question->size ? FFISAN_CONTENT_RECORD : FFISAN_CONTENT_TEXT;
    if (!ffisan_content_take(&fresh->content, fresh->at, form, question->size))
        return;
    function->base = fresh->base;
    function->now = fresh->content;
    if (form == FFISAN_CONTENT_RECORD)
        ffisan_members_take(call, fresh);
    if (form == FFISAN_CONTENT_RECORD || ffisan_content_is_text(&fresh->content))
        ffisan_results_remember(call->state->results, function, fresh);
}

static void take_filled(const struct ffisan_builtin_call *call)
{
    const struct ffisan_question *question = &call->kept->question;
    for (unsigned i = 0; i < 2 && question->places[i]; i++) {
        struct ffisan_result fresh = {
            .object = question->places[i], .is_place = true, .is_filled = true};
        if (!ffisan_guard_copy(&fresh.base, (const void *)fresh.object, sizeof(fresh.base)) ||
            !fresh.base)
            continue;
        fresh.made = stack_here(call->state);
        take_result(call, &fresh);
    }
}

static void after_call(const struct ffisan_builtin_call *call)
{
    const struct ffisan_question *question = &call->kept->question;
    struct ffisan_result fresh = {0};
    size_t n = ffisan_builtin_n_values(call);
    uint64_t value = n ? ffisan_builtin_value(call, n - 1) : UINT64_MAX;
    if (question->function && question->is_filling)
        take_filled(call);
    if (!question->function || question->is_filling || lj_tv_type(value) != LJ_GCT_CDATA)
        return;
    const struct lj_cdata *cdata = (const struct lj_cdata *)lj_tv_object(value);
    memcpy(&fresh.base, cdata->payload, sizeof(fresh.base));
    fresh.object = (uintptr_t)cdata;
    fresh.made = ffisan_result_origin(call->state, fresh.object);
    fresh.ctypeid = cdata->ctypeid;
    take_result(call, &fresh);
}

/* ---- ffi.string, ffi.copy, members ----------------------------------------------------------- */

static void before_reading(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    bool is_copy = call->builtin == FFISAN_BUILTIN_COPY;
    struct ffisan_result *result = ffisan_results_argument(call, is_copy ? 1 : 0, &function);
    const struct usage usage = {.function = is_copy ? "ffi.copy" : "ffi.string"};
    if (result)
        note_use(call->state, function, result, &usage);
}

static void before_index(const struct ffisan_builtin_call *call)
{
    struct ffisan_result_function *function;
    struct ffisan_member member;
    struct ffisan_result *result = ffisan_results_argument(call, 0, &function);
    struct usage usage = {0};
    if (!result)
        return;
    if (result->content.form == FFISAN_CONTENT_RECORD) {
        if (!ffisan_members_find(call, result->ctypeid, &member) || member.size == 0)
            return;
        usage.offset = member.offset;
        usage.size = member.size;
    }
    note_use(call->state, function, result, &usage);
}

/* ---- Start and end --------------------------------------------------------------------------- */

void ffisan_results_watch(void)
{
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_CALL, before_call, after_call);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_STRING, before_reading, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_COPY, before_reading, NULL);
    ffisan_builtins_watch_samples(FFISAN_BUILTIN_CDATA_INDEX, before_index, NULL);
    ffisan_results_watch_places();
}

/* A place can be in memory of C, which may be gone. */
static void forget_if_dead(struct ffisan_state *state, struct ffisan_result *result)
{
    struct ffisan_slot_ref ref;
    if (result->object == 0)
        return;
    bool is_ours = ffisan_heap_find(&state->heap, result->object, &ref);
    if (is_ours ? ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE
                : !result->is_place || !ffisan_result_is_at(result, result->object))
        result->object = 0;
}

void ffisan_results_forget_dead(struct ffisan_state *state)
{
    struct ffisan_results *results = state->results;
    for (uint32_t i = 0; results && i < results->n_functions; i++) {
        struct ffisan_result_function *function = &results->functions[i];
        for (uint32_t k = 0; k < FFISAN_RESULTS_OF_FUNCTION && k < function->n_results; k++)
            forget_if_dead(state, &function->results[k]);
        forget_if_dead(state, &function->waiting.result);
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
