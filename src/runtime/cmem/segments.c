/* SPDX-License-Identifier: MIT */
/*
 * The loader is asked each time: 30 libraries take it two microseconds, and what it says of a
 * thread's variables depends on whether the thread has used them yet.
 */
#include "runtime/cmem/segments.h"

#include "base/io.h"
#include "base/pages.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define MAX_SEGMENTS 1024 /* of a program with some 400 libraries */

static struct {
    struct ffisan_segment all[MAX_SEGMENTS];
    size_t n;
    uintptr_t heap;        /* where brk began; 0 = not known */
    uint32_t thread_bytes; /* of libc's descriptor of a thread; 0 = not known */
    uintptr_t vm_address;
} segments;

static void add(uintptr_t start, uintptr_t end, uintptr_t code, enum ffisan_segment_kind kind)
{
    start = (start + 7) & ~(uintptr_t)7;
    end &= ~(uintptr_t)7;
    if (start < end && segments.n < MAX_SEGMENTS)
        segments.all[segments.n++] =
            (struct ffisan_segment){.start = start, .end = end, .code = code, .kind = kind};
}

static bool covers(const struct dl_phdr_info *module, uintptr_t address)
{
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &module->dlpi_phdr[i];
        if (header->p_type == PT_LOAD &&
            address - module->dlpi_addr - header->p_vaddr < header->p_memsz)
            return true;
    }
    return false;
}

/* A program has no name; one with LuaJIT inside has variables of its own as well. */
static bool is_left_out(const struct dl_phdr_info *module)
{
    if (covers(module, (uintptr_t)&segments))
        return true;
    return module->dlpi_name && module->dlpi_name[0] && covers(module, segments.vm_address);
}

static const ElfW(Phdr) * find_header(const struct dl_phdr_info *module, ElfW(Word) type)
{
    for (unsigned i = 0; i < module->dlpi_phnum; i++)
        if (module->dlpi_phdr[i].p_type == type)
            return &module->dlpi_phdr[i];
    return NULL;
}

/* What becomes read-only after relocation is mostly the beginning of a segment. */
static void add_data(const struct dl_phdr_info *module, const ElfW(Phdr) * load,
                     const ElfW(Phdr) * relro)
{
    uintptr_t start = module->dlpi_addr + load->p_vaddr, end = start + load->p_memsz;
    uintptr_t readonly = end, writable = end;
    if (relro && relro->p_vaddr - load->p_vaddr < load->p_memsz) {
        readonly = module->dlpi_addr + relro->p_vaddr;
        writable = readonly + relro->p_memsz;
    }
    add(start, readonly, start, FFISAN_SEGMENT_DATA);
    if (writable < end)
        add(writable, end, start, FFISAN_SEGMENT_DATA);
}

static int add_module(struct dl_phdr_info *module, size_t size, void *argument)
{
    const ElfW(Phdr) *relro = find_header(module, PT_GNU_RELRO), *tls = find_header(module, PT_TLS);
    uintptr_t code = 0;
    (void)argument;
    if (is_left_out(module))
        return 0;
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *load = &module->dlpi_phdr[i];
        if (load->p_type != PT_LOAD)
            continue;
        code = code ? code : module->dlpi_addr + load->p_vaddr;
        if (load->p_flags & PF_W)
            add_data(module, load, relro);
    }
    if (tls && size >= sizeof(*module) && module->dlpi_tls_data)
        add((uintptr_t)module->dlpi_tls_data, (uintptr_t)module->dlpi_tls_data + tls->p_memsz, code,
            FFISAN_SEGMENT_TLS);
    return 0;
}

static int declare_own(struct dl_phdr_info *module, size_t size, void *argument)
{
    (void)size;
    (void)argument;
    if (!covers(module, (uintptr_t)&segments))
        return 0;
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        const ElfW(Phdr) *load = &module->dlpi_phdr[i];
        if (load->p_type == PT_LOAD && (load->p_flags & PF_W))
            ffisan_pages_declare_own(module->dlpi_addr + load->p_vaddr, load->p_memsz);
    }
    return 1;
}

void ffisan_segments_declare_own(void)
{
    dl_iterate_phdr(declare_own, NULL);
}

/* Field 47 of /proc/self/stat (man 5 proc); a program's name may hold blanks and brackets. */
static uintptr_t read_heap_start(void)
{
    enum { FIELD = 47, AFTER_NAME = 3 };
    char text[2048];
    size_t size = ffisan_io_read_file("/proc/self/stat", 0, text, sizeof(text) - 1);
    text[size] = '\0';
    const char *at = strrchr(text, ')');
    for (unsigned field = AFTER_NAME - 1; at && field < FIELD; field++)
        at = strchr(at + 1, ' ');
    uintptr_t value = 0;
    for (; at && at[1] >= '0' && at[1] <= '9'; at++)
        value = value * 10 + (uintptr_t)(at[1] - '0');
    return value;
}

/* libc says for debuggers how large its descriptors are; pthread_self is the address of one. */
void ffisan_segments_prepare(void)
{
    enum { LARGEST = 65536 };
    if (segments.heap)
        return;
    const uint32_t *size = dlsym(RTLD_DEFAULT, "_thread_db_sizeof_pthread");
    segments.thread_bytes = size && *size <= LARGEST ? *size : 0;
    segments.heap = read_heap_start();
}

static void add_heap(void)
{
    int saved_errno = errno;
    uintptr_t end = (uintptr_t)sbrk(0);
    errno = saved_errno;
    if (segments.heap && end != UINTPTR_MAX && end > segments.heap)
        add(segments.heap, end, 0, FFISAN_SEGMENT_BRK);
}

size_t ffisan_segments_now(uintptr_t vm_address, const struct ffisan_segment **ret_segments)
{
    segments.n = 0;
    segments.vm_address = vm_address;
    dl_iterate_phdr(add_module, NULL);
    add((uintptr_t)pthread_self(), (uintptr_t)pthread_self() + segments.thread_bytes, 0,
        FFISAN_SEGMENT_THREAD);
    add_heap();
    *ret_segments = segments.all;
    return segments.n;
}

const struct ffisan_segment *ffisan_segments_find(uintptr_t address)
{
    for (size_t i = 0; i < segments.n; i++)
        if (address - segments.all[i].start < segments.all[i].end - segments.all[i].start)
            return &segments.all[i];
    return NULL;
}
