/* SPDX-License-Identifier: MIT */
/*
 * Where both ranges have 4 GiB of their own, the upper halves of words are compared with constants.
 * Else regions of 64 MiB are, for which 32 bits of a word are enough, too.  Eight words at a time
 * are taken by what every x86-64 and aarch64 has, in two or four steps; AVX2 takes half of those.
 */
#include "runtime/heap/scan.h"

#include "runtime/heap/region.h"

#define STEP FFISAN_SCAN_STEP

/* What words are compared with. */
struct wanted {
    uint32_t high_a, high_b; /* the upper halves of words that lead into a or b */
    bool are_high;           /* those are all that there are */
    /* Ranges of regions, so that "is x in it?" is one subtraction and one signed comparison. */
    struct regions {
        uint32_t first;
        int32_t n;
    } a, b;
};

static struct regions regions_of(const struct ffisan_scan_range *range)
{
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t first = (uint32_t)(range->lo >> FFISAN_REGION_SHIFT);
    uint32_t n =
        range->hi > range->lo ? (uint32_t)((range->hi - 1) >> FFISAN_REGION_SHIFT) - first + 1 : 0;
    return (struct regions){.first = first + sign, .n = (int32_t)(n ^ sign)};
}

static inline bool has_own_window(const struct ffisan_scan_range *range)
{
    return range->is_alone && range->lo >> 32 == (range->hi - 1) >> 32;
}

/* One of the ranges has something in it. */
static inline struct wanted wanted_of(const struct ffisan_scan_range *a,
                                      const struct ffisan_scan_range *b)
{
    if (a->hi <= a->lo)
        a = b;
    if (b->hi <= b->lo)
        b = a;
    if (has_own_window(a) && has_own_window(b))
        return (struct wanted){
            .high_a = (uint32_t)(a->lo >> 32), .high_b = (uint32_t)(b->lo >> 32), .are_high = true};
    return (struct wanted){.a = regions_of(a), .b = regions_of(b)};
}

/*
 * For vectors of any size: how many bytes lie in front of the first step that may lead there, or
 * all.  The order in which the words of a step are compared does not matter.
 */
