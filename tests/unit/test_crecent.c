/* SPDX-License-Identifier: MIT */
/* Places that share a line of the table stay there side by side, whatever order they come in. */
#include "runtime/cmem/crecent.h"

#include "tap.h"

#include <string.h>

enum { SET = 8, UNTOLD = 32 };

/* Keys are told by all but their last 16 bits. */
static uint64_t key_of(uint64_t number, uint64_t way)
{
    return number << UNTOLD | (SET + way);
}

static uint32_t find(uint64_t key)
{
    const struct ffisan_cplace place = {0};
    return ffisan_crecent_find(&place, key);
}

static void put(uint64_t key, uint32_t number)
{
    ffisan_crecent_put(key, number, 0, 0);
}

static void begin(void)
{
    memset(ffisan_crecent, 0, sizeof(ffisan_crecent));
}

static void test_neighbours(void)
{
    begin();
    TAP_OK(find(key_of(1, 0)) == 0, "an empty table knows nothing");
    put(key_of(1, 0), 11);
    put(key_of(2, 1), 12);
    TAP_OK(find(key_of(1, 0)) == 11 && find(key_of(2, 1)) == 12,
           "two that begin side by side do not drive each other out");
    put(key_of(3, 0), 13);
    put(key_of(4, 3), 14);
    TAP_OK(find(key_of(1, 0)) == 11 && find(key_of(2, 1)) == 12 && find(key_of(3, 0)) == 13 &&
               find(key_of(4, 3)) == 14,
           "a line is filled before anything goes");
    TAP_OK(find(key_of(5, 0)) == 0, "another key of that line is not known");
}

static void test_full(void)
{
    uint32_t n_known = 0;
    begin();
    for (uint32_t i = 1; i <= FFISAN_CRECENT_WAYS + 1; i++)
        put(key_of(i, 2), i);
    for (uint32_t i = 1; i <= FFISAN_CRECENT_WAYS + 1; i++)
        n_known += find(key_of(i, 2)) == i;
    TAP_OK(find(key_of(FFISAN_CRECENT_WAYS + 1, 2)) == FFISAN_CRECENT_WAYS + 1,
           "the newest is there");
    TAP_OK(n_known == FFISAN_CRECENT_WAYS, "only one had to go");
    put(key_of(FFISAN_CRECENT_WAYS + 2, 2), FFISAN_CRECENT_WAYS + 2);
    TAP_OK(find(key_of(FFISAN_CRECENT_WAYS + 1, 2)) == FFISAN_CRECENT_WAYS + 1 &&
               find(key_of(FFISAN_CRECENT_WAYS + 2, 2)) == FFISAN_CRECENT_WAYS + 2,
           "the next does not take the place of the newest");
}

/* Calls of one function in the same compiled code: the return address on the stack differs. */
static void test_anchors(void)
{
    uintptr_t stack[2] = {0, 0};
    const struct ffisan_cplace place = {.sp = (uintptr_t)(stack + 1)};
    bool all = true;
    begin();
    for (uint32_t i = 1; i <= FFISAN_CRECENT_WAYS; i++)
        ffisan_crecent_put(key_of(7, 0), i, 1, 1000 + i);
    for (uint32_t i = 1; i <= FFISAN_CRECENT_WAYS; i++) {
        stack[0] = 1000 + i;
        all = all && ffisan_crecent_find(&place, key_of(7, 0)) == i;
    }
    TAP_OK(all, "one key has as many anchors as a line has room for");
    stack[0] = 1;
    TAP_OK(ffisan_crecent_find(&place, key_of(7, 0)) == 0, "another anchor is another place");
    ffisan_crecent_put(key_of(8, 0), 9, 0x10000, 1);
    TAP_OK(find(key_of(8, 0)) == 0, "what lies too far up the stack is not kept");
}

/* Two threads write to one place: the question of one of them comes to stand beside the other's. */
static void test_mixed(void)
{
    uintptr_t stack[512] = {0};
    const struct ffisan_cplace place = {.sp = (uintptr_t)(stack + 1)};
    unsigned n_answered = 0;
    for (uint32_t i = 1; i <= 64; i++)
        for (uint32_t k = 1; k <= 64; k++) {
            if (i == k)
                continue;
            begin();
            ffisan_crecent_put(key_of(i, 0), i, 0, 0);
            uint64_t question = ffisan_crecent[SET].question;
            begin();
            ffisan_crecent_put(key_of(k, 0), k, 0, 0);
            ffisan_crecent[SET].question = question;
            n_answered += ffisan_crecent_find(&place, key_of(i, 0)) != 0;
            n_answered += ffisan_crecent_find(&place, key_of(k, 0)) != 0;
        }
    TAP_OK(n_answered == 0, "what two threads have mixed answers neither");
}

int main(void)
{
    test_neighbours();
    test_full();
    test_anchors();
    test_mixed();
    return tap_done();
}
