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
