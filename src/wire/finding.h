/* SPDX-License-Identifier: MIT */
/**
 * One finding: what the runtime saw, as plain data.  The runtime fills it, record.c writes it as
 * one line of JSON, text.c renders it for people, and the command decodes the JSON back into it.
 *
 * Ownership: every string is borrowed from whoever filled the struct (an arena in the runtime, a
 * parsed document in the command) and is UTF-8 or raw bytes; NULL means unknown and is left out of
 * the record.  All offsets and sizes are bytes.
 */
#ifndef FFISAN_WIRE_FINDING_H
#define FFISAN_WIRE_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Version of the record: the value of the field "ffisan". Raised when a field changes meaning. */
#define FFISAN_RECORD_VERSION 1

/** How sure we are, and of what. */
enum ffisan_severity {
    FFISAN_SEVERITY_ERROR,   /**< memory that was gone was used or corrupted: never a guess */
    FFISAN_SEVERITY_WARNING, /**< suspected; `why` says what is missing to be sure */
    FFISAN_SEVERITY_LEAK,    /**< memory that nobody can free any more */
};

/** Kinds of finding.  Names, titles: kinds.def. */
enum ffisan_kind {
#define FFISAN_KIND(id, name, title) FFISAN_KIND_##id,
#include "kinds.def"
#undef FFISAN_KIND
    FFISAN_N_KINDS
};

/** How the memory was used. */
enum ffisan_access {
    FFISAN_ACCESS_NONE, /**< not used (yet) */
    FFISAN_ACCESS_READ,
    FFISAN_ACCESS_WRITE,
    FFISAN_ACCESS_CALL,    /**< jumped to */
    FFISAN_ACCESS_SYSCALL, /**< handed to the kernel */
    FFISAN_ACCESS_FREE,    /**< handed to free, realloc, dlclose ... */
};

/** What held the raw pointer. */
enum ffisan_holder_kind {
    FFISAN_HOLDER_NONE, /**< not known */
    FFISAN_HOLDER_CDATA,
    FFISAN_HOLDER_USERDATA,
    FFISAN_HOLDER_C_VARIABLE,
    FFISAN_HOLDER_MALLOC,
    FFISAN_HOLDER_STACK,
    FFISAN_HOLDER_KERNEL, /**< what the kernel keeps for the program */
};

/** What the memory was. */
enum ffisan_block_kind {
    FFISAN_BLOCK_NONE, /**< not known */
    FFISAN_BLOCK_CDATA,
    FFISAN_BLOCK_STRING,
    FFISAN_BLOCK_USERDATA,
    FFISAN_BLOCK_BUFFER, /**< memory of a string.buffer, or other raw memory of the VM */
    FFISAN_BLOCK_MALLOC,
    FFISAN_BLOCK_CALLBACK,
    FFISAN_BLOCK_LIBRARY,
    FFISAN_BLOCK_COROUTINE,
    FFISAN_BLOCK_STATIC,     /**< memory that a C function uses for each of its results */
    FFISAN_BLOCK_DESCRIPTOR, /**< no memory: a number of the kernel's */
};
#define FFISAN_N_BLOCK_KINDS (FFISAN_BLOCK_DESCRIPTOR + 1)

enum ffisan_lang { FFISAN_LANG_LUA, FFISAN_LANG_C };

/** Borrowed bytes; `data` NULL: none. */
struct ffisan_bytes {
    const uint8_t *data;
    size_t size;
};

/** One frame of a stack, innermost first. */
struct ffisan_frame {
    enum ffisan_lang lang;
    const char *file;     /**< Lua: the chunk name without '@' or '='; C: source file, if known */
    int line;             /**< 0 = unknown */
    const char *function; /**< "run", "main chunk"; C: symbol */
    const char *module;   /**< C only: base name of the library or program */
    const char *path;     /**< C only: the module's file */
    struct ffisan_bytes build; /**< C only: the module's build ID */
    uint64_t offset;           /**< C only: offset of the address in the module */
    bool approximate;          /**< compiled code: nearest known position */
};

struct ffisan_stack {
    size_t n_frames;
    const struct ffisan_frame *frames; /**< innermost first */
};

struct ffisan_finding {
    uint64_t id; /**< stable hash of kind, types and Lua lines: the same bug has the same id */
    enum ffisan_severity severity;
    enum ffisan_kind kind;
    const char *title; /**< one sentence: what happened */
    int pid;

    struct {
        enum ffisan_access access;
        size_t size_bytes;    /**< 0 = unknown */
        const char *function; /**< C function or system call that was called, e.g. "snprintf" */
        const char *source;   /**< the Lua source line of the use, without indentation */
        struct ffisan_stack stack;
        const char *finalizer; /**< type of the cdata whose finalizer did it; NULL: none did */
        struct ffisan_stack finalizer_made; /**< where that cdata was created */
        struct ffisan_stack finalizer_set;  /**< where ffi.gc was called for it */
    } use;

    struct {
        enum ffisan_holder_kind kind;
        const char *type;  /**< "struct my_str_s [1]" */
        const char *field; /**< "data", "items[3].name"; NULL: the holder is the pointer */
        size_t offset;     /**< of the pointer in the holder */
        struct ffisan_stack made;
        struct ffisan_stack stored; /**< where the program put the address */
        const char *stored_by;      /**< the C function that got it; NULL: an assignment */
        const char *path; /**< what keeps the holder alive: "package.loaded.mod → upvalue b" */
    } holder;

    struct {
        enum ffisan_block_kind kind;
        const char *type;    /**< "char [1024]", "string" */
        size_t size_bytes;   /**< of the payload */
        int64_t offset;      /**< of the pointer or damage in the payload; may be negative */
        const char *preview; /**< first bytes, printable */
        struct ffisan_stack made;
    } block;

    struct {
        unsigned cycle; /**< 1 = first cycle that ffisan saw; 0 = not collected */
        struct ffisan_stack stack;
    } collected;

    struct {
        const char *function;  /**< the C function that Lua called: "free", "fclose" */
        const char *finalizer; /**< type of the cdata whose finalizer called it; NULL: none did */
        struct ffisan_stack finalizer_made; /**< where that cdata was created */
        struct ffisan_stack finalizer_set;  /**< where ffi.gc was called for it */
        struct ffisan_stack stack;
    } freed; /**< by hand, not by the collector */

    const char *why;
    const char *fix;
};

/** Names as they stand in the record; NULL for a value out of range. */
const char *ffisan_severity_name(enum ffisan_severity severity);
const char *ffisan_kind_name(enum ffisan_kind kind);
const char *ffisan_kind_title(enum ffisan_kind kind);
const char *ffisan_access_name(enum ffisan_access access);
const char *ffisan_holder_kind_name(enum ffisan_holder_kind kind);
const char *ffisan_block_kind_name(enum ffisan_block_kind kind);

#endif
