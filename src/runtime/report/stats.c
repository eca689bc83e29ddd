/* SPDX-License-Identifier: MIT */
#include "runtime/report/stats.h"

#include "runtime/report/report.h"
#include "runtime/state.h"

static struct {
    uint64_t n_states, n_allocs, n_cycles, n_forced, n_lines, n_stacks, n_unknown_stacks;
    uint64_t n_audits, n_holders, n_words, n_dangling, n_evidence, audit_ns;
    uint64_t n_c_searches, c_bytes, c_ns;
    uint64_t n_damage_dropped, out_of_memory, n_reentries;
} total;

void ffisan_stats_add(const struct ffisan_state *state)
{
    struct ffisan_stacks_counts stacks = {0};
    if (state->stacks)
        stacks = ffisan_stacks_count(state->stacks);
    total.n_states++;
    total.n_allocs += ffisan_heap_n_allocs(&state->heap);
    total.n_cycles += state->cycle;
    total.n_forced += state->schedule.n_forced;
    total.n_lines += state->lines.n_collections;
    total.n_stacks += stacks.n_stacks;
    total.n_unknown_stacks += stacks.n_unknown;
    total.n_audits += state->audit.n_audits;
    total.n_holders += state->audit.n_holders;
    total.n_words += state->audit.n_words;
    total.n_dangling += state->audit.n_dangling;
    total.n_evidence += state->audit.n_evidence;
    total.audit_ns += state->audit.ns;
    total.n_c_searches += state->audit.n_c_searches;
    total.c_bytes += state->audit.c_bytes;
    total.c_ns += state->audit.c_ns;
    total.n_damage_dropped += state->heap.n_damage_dropped;
    total.n_reentries += state->n_reentries;
    total.out_of_memory += state->heap.out_of_memory;
}

static void add(struct ffisan_text *text, const char *name, uint64_t value)
{
    ffisan_text_add(text, name);
    ffisan_text_add_char(text, ' ');
    ffisan_text_add_unsigned(text, value);
}

static void print(void)
{
    char data[1024];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    add(&text, "stats: states", total.n_states);
    add(&text, ", allocations", total.n_allocs);
    add(&text, ", cycles", total.n_cycles);
    add(&text, " (forced by allocations", total.n_forced);
    add(&text, ", between lines", total.n_lines);
    ffisan_text_add(&text, ")");
    ffisan_report_note(data);
    ffisan_text_init(&text, data, sizeof(data));
    add(&text, "stats: audits", total.n_audits);
    add(&text, ", holders searched", total.n_holders);
    add(&text, ", words", total.n_words);
    add(&text, ", microseconds", total.audit_ns / 1000);
    add(&text, ", dangling pointers", total.n_dangling);
    add(&text, ", evidence", total.n_evidence);
    ffisan_report_note(data);
    ffisan_text_init(&text, data, sizeof(data));
    add(&text, "stats: searches in memory of C", total.n_c_searches);
    add(&text, ", bytes", total.c_bytes);
    add(&text, ", microseconds", total.c_ns / 1000);
    ffisan_report_note(data);
    ffisan_text_init(&text, data, sizeof(data));
    add(&text, "stats: stacks", total.n_stacks);
    add(&text, ", not kept", total.n_unknown_stacks);
    add(&text, ", findings repeated", ffisan_report_counts.n_repeated);
    if (ffisan_report_counts.n_suppressed > 0)
        add(&text, ", suppressed", ffisan_report_counts.n_suppressed);
    add(&text, ", damage not reported", total.n_damage_dropped);
    add(&text, ", out of memory", total.out_of_memory);
    add(&text, ", calls of finalizers into a library that waited", total.n_reentries);
    ffisan_report_note(data);
}

void ffisan_stats_print(void)
{
    if (!ffisan_runtime.options.stats || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    for (const struct ffisan_state *state = ffisan_runtime.states; state; state = state->next)
        ffisan_stats_add(state);
    if (total.n_states > 0)
        print();
    ffisan_lock_give(&ffisan_runtime.lock);
}

/* The library is never unloaded: this is the end of the process. */
__attribute__((destructor)) static void at_exit(void)
{
    ffisan_stats_print();
}
