/* SPDX-License-Identifier: MIT */
/*
 * A use of a stand-in is reported on a stack of our own: the program's may be a small alternate
 * stack, or a coroutine's.  While we are there the alternate stack is taken out of service, because
 * a nested fault would start again at its end and overwrite the frames that wait on it.
 */
#include "runtime/fault/signals.h"

#include "base/io.h"
#include "base/pages.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/signals_books.h"
#include "runtime/fault/use.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_DEPTH = 3, USE_STACK_SIZE = 256 * 1024 };

static void *spare_stack; /* exchanged atomically */

void ffisan_signals_block(sigset_t *ret_mask)
{
    if (ffisan_io_is_confined)
        return;
    sigset_t all = ffisan_sigset_make(~FFISAN_FAULT_BITS);
    ffisan_real_sigmask(SIG_BLOCK, &all, ret_mask);
}

void ffisan_signals_restore(const sigset_t *mask)
{
    if (!ffisan_io_is_confined)
        ffisan_kernel_sigmask(SIG_SETMASK, mask, NULL);
}

unsigned ffisan_signals_depth(void)
{
    return ffisan_books_thread.depth;
}

void ffisan_signals_leave_handler(unsigned depth, const ucontext_t *context)
{
    ffisan_books_thread.depth = depth;
    ffisan_kernel_sigmask(SIG_SETMASK, &context->uc_sigmask, NULL);
}

/* ---- Ours ----------------------------------------------------------------------------------- */

struct use {
    uintptr_t address;
    ucontext_t *context;
    bool was_ours;
};

static void ask_engine(void *argument)
{
    struct use *use = argument;
    enum ffisan_access access = ffisan_arch_access(use->context, use->address);
    stack_t none = {.ss_flags = SS_DISABLE}, program;
    bool is_disabled = syscall(SYS_sigaltstack, &none, &program) == 0;
    use->was_ours = ffisan_use_fault(use->address, access, use->context);
    if (is_disabled && !(program.ss_flags & SS_DISABLE)) {
        program.ss_flags &= ~SS_ONSTACK;
        syscall(SYS_sigaltstack, &program, NULL);
    }
}

static void *take_stack(void)
{
    void *stack = __atomic_exchange_n(&spare_stack, NULL, __ATOMIC_ACQUIRE);
    return stack ? stack : ffisan_pages_map(USE_STACK_SIZE);
}

static void give_stack(void *stack)
{
    void *surplus = __atomic_exchange_n(&spare_stack, stack, __ATOMIC_RELEASE);
    if (surplus)
        ffisan_pages_unmap(surplus, USE_STACK_SIZE);
}

static void tell_engine(void *argument)
{
    const struct use *use = argument;
    ffisan_use_crash(use->address);
}

/* On a stack that is large enough, whatever the program has. */
static void call_engine(void (*function)(void *argument), struct use *use)
{
    int cancel_state;
    if (ffisan_books_thread.depth >= MAX_DEPTH)
        return;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
    ffisan_books_thread.depth++;
    char *stack = take_stack();
    if (stack) {
        ffisan_arch_call_on(function, use, stack + USE_STACK_SIZE);
        give_stack(stack);
    } else {
        function(use);
    }
    ffisan_books_thread.depth--;
    pthread_setcancelstate(cancel_state, NULL);
}

static bool is_our_use(const siginfo_t *info, ucontext_t *context)
{
    struct use use = {.address = (uintptr_t)info->si_addr, .context = context};
    call_engine(ask_engine, &use);
    return use.was_ours;
}

/* ---- Not ours ------------------------------------------------------------------------------- */

/* The program's action, as the kernel takes it at delivery. */
static struct sigaction take_action(unsigned k)
{
    ffisan_books_lock();
    struct sigaction action = ffisan_books.program[k];
    bool has_handler = action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
    if (has_handler && (action.sa_flags & SA_RESETHAND))
        ffisan_books.program[k].sa_handler = SIG_DFL;
    ffisan_books_unlock();
    return action;
}

/* The instruction is tried again and faults again, now with the kernel's default action. */
static void die(int signal)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    ffisan_real_sigaction(signal, &standard, NULL);
}

static void queue_again(int signal, siginfo_t *info)
{
    syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), signal, info);
}

static void call_handler(const struct sigaction *action, int signal, siginfo_t *info,
                         ucontext_t *context, int saved_errno)
{
    uint64_t mask = ffisan_sigset_bits(&context->uc_sigmask) | ffisan_sigset_bits(&action->sa_mask);
    if (!(action->sa_flags & SA_NODEFER))
        mask |= FFISAN_BIT(signal);
    sigset_t set = ffisan_sigset_make(mask);
    ffisan_real_sigmask(SIG_SETMASK, &set, NULL);
    errno = saved_errno;
    /* Handlers without SA_SIGINFO get the three arguments from the kernel as well. */
    action->sa_sigaction(signal, info, context);
}

