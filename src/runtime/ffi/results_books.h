/* SPDX-License-Identifier: MIT */
/**
 * What results.c keeps of the results of C functions, and results_report.c tells.
 * Context: the thread of the state.
 */
#ifndef FFISAN_FFI_RESULTS_BOOKS_H
#define FFISAN_FFI_RESULTS_BOOKS_H

#include "runtime/ffi/builtins.h"
#include "runtime/report/report.h"
#include "runtime/vm/ctype_table.h"
#include "runtime/vm/layout.h"
#include "wire/finding.h"

#define FFISAN_CONTENT_BYTES 256
#define FFISAN_MEMBER_TEXTS 6
#define FFISAN_MEMBER_BYTES 40
#define FFISAN_FUNCTION_NAMES 4
#define FFISAN_RESULTS_OF_FUNCTION 24
#define FFISAN_RESULT_FUNCTIONS 64

enum ffisan_content_form {
    FFISAN_CONTENT_TEXT,   /**< up to a NUL */
    FFISAN_CONTENT_RECORD, /**< a struct */
};

/** What lay somewhere, the first 256 bytes of it. */
struct ffisan_content {
    enum ffisan_content_form form;
    uint32_t size; /**< text: without the NUL */
    uint8_t bytes[FFISAN_CONTENT_BYTES];
};

/** Takes a copy.  `size`: of a record.  False when the memory cannot be read. */
bool ffisan_content_take(struct ffisan_content *content, uintptr_t at,
                         enum ffisan_content_form form, uint32_t size);

/** Is it a text that is not empty, as people write it? */
bool ffisan_content_is_text(const struct ffisan_content *content);

bool ffisan_content_is_same(const struct ffisan_content *a, const struct ffisan_content *b);

/** Is it as it was?  False when it cannot be read any more. */
bool ffisan_content_is_there(const struct ffisan_content *content, uintptr_t at);

/** Does one of two texts begin with all of the other?  Then it may be one text that grows. */
bool ffisan_content_has_grown(const struct ffisan_content *a, const struct ffisan_content *b);

/** Before a call of a C function: what it is given, and asked. */
void ffisan_question_note(const struct ffisan_builtin_call *call, struct ffisan_question *question);

/** What the arguments of a call ask for: a hash of numbers and of what const pointers lead to. */
uint64_t ffisan_question_hash(const struct ffisan_builtin_call *call);

/** The address that C gets for an argument; 0 for what is none. */
uintptr_t ffisan_question_address(const struct ffisan_builtin_call *call, size_t position);

/** Does the C function only read what this argument leads to (const, or behind the `...`)? */
bool ffisan_question_is_read(const struct ffisan_builtin_call *call, size_t position);

/** What a C function does with an argument, by the declaration of its parameter. */
enum ffisan_parameter {
    FFISAN_PARAMETER_VALUE,   /**< no pointer; or not known */
    FFISAN_PARAMETER_READ,    /**< a pointer to const, or behind the `...` */
    FFISAN_PARAMETER_WRITTEN, /**< another pointer */
};

/** `function`: type of a function, or of a pointer to one.  `position`: from 1. */
enum ffisan_parameter ffisan_question_parameter(const struct ffisan_vm *vm, uint16_t function,
                                                size_t position);

/** Does one have the type of the other, and a question: by value, and by const pointers? */
bool ffisan_question_is_alike(const struct ffisan_builtin_call *call, uint32_t function_id,
                              uint32_t other_id);

/** A text that a member of a struct is, or leads to. */
struct ffisan_member_text {
    uint16_t offset; /**< of the member */
    bool is_inline;
    bool is_changed; /**< by the call that overwrote the struct */
    uint16_t room;   /**< of a member that holds it */
    uint16_t size;
    uint8_t bytes[FFISAN_MEMBER_BYTES];
};

/** A cdata that a C function returned, or that was read from a struct which it returned. */
struct ffisan_result {
    uintptr_t object; /**< its header; 0: none */
    uintptr_t base;   /**< what the function returned */
    uintptr_t at;     /**< where the cdata leads: `base`, or a text that a member leads to */
    uint64_t question;
    uint32_t call;        /**< the number of the call among those of the function, from 1 */
    uint32_t made;        /**< stack of that */
    uint32_t holder_made; /**< stack of the cdata, if that is another */
    uint32_t overwritten; /**< stack of the later call */
    uint16_t ctypeid;
    bool is_read;   /**< before it was overwritten */
    bool is_place;  /**< `object` is the address of a pointer that leads there, no cdata */
    bool is_filled; /**< the function was given the address of such a pointer */
    bool is_given;  /**< the function was given the memory to write to */
    bool is_copy;   /**< the cdata was read from there, or cast */
    bool is_overwritten;
    bool is_same_question; /**< that the later call answered */
    uintptr_t function;    /**< that returned it */
    uintptr_t overwriter;  /**< that overwrote it: the same, or one that shares its memory */
    struct ffisan_content content;
    /* Of a struct: */
    uint64_t changed[FFISAN_CONTENT_BYTES / 64]; /**< a bit for each byte that the call changed */
    uint32_t n_texts;
    struct ffisan_member_text texts[FFISAN_MEMBER_TEXTS];
};

