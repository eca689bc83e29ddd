/* SPDX-License-Identifier: MIT */
/** Mixing of words into hashes.  Not for adversaries; the same on every machine. */
#ifndef FFISAN_BASE_HASH_H
#define FFISAN_BASE_HASH_H

#include <stdint.h>
#include <stddef.h>

static inline uint64_t ffisan_hash_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static inline uint64_t ffisan_hash_string(uint64_t hash, const char *string)
{
    for (; string && *string; string++)
        hash = ffisan_hash_mix(hash, (unsigned char)*string);
    return ffisan_hash_mix(hash, 0);
}

#endif