static void pass_on(int signal, siginfo_t *info, ucontext_t *context, int saved_errno)
{
    unsigned k = (unsigned)ffisan_kept_index(signal);
    bool is_fault = info->si_code > 0;
    uint64_t believed = ffisan_books_believed(ffisan_sigset_bits(&context->uc_sigmask));
    bool is_blocked = believed & FFISAN_BIT(signal);
    if (is_blocked && !is_fault) {
        ffisan_books_thread.pending |= FFISAN_BIT(signal);
        ffisan_books_thread.pending_info[k] = *info;
        return;
    }
    struct sigaction action = take_action(k);
    if (is_fault && signal == SIGSEGV && action.sa_handler == SIG_DFL) {
        struct use use = {.address = (uintptr_t)info->si_addr, .context = context};
        call_engine(tell_engine, &use);
    }
    if (is_fault && (is_blocked || action.sa_handler == SIG_IGN)) {
        die(signal);
    } else if (action.sa_handler == SIG_DFL) {
        die(signal);
        if (!is_fault)
            queue_again(signal, info);
    } else if (action.sa_handler != SIG_IGN) {
        call_handler(&action, signal, info, context, saved_errno);
    }
}

void ffisan_signals_handle(int signal, siginfo_t *info, void *context)
{
    int saved_errno = errno;
    if (info->si_code > 0) {
        ffisan_guard_catch((uintptr_t)info->si_addr, context);
        if (signal == SIGSEGV && is_our_use(info, context)) {
            errno = saved_errno;
            return;
        }
    }
    pass_on(signal, info, context, saved_errno);
}

/* ---- Start ---------------------------------------------------------------------------------- */

static bool make_home(void)
{
    pid_t *home = ffisan_pages_map(FFISAN_PAGE_SIZE);
    if (home == NULL)
        return false;
    madvise(home, FFISAN_PAGE_SIZE, MADV_WIPEONFORK);
    *home = getpid();
    ffisan_books.home = home;
    return true;
}

/* Actions that exist already get the treatment of those to come. */
static void hide_from_masks(void)
{
    struct sigaction action;
    for (int signal = 1; signal < FFISAN_N_SIGNALS; signal++) {
        if (ffisan_kept_index(signal) >= 0 || ffisan_real_sigaction(signal, NULL, &action) != 0)
            continue;
        if (ffisan_sigset_bits(&action.sa_mask) & FFISAN_KEPT_BITS)
            ffisan_signals_action(signal, &action, NULL);
    }
}

void ffisan_signals_prepare(void)
{
    int saved_errno = errno;
    sigset_t mask;
    if (ffisan_books.is_prepared || !make_home())
        return;
    ffisan_books.is_prepared = true;
    hide_from_masks();
    ffisan_real_sigmask(SIG_BLOCK, NULL, &mask);
    uint64_t blocked = ffisan_sigset_bits(&mask) & FFISAN_KEPT_BITS;
    if (blocked) {
        sigset_t kept = ffisan_sigset_make(FFISAN_KEPT_BITS);
        ffisan_real_sigmask(SIG_UNBLOCK, &kept, NULL);
        ffisan_signals_mask(SIG_BLOCK, &mask, NULL);
    }
    errno = saved_errno;
}

/* Makes the action that the kernel has now the program's, unless it is ours. Locked. */
static bool adopt(unsigned k)
{
    struct sigaction found;
    if (ffisan_real_sigaction(ffisan_kept_signals[k], NULL, &found) != 0)
        return false;
    if (found.sa_sigaction == ffisan_signals_handle)
        return true;
    uint64_t mask = ffisan_sigset_bits(&found.sa_mask);
    ffisan_sigset_put(&found.sa_mask, mask | ffisan_books.hidden[ffisan_kept_signals[k]]);
    ffisan_books.hidden[ffisan_kept_signals[k]] = 0;
    ffisan_books.program[k] = found;
    if (ffisan_books_install(k) != 0)
        return false;
    if (ffisan_real_sigaction(ffisan_kept_signals[k], NULL, &found) != 0)
        return false;
    int ours = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | SA_RESTART;
    ffisan_books.restorer_flag = found.sa_flags & ~ours;
    ffisan_books.restorer = found.sa_restorer;
    return true;
}

bool ffisan_signals_start(void)
{
    int saved_errno = errno;
    sigset_t mask;
    ffisan_signals_prepare();
    if (!ffisan_books.is_prepared || ffisan_books_is_foreign())
        return false;
    bool is_complete = true;
    ffisan_signals_block(&mask);
    ffisan_books_lock();
    ffisan_books.is_started = true;
    for (unsigned k = 0; k < FFISAN_N_KEPT; k++)
        is_complete &= adopt(k);
    ffisan_books_unlock();
    ffisan_signals_restore(&mask);
    errno = saved_errno;
    return is_complete;
}
