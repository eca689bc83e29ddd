/* SPDX-License-Identifier: MIT */
#include "runtime/vm/callback_page.h"

#include <string.h>

enum { MOV_AL = 0xb0, JMP_SHORT = 0xeb, PUSH_RBP = 0x55, MOV_AH = 0xb4, TAIL_BYTES = 19 };

/* "mov al, slot", and, but in the last of a group, "jmp tail". */
static bool is_slot(const uint8_t *code, uint32_t slot)
{
    uint32_t place = slot % FFISAN_CALLBACK_GROUP_SLOTS,
             left = FFISAN_CALLBACK_GROUP_SLOTS - 1 - place;
    return code[0] == MOV_AL && code[1] == (uint8_t)slot &&
           (left == 0 || (code[2] == JMP_SHORT && code[3] == 4 * left - 2));
}

/* Behind the two bytes of the last slot of a group. */
static bool is_tail(const uint8_t *code, uint32_t slot, uintptr_t page)
{
    static const uint8_t mov_rbp[] = {0x48, 0xbd}, jmp_memory[] = {0xff, 0x25};
    int32_t distance;
    memcpy(&distance, code + 15, sizeof(distance));
    return code[0] == PUSH_RBP && code[1] == MOV_AH && code[2] == slot >> 8 &&
           memcmp(code + 3, mov_rbp, sizeof(mov_rbp)) == 0 &&
           memcmp(code + 13, jmp_memory, sizeof(jmp_memory)) == 0 &&
           (uintptr_t)code + TAIL_BYTES + (uintptr_t)(intptr_t)distance == page;
}

bool ffisan_callback_page_is_known(uintptr_t page)
{
    for (uint32_t slot = 0; slot < FFISAN_CALLBACK_SLOTS; slot++) {
        const uint8_t *code = (const uint8_t *)ffisan_callback_address(page, slot);
        if (!is_slot(code, slot) ||
            (slot % FFISAN_CALLBACK_GROUP_SLOTS == FFISAN_CALLBACK_GROUP_SLOTS - 1 &&
             !is_tail(code + 2, slot, page)))
            return false;
    }
    return true;
}
