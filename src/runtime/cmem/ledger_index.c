/* SPDX-License-Identifier: MIT */
/*
 * For 64 MiB of addresses there is a table: a number for each grain, and bits that say which grains
 * have one and which pages have any.  So the closest number before an address is found in a few
 * words, and only what is in use takes memory.
 */
#include "runtime/cmem/ledger_index.h"

#include "base/pages.h"

#define N_PARTS ((size_t)1 << (47 - FFISAN_LEDGER_SHIFT))
#define TABLE_BYTES ((size_t)1 << FFISAN_LEDGER_SHIFT)
#define GRAINS_PER_PAGE (FFISAN_PAGE_SIZE / FFISAN_LEDGER_GRAIN)
#define WORDS_PER_PAGE (GRAINS_PER_PAGE / 64)
#define N_PAGES (TABLE_BYTES / FFISAN_PAGE_SIZE)
#define MAX_TABLES 192u /* of 8 MiB each, which are touched where blocks are */

struct ffisan_ledger_table {
    uint64_t pages[N_PAGES / 64];             /* those with any block */
    uint64_t grains[N_PAGES][WORDS_PER_PAGE]; /* those with one */
    uint32_t numbers[TABLE_BYTES / FFISAN_LEDGER_GRAIN];
};

struct ffisan_ledger_part *ffisan_ledger_parts;
static uint32_t n_tables;

bool ffisan_ledger_index_start(void)
{
    if (!ffisan_ledger_parts)
        ffisan_ledger_parts = ffisan_pages_map(N_PARTS * sizeof(*ffisan_ledger_parts));
    return ffisan_ledger_parts != NULL;
}

static struct ffisan_ledger_table *get_table(struct ffisan_ledger_part *part)
{
    if (!part->table && n_tables < MAX_TABLES) {
        struct ffisan_ledger_table *table = ffisan_pages_map(sizeof(*table));
        n_tables += table != NULL;
        __atomic_store_n(&part->table, table, __ATOMIC_RELEASE);
    }
    return part->table;
}

/* Writes into the parts behind its first that a block reaches. */
static void set_reaching(uintptr_t block, size_t size, uint32_t from, uint32_t to)
{
    size_t last = (block + size) >> FFISAN_LEDGER_SHIFT; /* what is just past its end counts */
    for (size_t i = (block >> FFISAN_LEDGER_SHIFT) + 1; i <= last && i < N_PARTS; i++)
        if (ffisan_ledger_parts[i].reaching == from)
            ffisan_ledger_parts[i].reaching = to;
}

bool ffisan_ledger_index_add(uintptr_t block, size_t size, uint32_t number)
{
    if (block >> 47 != 0)
        return false;
    struct ffisan_ledger_table *table =
        get_table(&ffisan_ledger_parts[block >> FFISAN_LEDGER_SHIFT]);
    if (!table)
        return false;
    size_t grain = block % TABLE_BYTES / FFISAN_LEDGER_GRAIN, page = grain / GRAINS_PER_PAGE;
    table->numbers[grain] = number;
    table->grains[page][grain / 64 % WORDS_PER_PAGE] |= UINT64_C(1) << grain % 64;
    table->pages[page / 64] |= UINT64_C(1) << page % 64;
    set_reaching(block, size, 0, number);
    return true;
}

void ffisan_ledger_index_remove(uintptr_t block, size_t size, uint32_t number)
{
    struct ffisan_ledger_table *table = ffisan_ledger_parts[block >> FFISAN_LEDGER_SHIFT].table;
    size_t grain = block % TABLE_BYTES / FFISAN_LEDGER_GRAIN, page = grain / GRAINS_PER_PAGE;
    uint64_t any = 0;
    table->numbers[grain] = 0;
    table->grains[page][grain / 64 % WORDS_PER_PAGE] &= ~(UINT64_C(1) << grain % 64);
    for (size_t i = 0; i < WORDS_PER_PAGE; i++)
        any |= table->grains[page][i];
    if (!any)
        table->pages[page / 64] &= ~(UINT64_C(1) << page % 64);
    set_reaching(block, size, number, 0);
}

/* The highest bit of `words` below bit number `end`, or -1. */
static int64_t find_last(const uint64_t *words, size_t end)
{
    for (size_t w = (end + 63) / 64; w-- > 0;) {
        uint64_t word = words[w];
        if (w == end / 64)
            word &= (UINT64_C(1) << end % 64) - 1;
        if (word)
            return (int64_t)(w * 64 + 63 - (unsigned)__builtin_clzll(word));
    }
    return -1;
}

static uint32_t find_in(const struct ffisan_ledger_table *table, size_t grain)
{
    size_t page = grain / GRAINS_PER_PAGE;
    int64_t at = find_last(table->grains[page], grain % GRAINS_PER_PAGE + 1);
    if (at < 0) {
        int64_t before = find_last(table->pages, page);
        if (before < 0)
            return 0;
        page = (size_t)before;
        at = find_last(table->grains[page], GRAINS_PER_PAGE);
    }
    return at < 0 ? 0 : table->numbers[page * GRAINS_PER_PAGE + (size_t)at];
}

uint32_t ffisan_ledger_index_at(uintptr_t address)
{
    if (!ffisan_ledger_parts || address >> 47 != 0)
        return 0;
    const struct ffisan_ledger_part *part = &ffisan_ledger_parts[address >> FFISAN_LEDGER_SHIFT];
    const struct ffisan_ledger_table *table = __atomic_load_n(&part->table, __ATOMIC_ACQUIRE);
    return table ? table->numbers[address % TABLE_BYTES / FFISAN_LEDGER_GRAIN] : 0;
}

uint32_t ffisan_ledger_index_find(uintptr_t address)
{
    if (!ffisan_ledger_parts || address >> 47 != 0)
        return 0;
    const struct ffisan_ledger_part *part = &ffisan_ledger_parts[address >> FFISAN_LEDGER_SHIFT];
    const struct ffisan_ledger_table *table = __atomic_load_n(&part->table, __ATOMIC_ACQUIRE);
    uint32_t number = table ? find_in(table, address % TABLE_BYTES / FFISAN_LEDGER_GRAIN) : 0;
    return number ? number : part->reaching;
}
