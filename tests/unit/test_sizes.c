/* SPDX-License-Identifier: MIT */
/* Every size gets the smallest slot that holds it and its redzone. */
#include "runtime/heap/sizes.h"

#include "tap.h"

#include <stdint.h>

enum { LARGEST = 40000 };

static void test_slots(void)
{
    bool rise = true, even = true;
    for (unsigned i = 2; i < FFISAN_N_SIZES; i++) { /* the first two are the same */
        rise = rise && ffisan_sizes_slot(i) > ffisan_sizes_slot(i - 1);
        even = even && ffisan_sizes_slot(i) % 16 == 0;
    }
    TAP_OK(rise, "slots rise with their number");
    TAP_OK(even, "slots keep the alignment of malloc");
    TAP_OK(ffisan_sizes_slot(0) == FFISAN_SLOT_MIN, "the first is the smallest");
    TAP_OK(ffisan_sizes_slot(FFISAN_SIZES_SMALL - 1) == FFISAN_SIZES_SMALL_MAX &&
               ffisan_sizes_slot(FFISAN_SIZES_SMALL) == 640,
           "small steps end at 512");
    TAP_OK(ffisan_sizes_slot(FFISAN_N_SIZES - 1) == FFISAN_SIZES_MAX, "the last is the largest");
    TAP_OK(FFISAN_SPAN_SIZE / FFISAN_SIZES_MAX >= 2, "a span holds some of the largest");
}

static unsigned smallest(size_t size)
{
    unsigned number = 0;
    while (number < FFISAN_N_SIZES && ffisan_sizes_slot(number) < size + FFISAN_REDZONE_MIN)
        number++;
    return number;
}

static uint32_t slot_for(unsigned number)
{
    return number < FFISAN_N_SIZES ? ffisan_sizes_slot(number) : 0;
}

static void test_find(void)
{
    size_t n_wrong = 0, first_wrong = 0;
    for (size_t size = 0; size <= LARGEST; size++)
        if (slot_for(ffisan_sizes_find(size)) != slot_for(smallest(size)) && n_wrong++ == 0)
            first_wrong = size;
    if (!TAP_OK(n_wrong == 0, "every size gets the smallest slot that holds it"))
        printf("# %zu wrong, the first is %zu: %u\n", n_wrong, first_wrong,
               ffisan_sizes_find(first_wrong));
}

static void test_none(void)
{
    static const size_t sizes[] = {SIZE_MAX,     SIZE_MAX - 7, SIZE_MAX - 8,   SIZE_MAX / 2,
                                   SIZE_MAX - 1, 32761,        (size_t)1 << 32};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (!TAP_OK(ffisan_sizes_find(sizes[i]) == FFISAN_N_SIZES, "too large for any slot"))
            printf("# size %zu: %u\n", sizes[i], ffisan_sizes_find(sizes[i]));
}

int main(void)
{
    test_slots();
    test_find();
    test_none();
    return tap_done();
}
