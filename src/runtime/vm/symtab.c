/* SPDX-License-Identifier: MIT */
/*
 * The file of a module is mapped as long as a name is looked for.  It is believed only if it begins
 * with the bytes that were loaded: a library may have been replaced since.
 */
#include "runtime/vm/symtab.h"

#include "runtime/vm/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct file {
    const uint8_t *bytes;
    size_t size;
};

/* What is looked for: a variable in memory, or one in the block of thread-local ones. */
struct target {
    const struct link_map *module;
    uintptr_t value; /* as in st_value */
    int type;        /* STT_OBJECT or STT_TLS */
};

static void unmap_file(const struct file *file)
{
    if (file->bytes)
        munmap((void *)file->bytes, file->size);
}

/* Our own wrapper of open is for the program. */
static struct file map_file(const char *path)
{
    struct file file = {0};
    struct stat status;
    int saved_errno = errno;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (fd >= 0 && syscall(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size >= (off_t)sizeof(ElfW(Ehdr))) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED)
            file = (struct file){.bytes = bytes, .size = (size_t)status.st_size};
    }
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = saved_errno;
    return file;
}

/* A part of the file, or NULL when it does not reach that far. */
static const void *part(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->size && size <= file->size - offset ? file->bytes + offset : NULL;
}

static bool is_what_was_loaded(const struct file *file, const struct link_map *module)
{
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)file->bytes;
    const ElfW(Phdr) *headers = part(file, header->e_phoff, header->e_phnum * sizeof(*headers));
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || !headers)
        return false;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (headers[i].p_type == PT_LOAD && headers[i].p_offset == 0)
            return memcmp(header, (const void *)(module->l_addr + headers[i].p_vaddr),
                          sizeof(*header)) == 0;
    return false;
}

static const ElfW(Shdr) * sections_of(const struct file *file, size_t *ret_n)
{
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)file->bytes;
    *ret_n = header->e_shnum;
    return header->e_shentsize == sizeof(ElfW(Shdr))
               ? part(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(ElfW(Shdr)))
               : NULL;
}

static size_t add_name(struct ffisan_text *text, const char *name, uintptr_t offset, bool is_hex)
{
    ffisan_text_add(text, name);
    if (offset > 0 || is_hex) {
        ffisan_text_add(text, is_hex ? "+0x" : "+");
        if (is_hex)
            ffisan_text_add_hex(text, offset, 1);
        else
            ffisan_text_add_unsigned(text, offset);
    }
    return offset;
}

/* A NUL-terminated string of a string section, or NULL. */
static const char *string_of(const struct file *file, const ElfW(Shdr) * strings, uint64_t offset)
{
    const char *all = part(file, strings->sh_offset, strings->sh_size);
    return all && offset < strings->sh_size && memchr(all + offset, 0, strings->sh_size - offset)
               ? all + offset
               : NULL;
}

/* The symbol of the file's own table that covers the target. */
static const char *find_symbol(const struct file *file, const struct target *target,
                               uintptr_t *ret_start)
{
    size_t n;
    const ElfW(Shdr) *sections = sections_of(file, &n);
    for (size_t i = 0; sections && i < n; i++) {
        const ElfW(Shdr) *table = &sections[i];
        if (table->sh_type != SHT_SYMTAB || table->sh_link >= n)
            continue;
        const ElfW(Sym) *symbols = part(file, table->sh_offset, table->sh_size);
        for (size_t k = 0; symbols && k < table->sh_size / sizeof(*symbols); k++) {
            const ElfW(Sym) *symbol = &symbols[k];
            if (ELF64_ST_TYPE(symbol->st_info) != target->type || symbol->st_shndx == SHN_UNDEF ||
                target->value - symbol->st_value >= symbol->st_size)
                continue;
            *ret_start = symbol->st_value;
            return string_of(file, &sections[table->sh_link], symbol->st_name);
        }
    }
    return NULL;
}

static const char *find_section(const struct file *file, const struct target *target,
                                uintptr_t *ret_start)
{
    size_t n;
    const ElfW(Shdr) *sections = sections_of(file, &n);
    unsigned strings = ((const ElfW(Ehdr) *)file->bytes)->e_shstrndx;
    for (size_t i = 0; sections && strings < n && i < n; i++) {
        const ElfW(Shdr) *section = &sections[i];
        if ((section->sh_flags & SHF_TLS) || !(section->sh_flags & SHF_ALLOC) ||
            target->value - section->sh_addr >= section->sh_size)
            continue;
        *ret_start = section->sh_addr;
        return string_of(file, &sections[strings], section->sh_name);
    }
    return NULL;
}

static size_t add_from_file(const struct target *target, struct ffisan_text *text)
{
    struct file file = map_file(ffisan_modules_path(target->module));
    const char *name = NULL;
    uintptr_t start = 0;
    bool is_symbol = false;
    if (file.bytes && is_what_was_loaded(&file, target->module)) {
        name = find_symbol(&file, target, &start);
        is_symbol = name != NULL;
        if (!name && target->type == STT_OBJECT)
            name = find_section(&file, target, &start);
    }
    size_t offset = add_name(text,
                             name                      ? name
                             : target->type == STT_TLS ? ".tbss"
                                                       : "",
                             target->value - start, !is_symbol);
    unmap_file(&file);
    return offset;
}

size_t ffisan_symtab_add_variable(const struct link_map *module, uintptr_t address,
                                  struct ffisan_text *text)
{
    struct target target = {
        .module = module, .value = address - module->l_addr, .type = STT_OBJECT};
    uintptr_t offset;
    const char *name = ffisan_modules_variable(module, address, &offset);
    return name ? add_name(text, name, offset, false) : add_from_file(&target, text);
}

size_t ffisan_symtab_add_tls(const struct link_map *module, uintptr_t offset,
                             struct ffisan_text *text)
{
    struct target target = {.module = module, .value = offset, .type = STT_TLS};
    return add_from_file(&target, text);
}
