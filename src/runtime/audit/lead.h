/* SPDX-License-Identifier: MIT */
/**
 * One word that may be an address of something dead.  Whoever searches memory asks the two inlined
 * questions for each word, which most words answer with no, and has the others followed.
 * Context: within an audit.
 */
#ifndef FFISAN_AUDIT_LEAD_H
#define FFISAN_AUDIT_LEAD_H

#include "runtime/audit/standin.h"
#include "runtime/vm/ctype.h"

/** An audit that is under way. */
struct ffisan_audit {
    struct ffisan_state *state;   /**< whose dead are looked for */
    struct ffisan_state *holders; /**< in whose cdata and userdata */
    uint32_t number;
    uintptr_t lo, hi; /**< addresses of the heap's regions: one comparison for most words */
};

/** Does the word lead into the heap or to a stand-in? */
static inline bool ffisan_lead_is_one(const struct ffisan_audit *audit, uint64_t word)
{
    return (word - audit->lo < audit->hi - audit->lo) | ffisan_standin_covers(word);
}

/** How many bytes have certainly no such word, taken from the start; see ffisan_scan_skip. */
size_t ffisan_lead_skip(const struct ffisan_audit *audit, uintptr_t start, size_t size);

/** Does any word of this memory, taken from its start?  Exact, and fast where none does. */
bool ffisan_lead_is_any(const struct ffisan_audit *audit, uintptr_t start, size_t size);

/** May any word in there, at whatever byte it begins?  Not exact, and faster. */
bool ffisan_lead_may_be_anywhere(const struct ffisan_audit *audit, uintptr_t start, size_t size);

/**
 * The word at `offset` of a holder, which is one.  A block that is dead becomes held and gets a
 * stand-in, and the word is re-aimed to that if `kind` allows it; else it is evidence: it keeps the
 * block from reuse and is not written.  A word that leads to a stand-in shows that it is needed.
 */
void ffisan_lead_follow(struct ffisan_audit *audit, uint64_t word, enum ffisan_slot_kind kind,
                        const struct ffisan_holder *holder);

/** Something leads to the stand-in: it is needed until the next audit, and what belongs to it. */
void ffisan_lead_seen(struct ffisan_audit *audit, struct ffisan_standin *standin);

/** The object header of a cdata in its slot: where it was last time, or anywhere it can be. */
struct lj_cdata *ffisan_lead_cdata(const struct ffisan_slot_ref *ref);

#endif
