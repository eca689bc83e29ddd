/* SPDX-License-Identifier: MIT */
/**
 * How often each place in the program has called a function of the ffi library.
 * Context: any; threads that count at the same time may lose a call.
 */
#ifndef FFISAN_FFI_PLACES_H
#define FFISAN_FFI_PLACES_H

#include <stdint.h>

#define FFISAN_PLACES 4096
#define FFISAN_PLACES_PROBES 8

struct ffisan_place_count {
    uint64_t place; /**< 0: none yet */
    uint32_t n;
};
extern struct ffisan_place_count ffisan_place_counts[FFISAN_PLACES]
    __attribute__((visibility("hidden")));

/** One more call; how many there were, with it.  Where too many places meet, they share a count. */
static inline uint32_t ffisan_places_count(uint64_t place)
{
    uint64_t hash = place * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    struct ffisan_place_count *count = &ffisan_place_counts[hash % FFISAN_PLACES];
    for (unsigned i = 1; __builtin_expect(count->place != place, 0) && i < FFISAN_PLACES_PROBES;
         i++) {
        if (count->place == 0)
            count->place = place;
        else
            count = &ffisan_place_counts[(hash + i) % FFISAN_PLACES];
    }
    return ++count->n;
}

#endif
