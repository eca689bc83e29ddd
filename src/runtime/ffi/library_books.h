/* SPDX-License-Identifier: MIT */
/**
 * What libraries.c keeps of a module, library_image.c puts back and library_report.c tells.
 */
#ifndef FFISAN_FFI_LIBRARY_BOOKS_H
#define FFISAN_FFI_LIBRARY_BOOKS_H

#include "runtime/ffi/libraries.h"
#include "runtime/report/kept.h"
#include "runtime/state.h"

#include <link.h>
#include <limits.h>
#include <sys/types.h>

#define FFISAN_LIBRARY_SEGMENTS 8

/** One loadable segment, in whole pages. */
struct ffisan_image_segment {
    uintptr_t from, to;
    uint64_t file_offset; /**< of `from` */
    char *copy;           /**< writable: what was there; NULL: it is as in the file */
    uint32_t flags;       /**< PF_R, PF_W, PF_X */
};

/** What is needed to put a module back. */
struct ffisan_image {
    struct ffisan_image_segment segments[FFISAN_LIBRARY_SEGMENTS];
    unsigned n_segments;
    dev_t device;
    ino_t inode;
    bool is_complete;
};

/** Who has a module unloaded. */
struct ffisan_unloader {
    struct ffisan_state *state; /**< NULL: not known */
    bool is_namespace;          /**< the finalizer of one, else a call of dlclose */
    uint32_t made;              /**< stack of ffi.load */
    uint32_t stack;             /**< what runs now */
    unsigned cycle;             /**< that collected the namespace; 0: the state is being closed */
};

/** A module that is gone, and whose place is kept. */
struct ffisan_library {
    struct ffisan_library *next;
    uintptr_t from, to;  /**< all of it */
    uintptr_t load_base; /**< what symbols are relative to */
    char path[PATH_MAX];
    struct ffisan_image image;
    struct ffisan_state *state; /**< that had it unloaded; NULL: not known, or closed */
    struct ffisan_kept kept;
    struct ffisan_stack made, unloaded; /**< kept */
    unsigned cycle;
    unsigned group; /**< of modules that went together */
    bool is_namespace, is_told;
};

/**
 * Copies what cannot be read from the file later.  Context: ordinary code, the module is loaded.
 * `handle`: of the loader, to bind what has not been called yet.
 */
void ffisan_image_take(struct ffisan_image *image, const struct dl_phdr_info *module, void *handle);

/** Puts it back into its place, which must be reserved.  Context: any. */
bool ffisan_image_put_back(const struct ffisan_image *image, const char *path);

void ffisan_image_discard(struct ffisan_image *image);

/** Reports a use.  Context: as ffisan_libraries_fault. */
void ffisan_library_report(struct ffisan_library *library, uintptr_t address,
                           enum ffisan_access access, ucontext_t *context);

#endif
