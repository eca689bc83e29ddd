/* SPDX-License-Identifier: MIT */
#include "runtime/fault/arch.h"

/* The caller's frame is found through rbp, so an unwinder does not notice the change of stacks. */
__asm__(
    ".text\n"
    ".globl ffisan_arch_call_on\n"
    ".hidden ffisan_arch_call_on\n"
    ".type ffisan_arch_call_on, @function\n"
    "ffisan_arch_call_on:\n"
    "    .cfi_startproc\n"
    "    pushq %rbp\n"
    "    .cfi_def_cfa_offset 16\n"
    "    .cfi_offset %rbp, -16\n"
    "    movq %rsp, %rbp\n"
    "    .cfi_def_cfa_register %rbp\n"
    "    movq %rdx, %rsp\n"
    "    movq %rdi, %rax\n"
    "    movq %rsi, %rdi\n"
    "    callq *%rax\n"
    "    movq %rbp, %rsp\n"
    "    popq %rbp\n"
    "    .cfi_def_cfa %rsp, 8\n"
    "    ret\n"
    "    .cfi_endproc\n"
    ".size ffisan_arch_call_on, . - ffisan_arch_call_on\n");

static const uint8_t general[] = {REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12,
                                  REG_R13, REG_R14, REG_R15, REG_RDI, REG_RSI,
                                  REG_RBP, REG_RBX, REG_RDX, REG_RAX, REG_RCX};

bool ffisan_arch_register(const ucontext_t *context, unsigned number, uintptr_t *ret_value)
{
    if (number >= sizeof(general))
        return false;
    *ret_value = (uintptr_t)context->uc_mcontext.gregs[general[number]];
    return true;
}

bool ffisan_arch_redirect(ucontext_t *context, uintptr_t from, size_t size, uintptr_t to)
{
    bool found = false;
    for (unsigned i = 0; i < sizeof(general); i++) {
        greg_t *reg = &context->uc_mcontext.gregs[general[i]];
        if ((uintptr_t)*reg - from >= size)
            continue;
        *reg += (greg_t)(to - from);
        found = true;
    }
    return found;
}
