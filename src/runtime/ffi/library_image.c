/* SPDX-License-Identifier: MIT */
/*
 * Code and constants are read from the file again; what can be written is copied before the module
 * goes, relocated as it is.  Functions that have not been called yet would be looked up by the
 * loader at their first call, with tables that are gone: that is done beforehand, in the copy.
 */
#include "base/pages.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/library_books.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_COPIED ((size_t)1 << 20)

/* ---- Taking ---------------------------------------------------------------------------------- */

static bool take_segment(struct ffisan_image *image, uintptr_t base, const ElfW(Phdr) * header)
{
    if (image->n_segments == FFISAN_LIBRARY_SEGMENTS)
        return false;
    uintptr_t before = header->p_vaddr % FFISAN_PAGE_SIZE;
    struct ffisan_image_segment *segment = &image->segments[image->n_segments++];
    *segment = (struct ffisan_image_segment){.from = base + header->p_vaddr - before,
                                             .to = base + header->p_vaddr - before +
                                                   ffisan_pages_round(before + header->p_memsz),
                                             .file_offset = header->p_offset - before,
                                             .flags = header->p_flags};
    size_t size = segment->to - segment->from;
    if (!(header->p_flags & PF_W))
        return header->p_memsz == header->p_filesz;
    segment->copy = size <= MOST_COPIED ? ffisan_pages_map(size) : NULL;
    return segment->copy && ffisan_guard_copy(segment->copy, (const void *)segment->from, size);
}

static uint64_t *in_copy(struct ffisan_image *image, uintptr_t address)
{
    for (unsigned i = 0; i < image->n_segments; i++) {
        const struct ffisan_image_segment *segment = &image->segments[i];
        if (segment->copy && address - segment->from <= segment->to - segment->from - 8 &&
            segment->from <= address)
            return (uint64_t *)(segment->copy + (address - segment->from));
    }
    return NULL;
}

struct dynamic {
    const ElfW(Rela) * jumps;
    size_t n_jumps;
    const ElfW(Sym) * symbols;
    const char *strings;
};

static uintptr_t absolute(uintptr_t base, uintptr_t address)
{
    return address < base ? base + address : address;
}

static void read_dynamic(struct dynamic *dynamic, uintptr_t base, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_JMPREL)
            dynamic->jumps = (const void *)absolute(base, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_PLTRELSZ)
            dynamic->n_jumps = entry->d_un.d_val / sizeof(ElfW(Rela));
        else if (entry->d_tag == DT_SYMTAB)
            dynamic->symbols = (const void *)absolute(base, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_STRTAB)
            dynamic->strings = (const void *)absolute(base, entry->d_un.d_ptr);
    }
}

/* Jump slots that lead to where they were linked to be: into the module's own table of stubs. */
static void bind_jumps(struct ffisan_image *image, uintptr_t base, const ElfW(Dyn) * entries,
                       void *handle)
{
    struct dynamic dynamic = {0};
    read_dynamic(&dynamic, base, entries);
    if (!dynamic.jumps || !dynamic.symbols || !dynamic.strings)
        return;
    uintptr_t size = image->segments[image->n_segments - 1].to - base;
    for (size_t i = 0; i < dynamic.n_jumps; i++) {
        const ElfW(Rela) *jump = &dynamic.jumps[i];
        const ElfW(Sym) *symbol = &dynamic.symbols[ELF64_R_SYM(jump->r_info)];
        uint64_t *slot = in_copy(image, base + jump->r_offset);
        if (!slot || *slot - base >= size || *slot == base + symbol->st_value)
            continue;
        void *function = dlsym(handle, dynamic.strings + symbol->st_name);
        if (function)
            *slot = (uint64_t)function;
    }
}

static const ElfW(Phdr) * find_header(const struct dl_phdr_info *module, uint32_t type)
{
    for (unsigned i = 0; i < module->dlpi_phnum; i++)
        if (module->dlpi_phdr[i].p_type == type)
            return &module->dlpi_phdr[i];
    return NULL;
}

static bool stays_for_ever(const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_FLAGS_1 && entry->d_un.d_val & DF_1_NODELETE)
            return true;
    return false;
}

/* Variables of threads are gone for good with their module. */
static bool is_worth_taking(const struct dl_phdr_info *module, const ElfW(Dyn) * dynamic)
{
    return dynamic && !stays_for_ever(dynamic) && !find_header(module, PT_TLS);
}

void ffisan_image_take(struct ffisan_image *image, const struct dl_phdr_info *module, void *handle)
{
    const ElfW(Phdr) *header = find_header(module, PT_DYNAMIC);
    const ElfW(Dyn) *dynamic = header ? (const void *)(module->dlpi_addr + header->p_vaddr) : NULL;
    *image = (struct ffisan_image){.is_complete = is_worth_taking(module, dynamic)};
    for (unsigned i = 0; i < module->dlpi_phnum && image->is_complete; i++)
        if (module->dlpi_phdr[i].p_type == PT_LOAD)
            image->is_complete = take_segment(image, module->dlpi_addr, &module->dlpi_phdr[i]);
    struct stat status;
    image->is_complete =
        image->is_complete && image->n_segments > 0 && stat(module->dlpi_name, &status) == 0;
    if (!image->is_complete)
        return;
    image->device = status.st_dev;
    image->inode = status.st_ino;
    bind_jumps(image, module->dlpi_addr, dynamic, handle);
}

/* ---- Putting back ---------------------------------------------------------------------------- */

static int protection(uint32_t flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static bool put_segment(const struct ffisan_image_segment *segment, int fd)
{
    void *at = (void *)segment->from;
    size_t size = segment->to - segment->from;
    if (!segment->copy)
        return mmap(at, size, protection(segment->flags), MAP_PRIVATE | MAP_FIXED, fd,
                    (off_t)segment->file_offset) == at;
    if (!ffisan_pages_open(segment->from, size))
        return false;
    memcpy(at, segment->copy, size);
    return true;
}

bool ffisan_image_put_back(const struct ffisan_image *image, const char *path)
{
    struct stat status;
    int fd = image->is_complete ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool is_same = fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == image->device &&
                   status.st_ino == image->inode;
    for (unsigned i = 0; is_same && i < image->n_segments; i++)
        is_same = put_segment(&image->segments[i], fd);
    if (fd >= 0)
        syscall(SYS_close, fd);
    return is_same;
}

void ffisan_image_discard(struct ffisan_image *image)
{
    for (unsigned i = 0; i < image->n_segments; i++)
        if (image->segments[i].copy)
            ffisan_pages_unmap(image->segments[i].copy,
                               image->segments[i].to - image->segments[i].from);
    *image = (struct ffisan_image){0};
}
