/* SPDX-License-Identifier: MIT */
/* Uses of stand-ins reach the engine, whatever the program has done with its signals. */
#include "base/lock.h"
#include "base/real.h"
#include "child.h"
#include "no_descriptors.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/use.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

enum { STAND_INS_SIZE = 1 << 20 };

static char *stand_ins;
static volatile enum ffisan_access last_access;
static volatile unsigned n_uses, n_calls;
static void (*inside_use)(void);
static volatile int *volatile nowhere = (volatile int *)0x10;

/* ---- The engine ------------------------------------------------------------------------------ */

void ffisan_use_crash(uintptr_t address)
{
    (void)address;
}

bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *context)
{
    (void)context;
    if (address - (uintptr_t)stand_ins >= STAND_INS_SIZE)
        return false;
    n_uses++;
    last_access = access;
    if (inside_use)
        inside_use();
    errno = EILSEQ;
    uintptr_t page = address & ~(uintptr_t)4095;
    int rights = PROT_READ | PROT_WRITE | (access == FFISAN_ACCESS_CALL ? PROT_EXEC : 0);
    if (mprotect((void *)page, 4096, rights) != 0)
        abort();
    if (access == FFISAN_ACCESS_CALL)
        *(unsigned char *)address = 0xc3; /* ret */
    return true;
}

bool ffisan_use_is_gone(uintptr_t address)
{
    (void)address;
    return true;
}

void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    (void)address, (void)size, (void)function, (void)argument, (void)is_write;
}

static void on_plain(int signal)
{
    (void)signal;
    n_calls++;
}

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    MUST(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
}

/* ---- Stand-ins ------------------------------------------------------------------------------- */

static void use_once(void)
{
    static unsigned next;
    unsigned before = n_uses;
    volatile char *where = stand_ins + 4096 * next++ + 17;
    errno = EXDEV;
    *where = 1;
    MUST(n_uses == before + 1 && last_access == FFISAN_ACCESS_WRITE);
    *where = 2;
    MUST(n_uses == before + 1 && *where == 2 && errno == EXDEV);
}

static void use_kinds(void)
{
    use_once();
    MUST(*(volatile int *)(stand_ins + 40960) == 0 && last_access == FFISAN_ACCESS_READ);
    ((void (*)(void))(stand_ins + 81920))();
    MUST(last_access == FFISAN_ACCESS_CALL && n_uses == 3);
    note_mask("after");
}

static void on_alarm_uses(int signal)
{
    (void)signal;
    use_once();
    n_calls++;
}

static void use_anywhere(void)
{
    struct sigaction action = {.sa_handler = on_alarm_uses};
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    MUST(n_calls == 1);
    block_all();
    use_once();
    signal(SIGSEGV, SIG_IGN);
    use_once();
    signal(SIGSEGV, on_plain);
    use_once();
    MUST(n_calls == 1);
}