#define DEFINE_SKIP(bytes, attribute, name, is_any, ...)                                           \
    typedef uint64_t words_##name __attribute__((vector_size(bytes), aligned(1)));                 \
    typedef uint32_t halves_##name __attribute__((vector_size(bytes), aligned(1)));                \
    typedef int32_t signs_##name __attribute__((vector_size(bytes)));                              \
    attribute static size_t name##_high(uintptr_t start, size_t n_bytes, const struct wanted *w)   \
    {                                                                                              \
        const halves_##name a = (halves_##name){0} + w->high_a,                                    \
                            b = (halves_##name){0} + w->high_b;                                    \
        const signs_##name high = (signs_##name)((words_##name){0} + (UINT64_MAX << 32));          \
        size_t at = 0;                                                                             \
        for (; at < n_bytes; at += STEP) {                                                         \
            const halves_##name *halves = (const halves_##name *)(start + at);                     \
            signs_##name found = {0};                                                              \
            for (size_t i = 0; i < STEP / (bytes); i++)                                            \
                found |= (signs_##name)((halves[i] == a) | (halves[i] == b));                      \
            if (is_any(found, high))                                                               \
                break;                                                                             \
        }                                                                                          \
        return at;                                                                                 \
    }                                                                                              \
    attribute static size_t name##_one_high(uintptr_t start, size_t n_bytes, uint32_t high_a)      \
    {                                                                                              \
        const halves_##name a = (halves_##name){0} + high_a;                                       \
        const signs_##name high = (signs_##name)((words_##name){0} + (UINT64_MAX << 32));          \
        size_t at = 0;                                                                             \
        for (; at < n_bytes; at += STEP) {                                                         \
            const halves_##name *halves = (const halves_##name *)(start + at);                     \
            signs_##name found = {0};                                                              \
            for (size_t i = 0; i < STEP / (bytes); i++)                                            \
                found |= (signs_##name)(halves[i] == a);                                           \
            if (is_any(found, high))                                                               \
                break;                                                                             \
        }                                                                                          \
        return at;                                                                                 \
    }                                                                                              \
    attribute static size_t name##_regions(uintptr_t start, size_t n_bytes,                        \
                                           const struct wanted *w)                                 \
    {                                                                                              \
        const struct regions a = w->a, b = w->b;                                                   \
        size_t at = 0;                                                                             \
        for (; at < n_bytes; at += STEP) {                                                         \
            const words_##name *words = (const words_##name *)(start + at);                        \
            signs_##name found = {0};                                                              \
            for (size_t i = 0; i < STEP / (bytes); i += 2) {                                       \
                halves_##name low = (halves_##name)(words[i] >> FFISAN_REGION_SHIFT);              \
                halves_##name high = (halves_##name)(words[i + 1] >> FFISAN_REGION_SHIFT);         \
                halves_##name regions =                                                            \
                    __builtin_shuffle(low, high, (halves_##name){__VA_ARGS__});                    \
                found |= (signs_##name)(regions - a.first) < a.n;                                  \
                found |= (signs_##name)(regions - b.first) < b.n;                                  \
            }                                                                                      \
            if (is_any(found, found))                                                              \
                break;                                                                             \
        }                                                                                          \
        return at;                                                                                 \
    }

/*
 * The upper half of a word, wherever that begins, lies in one of four ways to cut memory into
 * halves.  There are at least `bytes` + 3.
 */
#define DEFINE_ANYWHERE(bytes, attribute, name, is_any)                                            \
    attribute static bool name##_anywhere(uintptr_t start, size_t n_bytes, const struct wanted *w) \
    {                                                                                              \
        const halves_##name a = (halves_##name){0} + w->high_a,                                    \
                            b = (halves_##name){0} + w->high_b;                                    \
        size_t last = n_bytes - (bytes)-3;                                                         \
        for (size_t at = 0;; at = at + (bytes) < last ? at + (bytes) : last) {                     \
            signs_##name found = {0};                                                              \
            for (size_t i = 0; i < 4; i++) {                                                       \
                halves_##name halves = *(const halves_##name *)(start + at + i);                   \
                found |= (signs_##name)((halves == a) | (halves == b));                            \
            }                                                                                      \
            if (is_any(found, found))                                                              \
                return true;                                                                       \
            if (at == last)                                                                        \
                return false;                                                                      \
        }                                                                                          \
    }

#define IS_ANY_OF_TWO(found, mask)                                                                 \
    ((((words_skip)((found) & (mask)))[0] | ((words_skip)((found) & (mask)))[1]) != 0)
DEFINE_SKIP(16, , skip, IS_ANY_OF_TWO, 0, 2, 4, 6)
DEFINE_ANYWHERE(16, , skip, IS_ANY_OF_TWO)

#ifdef __x86_64__
typedef long long four_words __attribute__((vector_size(32)));
#define IS_ANY_AVX2(found, mask)                                                                   \
    (!__builtin_ia32_ptestz256((four_words)(found), (four_words)(mask)))
#define AVX2 __attribute__((target("avx2")))
DEFINE_SKIP(32, AVX2, skip_avx2, IS_ANY_AVX2, 0, 2, 8, 10, 4, 6, 12, 14)
DEFINE_ANYWHERE(32, AVX2, skip_avx2, IS_ANY_AVX2)

static bool has_avx2(void)
{
    static int answer; /* 0 = not asked yet */
    if (answer == 0)
        answer = __builtin_cpu_supports("avx2") ? 1 : -1;
    return answer > 0;
}
#endif

size_t ffisan_scan_skip(uintptr_t start, size_t size, const struct ffisan_scan_range *a,
                        const struct ffisan_scan_range *b)
{
    size_t steps = size / STEP * STEP;
    if (steps == 0 || (a->hi <= a->lo && b->hi <= b->lo))
        return steps;
    struct wanted wanted = wanted_of(a, b);
#ifdef __x86_64__
    if (has_avx2())
        return !wanted.are_high                 ? skip_avx2_regions(start, steps, &wanted)
               : wanted.high_a != wanted.high_b ? skip_avx2_high(start, steps, &wanted)
                                                : skip_avx2_one_high(start, steps, wanted.high_a);
#endif
    return !wanted.are_high                 ? skip_regions(start, steps, &wanted)
           : wanted.high_a != wanted.high_b ? skip_high(start, steps, &wanted)
                                            : skip_one_high(start, steps, wanted.high_a);
}

bool ffisan_scan_may_be_anywhere(uintptr_t start, size_t size, const struct ffisan_scan_range *a,
                                 const struct ffisan_scan_range *b)
{
    enum { SHORT = 16 + 3, LONG = 32 + 3 };
    if (a->hi <= a->lo && b->hi <= b->lo)
        return false;
    struct wanted wanted = wanted_of(a, b);
    if (!wanted.are_high)
        return true;
#ifdef __x86_64__
    if (size >= LONG && has_avx2())
        return skip_avx2_anywhere(start, size, &wanted);
#endif
    return size < SHORT || skip_anywhere(start, size, &wanted);
}