/** Takes down the texts of a struct that is `result->content`. */
void ffisan_members_take(const struct ffisan_builtin_call *call, struct ffisan_result *result);

/** A call has changed the struct: what of it? */
void ffisan_members_overwritten(struct ffisan_result *result);

/**
 * Has the call changed `size` bytes of the struct at `offset` (0: any), or the text there, and are
 * they still another?  `now` is the struct as it is, and becomes the text if there is one, as does
 * `result->content`.
 */
bool ffisan_members_differ(struct ffisan_result *result, size_t offset, size_t size,
                           struct ffisan_content *now);

/** A use of a result that had been overwritten. */
struct ffisan_result_use {
    struct ffisan_result result; /**< a copy; call 0: no use */
    enum ffisan_severity severity;
    uint32_t stack;
    uintptr_t user;       /**< address of the C function that got it, or 0 */
    const char *function; /**< built-in function, or NULL */
    struct ffisan_content now;
};

struct ffisan_result_function {
    uintptr_t addresses[FFISAN_FUNCTION_NAMES]; /**< of functions that share the memory; 0: none */
    uint32_t type;                              /**< id of their type */
    uintptr_t base;                             /**< where its last result lies */
    struct ffisan_content now;                  /**< as the last call left it */
    uint32_t n_calls;
    uint32_t newest_read;             /**< the newest call whose result was used */
    uint32_t n_results;               /**< that were put into the ring */
    uint32_t told;                    /**< stack of the result that was reported last, or 0 */
    struct ffisan_result_use waiting; /**< for a use of a newer result */
    struct ffisan_result results[FFISAN_RESULTS_OF_FUNCTION];
};

#define FFISAN_RESULT_OBJECTS 1024

struct ffisan_results {
    uint32_t n_functions;
    uint16_t by_object[FFISAN_RESULT_OBJECTS]; /**< of the hash of an address: place + 1 */
    struct ffisan_result_function functions[FFISAN_RESULT_FUNCTIONS];
};

/** The result that an object (cdata, or place) is, and the function that returned it, or NULL. */
struct ffisan_result *ffisan_results_find(struct ffisan_results *results, uintptr_t object,
                                          struct ffisan_result_function **ret_function);

/** Takes down a result; the oldest of the function makes room. */
void ffisan_results_remember(struct ffisan_results *results,
                             struct ffisan_result_function *function,
                             const struct ffisan_result *result);

/** Where the number and the origin of a cdata are known: its stack, else 0. */
uint32_t ffisan_result_origin(struct ffisan_state *state, uintptr_t object);

/** The pointer to text that an argument of a C function leads to, which writes to it; or 0. */
uintptr_t ffisan_result_given_place(const struct ffisan_builtin_call *call, size_t position);

/** Does the pointer at a place lead to the result still? */
bool ffisan_result_is_at(const struct ffisan_result *result, uintptr_t place);

/** As `find`, of an argument. */
struct ffisan_result *ffisan_results_argument(const struct ffisan_builtin_call *call,
                                              size_t position,
                                              struct ffisan_result_function **ret_function);

/** Has what is read from members and from places watched, and casts; from now on, assignments. */
void ffisan_results_watch_places(void);
void ffisan_results_watch_assignments(void);

/** The member that a string names; false when it is none (a method of the metatype). */
bool ffisan_members_find(const struct ffisan_builtin_call *call, uint16_t ctypeid,
                         struct ffisan_member *ret_member);

/** The name of a variable of a C library, or NULL. */
const char *ffisan_result_variable(struct ffisan_state *state, uintptr_t address,
                                   struct ffisan_scratch *scratch);

/**
 * Was the memory given to the function by code that still runs, `stack`?  That knows whose it is;
 * who got the result from a function that has returned does not.
 */
bool ffisan_result_is_own_buffer(struct ffisan_state *state, const struct ffisan_result *result,
                                 uint32_t stack);

/** Reports a use. */
void ffisan_result_report(struct ffisan_state *state, struct ffisan_result_function *function,
                          const struct ffisan_result_use *use);

#endif
