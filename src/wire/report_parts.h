/* SPDX-License-Identifier: MIT */
/**
 * Phrases that the sections of a text report share: positions, blocks, holders.
 * Context: any, also a signal handler.
 */
#ifndef FFISAN_WIRE_REPORT_PARTS_H
#define FFISAN_WIRE_REPORT_PARTS_H

#include "wire/finding.h"
#include "wire/report_layout.h"

/** The innermost Lua frame that has a line, else the innermost frame, else NULL. */
const struct ffisan_frame *ffisan_report_place(const struct ffisan_stack *stack);

/** The file without its folders, for places that must be short. */
const char *ffisan_report_base_name(const char *file);

/** "mod.lua:22", "~mod.lua:22" for an approximate line. */
void ffisan_report_put_position(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                                bool short_name);

/** Behind a verb, which it stays with: " at mod.lua:21 in run", " in strdup (libc.so.6)". */
void ffisan_report_put_place(struct ffisan_layout *layout, const struct ffisan_frame *frame,
                             bool short_name);

/** "created at base.lua:199 in get_string_buf, called at mod.lua:20"; nothing if unknown. */
void ffisan_report_put_origin(struct ffisan_layout *layout, const char *verb,
                              const struct ffisan_stack *stack);

/** The same behind a comma. */
void ffisan_report_put_comma_origin(struct ffisan_layout *layout, const char *verb,
                                    const struct ffisan_stack *stack);

/** A line "in the finalizer of cdata<void *>, created at ..., set at ...". */
void ffisan_report_write_finalizer(struct ffisan_layout *layout, const char *type,
                                   const struct ffisan_stack *made, const struct ffisan_stack *set);

/** True when there is anything to say about the holder. */
bool ffisan_report_knows_holder(const struct ffisan_finding *finding);
bool ffisan_report_knows_block(const struct ffisan_finding *finding);

/** "field data of cdata<struct my_str_s [1]>". */
void ffisan_report_put_holder(struct ffisan_layout *layout, const struct ffisan_finding *finding);

/** "char [1024]", "string of 12 bytes". */
void ffisan_report_put_block(struct ffisan_layout *layout, const struct ffisan_finding *finding);

/** "12 bytes", "1 byte". */
void ffisan_report_put_bytes(struct ffisan_layout *layout, uint64_t n_bytes);

/** "3 bytes past its end", "16 bytes into it"; "at its start" when the offset is 0. */
void ffisan_report_put_offset(struct ffisan_layout *layout, const struct ffisan_finding *finding);

/** The last line: what, through what, where, in one line that can be searched for. */
void ffisan_report_put_summary(struct ffisan_layout *layout, const struct ffisan_finding *finding);

#endif
