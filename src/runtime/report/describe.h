/* SPDX-License-Identifier: MIT */
/**
 * Blocks, holders and stacks in Lua terms, as parts of a finding.
 * Context: as report.h; reads raw memory of the VM, so run it under a guard.
 */
#ifndef FFISAN_REPORT_DESCRIBE_H
#define FFISAN_REPORT_DESCRIBE_H

#include "runtime/audit/standin.h"
#include "runtime/report/report.h"

/** What a report needs to know of a block. */
struct ffisan_described_block {
    uintptr_t content; /**< first byte of the slot, as it is or was */
    size_t size;       /**< bytes that were asked for */
    uint8_t type;      /**< as in struct ffisan_slot */
    uint32_t made;
};

/** Bytes in front of the payload of a block. */
size_t ffisan_describe_header(const struct ffisan_described_block *block);

/** Fills in finding->block; `address` is the one that matters, relative to block->content. */
void ffisan_describe_block(struct ffisan_state *state, const struct ffisan_described_block *block,
                           int64_t offset_in_slot, struct ffisan_scratch *scratch,
                           struct ffisan_finding *finding);

/** Fills in finding->holder, with the path that keeps it alive when `with_path`. */
void ffisan_describe_holder(struct ffisan_state *state, const struct ffisan_holder *holder,
                            bool with_path, struct ffisan_scratch *scratch,
                            struct ffisan_finding *finding);

/** The name of the C function at this address, or NULL; its memory is the scratch's. */
const char *ffisan_describe_symbol(struct ffisan_scratch *scratch, uintptr_t address);

/**
 * Fills in `why` and `fix`, from what the finding says already.
 */
void ffisan_explain(struct ffisan_scratch *scratch, struct ffisan_finding *finding);

#endif