static void start_late(void)
{
    struct sigaction old;
    MUST(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    use_once();
    struct sigaction raw = {.sa_handler = on_plain};
    /* What bypasses us is adopted. */
    int (*real)(int, const struct sigaction *, struct sigaction *) = NULL;
    *(void **)&real = ffisan_real_resolve(&(struct ffisan_real){"sigaction", NULL});
    MUST(real(SIGSEGV, &raw, NULL) == 0);
    MUST(ffisan_signals_start());
    MUST(sigaction(SIGSEGV, NULL, &old) == 0 && old.sa_handler == on_plain);
    use_once();
    MUST(n_calls == 0);
    raise(SIGSEGV);
    MUST(n_calls == 1);
}

static void fault_quietly(void *argument)
{
    *(volatile int *)argument = 1;
}

static void guards(void)
{
    int value = 0;
    errno = EXDEV;
    MUST(!ffisan_guard_run(fault_quietly, (void *)0x20) && errno == EXDEV);
    MUST(!ffisan_guard_run(fault_quietly, (void *)0x1234567812345678));
    MUST(!ffisan_guard_run(fault_quietly, stand_ins) && n_uses == 0);
    MUST(ffisan_guard_run(fault_quietly, &value) && value == 1);
    char text[64];
    MUST(!ffisan_guard_copy(text, (void *)0x1000, sizeof(text)));
    MUST(ffisan_guard_copy(text, "a word that is longer than 4 bytes", 8) && text[2] == 'w');
    static const uint64_t sealed = 7;
    uint64_t word = 7;
    MUST(!ffisan_guard_exchange((uint64_t *)(uintptr_t)&sealed, 7, 8) && sealed == 7);
    MUST(!ffisan_guard_exchange((uint64_t *)0x1000, 7, 8));
    MUST(!ffisan_guard_exchange(&word, 6, 8) && word == 7);
    MUST(ffisan_guard_exchange(&word, 7, 8) && word == 8);
    note_mask("after");
    use_once();
}

static struct ffisan_lock risky;

static void fault_with_lock(void *argument)
{
    if (ffisan_lock_take(&risky))
        *(volatile int *)argument = 1;
}

/* What the unwinder is: left with its lock, it would give no stack ever after. */
static void guard_gives_lock(void)
{
    ffisan_lock_at_risk = &risky;
    for (int i = 0; i < 3; i++) {
        MUST(!ffisan_guard_run(fault_with_lock, (void *)0x20));
        MUST(risky.owner == 0);
    }
}

static void guard_inside(void)
{
    char text[8];
    volatile char deep[100 * 1024];
    deep[100] = 1; /* more than the alternate stack has */
    MUST(deep[100] == 1);
    MUST(!ffisan_guard_run(fault_quietly, (void *)0x20));
    MUST(!ffisan_guard_copy(text, (void *)0x1000, sizeof(text)));
    MUST(ffisan_signals_depth() == 1);
}

static void guarded_use(void)
{
    inside_use = guard_inside;
    use_once();
    MUST(ffisan_signals_depth() == 0);
    use_once();
    static char memory[8192];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)}, now;
    MUST(sigaltstack(&stack, NULL) == 0);
    struct sigaction action = {.sa_handler = on_plain, .sa_flags = SA_ONSTACK};
    MUST(sigaction(SIGSEGV, &action, NULL) == 0);
    use_once();
    use_once();
    MUST(sigaltstack(NULL, &now) == 0);
    MUST(now.ss_sp == memory && now.ss_flags == 0 && n_calls == 0);
}

static void fault_inside(void)
{
    *nowhere = 1;
}

static void broken_engine(void)
{
    inside_use = fault_inside;
    use_once();
}

static void endless_engine(void)
{
    inside_use = use_once;
    use_once();
}

static void *thread_uses(void *argument)
{
    for (int i = 0; i < 50; i++) {
        volatile char *where = (char *)argument + 4096 * i;
        *where = 1;
        *where = 2;
    }
    return NULL;
}

static void use_in_threads(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, thread_uses, stand_ins + i * 50 * 4096);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void use_after_fork(void)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        use_once();
        _exit(3);
    }
    waitpid(pid, &status, 0);
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    use_once();
}

int main(void)
{
    stand_ins = mmap(NULL, STAND_INS_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ends("uses are read, write, call", use_kinds, 0);
    ends("uses in handlers, while blocked or ignored", use_anywhere, 0);
    ends("what others installed is adopted", start_late, 0);
    ends("guards", guards, 0);
    ends("a guard gives back the lock of what faulted", guard_gives_lock, 0);
    ends("guards inside a use, with a small alternate stack", guarded_use, 0);
    ends("an engine that faults ends as the program would", broken_engine, SIGSEGV);
    ends("an engine that uses stand-ins without end is stopped", endless_engine, SIGSEGV);
    ends("uses in threads", use_in_threads, 0);
    ends("uses after fork", use_after_fork, 0);
    return tap_done();
}
