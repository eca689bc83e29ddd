/* SPDX-License-Identifier: MIT */
/*
 * Classic backward dataflow: a slot is live before an instruction when the instruction reads it, or
 * when it is live after it and not written by it; repeated from the last bytecode to the first
 * until nothing changes (once plus once per nesting level of loops).  The sets have as many words
 * as the frame needs.  The parser's reuse of registers is not relied upon, only what the
 * interpreter does with each instruction.
 */
#include "runtime/vm/liveness.h"

#include "runtime/vm/liveness_ops.h"

enum { MAX_PASSES = 100, MAX_WORDS = FFISAN_LIVENESS_MAX_SLOTS / 64 };

struct dataflow {
    const struct ffisan_vm *vm;
    const struct lj_proto *proto;
    uint64_t *live_before; /* n_words per bytecode */
    uint32_t n_words;
};

static uint64_t *live_before(const struct dataflow *flow, uint32_t pc)
{
    return flow->live_before + (size_t)pc * flow->n_words;
}

/* The bits of `range` that fall into word `i`. */
static uint64_t range_word(struct ffisan_slot_range range, uint32_t i)
{
    uint32_t low = i * 64;
    if (range.to <= low || range.from >= low + 64 || range.from >= range.to)
        return 0;
    uint32_t from = range.from > low ? range.from - low : 0, to = range.to - low;
    uint64_t below_to = to >= 64 ? UINT64_MAX : (UINT64_C(1) << to) - 1;
    return below_to & ~((UINT64_C(1) << from) - 1);
}

static uint64_t after_word(const struct dataflow *flow, const struct ffisan_op_effect *effect,
                           uint32_t i)
{
    uint64_t live = 0;
    for (unsigned way = 0; way < effect->n_next; way++)
        live |= live_before(flow, effect->next[way])[i];
    return live;
}

static uint64_t before_word(const struct dataflow *flow, const struct ffisan_op_effect *effect,
                            uint32_t i)
{
    uint64_t live = 0, written = range_word(effect->writes, i);
    for (unsigned way = 0; way < effect->n_next; way++) {
        uint64_t kept = way > 0 && effect->writes_on_first_way_only ? UINT64_MAX : ~written;
        live |= live_before(flow, effect->next[way])[i] & kept;
    }
    for (unsigned n = 0; n < FFISAN_OP_READS; n++)
        live |= range_word(effect->reads[n], i);
    return live;
}

static bool leads_back(const struct ffisan_op_effect *effect, uint32_t pc)
{
    for (unsigned way = 0; way < effect->n_next; way++) {
        if (effect->next[way] <= pc)
            return true;
    }
    return false;
}

/*
 * One pass over the function; false for bytecode we do not know.  Without a jump back one is
 * enough: what follows an instruction has been seen before it.
 */
static bool pass(const struct dataflow *flow, bool *ret_again)
{
    struct ffisan_op_effect effect;
    bool has_changed = false, has_loop = false;
    for (uint32_t pc = flow->proto->sizebc; --pc >= 1;) {
        if (!ffisan_op_effect(flow->vm, flow->proto, pc, &effect))
            return false;
        has_loop = has_loop || leads_back(&effect, pc);
        for (uint32_t i = 0; i < flow->n_words; i++) {
            uint64_t live = before_word(flow, &effect, i);
            has_changed = has_changed || live != live_before(flow, pc)[i];
            live_before(flow, pc)[i] = live;
        }
    }
    *ret_again = has_changed && has_loop;
    return true;
}

static bool solve(const struct dataflow *flow)
{
    bool again = true;
    memset(flow->live_before, 0, (size_t)flow->proto->sizebc * flow->n_words * sizeof(uint64_t));
    for (unsigned n = 0; again; n++) {
        if (n == MAX_PASSES || !pass(flow, &again))
            return false;
    }
    return true;
}

/* The variables in scope now, and wherever the instruction leads. */
static struct ffisan_slot_range scope(const struct lj_proto *proto, uint32_t pc,
                                      const struct ffisan_op_effect *effect)
{
    struct ffisan_slot_range slots = {0, (uint16_t)ffisan_scope_slots(proto, pc)};
    for (unsigned way = 0; way < effect->n_next; way++) {
        uint32_t n = ffisan_scope_slots(proto, effect->next[way]);
        slots.to = n > slots.to ? (uint16_t)n : slots.to;
    }
    return slots;
}

static bool answer(const struct dataflow *flow, const struct ffisan_liveness_point *point,
                   struct ffisan_live_slots *ret_live)
{
    struct ffisan_op_effect effect;
    uint32_t pc = point->pc;
    struct ffisan_slot_range outside = {flow->proto->framesize, FFISAN_LIVENESS_MAX_SLOTS};
    if (!ffisan_op_effect(flow->vm, flow->proto, pc, &effect))
        return false;
    struct ffisan_slot_range in_scope = {0, (uint16_t)ffisan_scope_slots(flow->proto, pc)};
    if (point->has_begun)
        in_scope = scope(flow->proto, pc, &effect);
    for (uint32_t i = 0; i < MAX_WORDS; i++) {
        ret_live->bits[i] = range_word(outside, i) | range_word(in_scope, i);
        if (i < flow->n_words)
            ret_live->bits[i] |= live_before(flow, pc)[i];
        if (point->has_begun)
            ret_live->bits[i] |= range_word(effect.busy, i);
        if (point->has_begun && i < flow->n_words)
            ret_live->bits[i] |= after_word(flow, &effect, i);
    }
    return true;
}

bool ffisan_liveness_at(const struct ffisan_vm *vm, const struct ffisan_liveness_point *point,
                        void *scratch, size_t scratch_size, struct ffisan_live_slots *ret_live)
{
    const struct lj_proto *proto = point->proto;
    struct dataflow flow = {vm, proto, scratch, (proto->framesize + 63u) / 64};
    if (proto->varinfo == 0 || point->pc == 0 || point->pc >= proto->sizebc)
        return false;
    if (flow.n_words == 0 || scratch_size / sizeof(uint64_t) / flow.n_words < proto->sizebc)
        return false;
    return solve(&flow) && answer(&flow, point, ret_live);
}

bool ffisan_liveness(const struct lj_proto *proto, uint32_t pc, void *scratch, size_t scratch_size,
                     struct ffisan_live_slots *ret_live)
{
    struct ffisan_liveness_point point = {.proto = proto, .pc = pc, .has_begun = true};
    return ffisan_liveness_at(NULL, &point, scratch, scratch_size, ret_live);
}

static uint32_t read_uleb128(const uint8_t **at, const uint8_t *end)
{
    uint32_t value = 0;
    for (unsigned shift = 0; *at < end && shift < 32; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

/*
 * Variables are listed in the order of their start: name (1 to 6 stand for the hidden variables of
 * a for loop, 0 ends the list), distance of the start from the previous start, length of the scope.
 */
uint32_t ffisan_scope_slots(const struct lj_proto *proto, uint32_t pc)
{
    enum { END = 0, LAST_HIDDEN_NAME = 6 };
    const uint8_t *at = (const void *)proto->varinfo;
    const uint8_t *end = (const uint8_t *)proto + proto->sizept;
    uint32_t start = 0, n_slots = 0;
    while (at < end && *at != END) {
        if (*at > LAST_HIDDEN_NAME) {
            while (at < end && *at != 0)
                at++;
        }
        at++;
        start += read_uleb128(&at, end);
        if (start > pc)
            break;
        if (pc < start + read_uleb128(&at, end))
            n_slots++;
    }
    return n_slots;
}
