/* SPDX-License-Identifier: MIT */
/**
 * Runs LLVMFuzzerTestOneInput() without libFuzzer: mutates a few seeds with a fixed random
 * sequence, so that the same arguments try the same inputs.  Build with -DFFISAN_FUZZ_LIBFUZZER
 * and clang's -fsanitize=fuzzer to leave this out.
 *
 *     fuzz_options            100000 inputs
 *     fuzz_options COUNT      that many
 *     fuzz_options SECONDSs   as many as that takes
 *     fuzz_options FILE...    these, as they are
 */
#ifndef FFISAN_TESTS_FUZZ_MAIN_H
#define FFISAN_TESTS_FUZZ_MAIN_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Says what was expected and aborts: the fuzzers' assertion. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#ifndef FFISAN_FUZZ_LIBFUZZER
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FUZZ_INPUT_MAX 4096

/** Defined by each fuzzer: pieces that inputs are made of, and inputs to begin with. */
static const char *const fuzz_seeds[];
static const char *const fuzz_words[];
static const size_t fuzz_n_seeds, fuzz_n_words;

struct fuzz_input {
    uint8_t data[FUZZ_INPUT_MAX];
    size_t size;
};

static uint64_t fuzz_random_state = 0x9e3779b97f4a7c15u;

/** xorshift64*: the same numbers on every machine. */
static uint64_t fuzz_random(uint64_t below)
{
    fuzz_random_state ^= fuzz_random_state >> 12;
    fuzz_random_state ^= fuzz_random_state << 25;
    fuzz_random_state ^= fuzz_random_state >> 27;
    return below > 0 ? (fuzz_random_state * 0x2545f4914f6cdd1du >> 11) % below : 0;
}

static void fuzz_insert(struct fuzz_input *input, const void *piece, size_t size)
{
    size_t at = fuzz_random(input->size + 1);
    if (size > FUZZ_INPUT_MAX - input->size)
        return;
    memmove(input->data + at + size, input->data + at, input->size - at);
    memcpy(input->data + at, piece, size);
    input->size += size;
}

static void fuzz_cut(struct fuzz_input *input)
{
    size_t at = fuzz_random(input->size), size = 1 + fuzz_random(8);
    if (at + size > input->size)
        return;
    memmove(input->data + at, input->data + at + size, input->size - at - size);
    input->size -= size;
}

static void fuzz_repeat(struct fuzz_input *input)
{
    uint8_t piece[64];
    size_t at = fuzz_random(input->size), size = 1 + fuzz_random(sizeof(piece));
    if (at + size > input->size)
        return;
    memcpy(piece, input->data + at, size);
    for (uint64_t n = 1 + fuzz_random(40); n > 0; n--)
        fuzz_insert(input, piece, size);
}

static void fuzz_mutate(struct fuzz_input *input)
{
    uint8_t byte = (uint8_t)fuzz_random(256);
    const char *word = fuzz_words[fuzz_random(fuzz_n_words)];
    switch (fuzz_random(8)) {
    case 0:
        fuzz_insert(input, &byte, 1);
        break;
    case 1:
        fuzz_cut(input);
        break;
    case 2:
        fuzz_repeat(input);
        break;
    case 3:
    case 4:
        if (input->size > 0)
            input->data[fuzz_random(input->size)] ^= (uint8_t)(1u << fuzz_random(8));
        break;
    default:
        fuzz_insert(input, word, strlen(word));
        break;
    }
}

/** Every input is a block of its own, so that AddressSanitizer sees a read beyond it. */
static void fuzz_try(const struct fuzz_input *input)
{
    uint8_t *copy = malloc(input->size > 0 ? input->size : 1);
    if (copy == NULL)
        return;
    memcpy(copy, input->data, input->size);
    LLVMFuzzerTestOneInput(copy, input->size);
    free(copy);
}

static bool fuzz_try_file(const char *name)
{
    struct fuzz_input input;
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return false;
    input.size = fread(input.data, 1, sizeof(input.data), file);
    fclose(file);
    fuzz_try(&input);
    return true;
}

static void fuzz_one(uint64_t number)
{
    static struct fuzz_input input;
    if (number % 64 == 0) {
        const char *seed = fuzz_seeds[fuzz_random(fuzz_n_seeds)];
        input.size = strlen(seed);
        memcpy(input.data, seed, input.size);
    } else {
        fuzz_mutate(&input);
    }
    fuzz_try(&input);
}

static int fuzz_files(int n_files, char **files)
{
    for (int i = 0; i < n_files; i++) {
        if (!fuzz_try_file(files[i])) {
            fprintf(stderr, "cannot read %s\n", files[i]);
            return 2;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    char *unit = "";
    uint64_t limit = argc > 1 ? strtoull(argv[1], &unit, 10) : 100000, n_tried = 0;
    if (argc > 1 && *unit != '\0' && strcmp(unit, "s") != 0)
        return fuzz_files(argc - 1, argv + 1);
    if (*unit == 's')
        for (time_t end = time(NULL) + (time_t)limit; time(NULL) < end; n_tried++)
            fuzz_one(n_tried);
    else
        for (; n_tried < limit; n_tried++)
            fuzz_one(n_tried);
    printf("%llu inputs, no failure\n", (unsigned long long)n_tried);
    return 0;
}
#endif
#endif
