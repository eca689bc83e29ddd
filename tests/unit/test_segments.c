/* SPDX-License-Identifier: MIT */
/* Where C keeps its variables, and how they are named.  Our own module is this program. */
#include "runtime/cmem/segments.h"

#include "base/text.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/symtab.h"
#include "tap.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static int own_variable = 1;
static struct {
    int first;
    char rest[60];
} record = {.first = 1};
static __thread int own_thread_local[8] = {1};

static const struct ffisan_segment *find(const void *address)
{
    const struct ffisan_segment *segment = ffisan_segments_find((uintptr_t)address);
    return segment;
}

static bool is_kind(const void *address, enum ffisan_segment_kind kind)
{
    return find(address) && find(address)->kind == kind;
}

static void search(const void *vm_address)
{
    const struct ffisan_segment *segments;
    size_t n = ffisan_segments_now((uintptr_t)vm_address, &segments);
    bool aligned = n > 0;
    for (size_t i = 0; i < n; i++)
        aligned &= segments[i].start % 8 == 0 && segments[i].end % 8 == 0 &&
                   segments[i].start < segments[i].end;
    TAP_OK(aligned, "there are segments of whole words");
}

static bool has_word(enum ffisan_segment_kind kind, uintptr_t word)
{
    const struct ffisan_segment *segments;
    size_t n = ffisan_segments_now(0, &segments);
    for (size_t i = 0; i < n; i++)
        for (uintptr_t at = segments[i].start; segments[i].kind == kind && at < segments[i].end;
             at += 8)
            if (*(const uintptr_t *)at == word)
                return true;
    return false;
}

static void *of_another_thread(void *ret_found)
{
    search(NULL);
    *(bool *)ret_found = is_kind(&errno, FFISAN_SEGMENT_TLS);
    return &errno;
}

static void test_segments(void *libc, void *libm)
{
    void *old_block = malloc(64);
    const struct link_map *module = ffisan_modules_find((uintptr_t)dlsym(libc, "optarg"));
    search(NULL);
    TAP_OK(is_kind(dlsym(libc, "optarg"), FFISAN_SEGMENT_DATA), "a variable in .bss");
    TAP_OK(is_kind(dlsym(libc, "stdout"), FFISAN_SEGMENT_DATA), "a variable in .data");
    TAP_OK(!find(dlsym(libc, "strlen")), "not code");
    TAP_OK(module && !find(module->l_ld), "not what is read-only after relocation");
    TAP_OK(!find(&own_variable), "not our own");
    TAP_OK(is_kind(&errno, FFISAN_SEGMENT_TLS), "a thread-local variable");
    TAP_OK(!find(&own_thread_local), "not our own thread-local ones");
    TAP_OK(!find(old_block), "no heap before its beginning is known");
    ffisan_segments_prepare();
    search(NULL);
    TAP_OK(is_kind(old_block, FFISAN_SEGMENT_BRK), "the heap");
    TAP_OK(!find(&old_block), "not the stack");
    TAP_OK(is_kind(dlsym(libm, "signgam"), FFISAN_SEGMENT_DATA), "a library's variable");
    search(dlsym(libm, "cos"));
    TAP_OK(!find(dlsym(libm, "signgam")) && find(dlsym(libc, "optarg")), "not one of the VM's");
    pthread_key_t key;
    if (pthread_key_create(&key, NULL) != 0 || pthread_setspecific(key, &key) != 0)
        exit(1);
    search(NULL);
    TAP_OK(has_word(FFISAN_SEGMENT_THREAD, (uintptr_t)&key), "a value of pthread_setspecific");
    pthread_t thread;
    bool found = false;
    void *their_errno;
    if (pthread_create(&thread, NULL, of_another_thread, &found) != 0)
        exit(1);
    pthread_join(thread, &their_errno);
    TAP_OK(found && !find(&errno), "thread-local variables are those of the thread that asks");
    search(NULL);
    TAP_OK(find(&errno) && (their_errno == &errno || !find(their_errno)), "and then ours again");
    free(old_block);
}

static const char *name_of(const struct link_map *module, const void *address, size_t *ret_offset)
{
    static char data[200];
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    size_t offset = ffisan_symtab_add_variable(module, (uintptr_t)address, &text);
    if (ret_offset)
        *ret_offset = offset;
    return data;
}

static void test_names(void *libc)
{
    size_t offset;
    const char *exported = dlsym(libc, "optarg");
    const struct link_map *own = ffisan_modules_find((uintptr_t)&own_variable);
    const struct link_map *module = ffisan_modules_find((uintptr_t)exported);
    TAP_TEXT(name_of(module, exported, NULL), "optarg", "an exported variable");
    TAP_TEXT(name_of(own, &own_variable, &offset), "own_variable", "a static one");
    TAP_OK(offset == 0, "is named from its start");
    TAP_TEXT(name_of(own, &record.rest[4], &offset), "record+8", "the middle of a static one");
    TAP_OK(offset == 8, "is so many bytes into it");
    const struct ffisan_segment *segments, *last = NULL;
    size_t n = ffisan_segments_now(0, &segments);
    for (size_t i = 0; i < n; i++)
        if (segments[i].kind == FFISAN_SEGMENT_DATA && find(exported) == &segments[i])
            last = &segments[i];
    TAP_OK(last && strncmp(name_of(module, (void *)(last->end - 8), NULL), ".bss+0x", 7) == 0,
           "what has no name is named by its section");
    struct link_map gone = {.l_addr = 0x10000, .l_name = "/nowhere/libgone.so"};
    TAP_TEXT(name_of(&gone, (void *)0x14040, &offset), "+0x4040", "a file that is not there");
    TAP_OK(offset == 0x4040, "offset in the module");
    struct link_map replaced = {.l_addr = module->l_addr, .l_name = "/bin/sh"};
    const void *place = (const void *)(module->l_addr + 0x40);
    TAP_TEXT(name_of(&replaced, place, NULL), "+0x40", "a file that is another one now");
    struct link_map folder = {.l_addr = module->l_addr, .l_name = "/"};
    TAP_TEXT(name_of(&folder, place, NULL), "+0x40", "what is no file");
}

static void test_thread_local_names(void)
{
    const struct link_map *own = ffisan_modules_find((uintptr_t)&own_variable);
    char data[200];
    bool found = false;
    for (uintptr_t offset = 0; offset < 4096 && !found; offset += 4) {
        struct ffisan_text text;
        ffisan_text_init(&text, data, sizeof(data));
        found = ffisan_symtab_add_tls(own, offset, &text) == 12 &&
                strcmp(data, "own_thread_local+12") == 0;
    }
    TAP_OK(found, "a thread-local variable");
    struct ffisan_text text;
    ffisan_text_init(&text, data, sizeof(data));
    ffisan_symtab_add_tls(own, 1 << 20, &text);
    TAP_TEXT(data, ".tbss+0x100000", "what is none");
}

int main(void)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY), *libm = dlopen("libm.so.6", RTLD_LAZY);
    if (!libc || !libm || own_thread_local[0] != 1)
        return 1;
    ffisan_modules_prepare();
    test_segments(libc, libm);
    test_names(libc);
    test_thread_local_names();
    return tap_done();
}
