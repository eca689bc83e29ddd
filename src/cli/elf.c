/* SPDX-License-Identifier: MIT */
/* Every offset in the file is checked: a damaged file gives less information, never a crash. */
#include "cli/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#else
#define NATIVE_MACHINE EM_NONE
#endif

/* A mapped file. */
struct image {
    const unsigned char *data;
    size_t size;
};

static const void *at(const struct image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return NULL;
    return image->data + offset;
}

/* Copies entry `index` of a table: in a damaged file it may lie at any address. */
static bool copy_entry(const struct image *image, uint64_t table, uint64_t index, void *ret_entry,
                       size_t size)
{
    if (table > image->size || index > image->size / size)
        return false;
    const void *entry = at(image, table + index * size, size);
    if (entry)
        memcpy(ret_entry, entry, size);
    return entry != NULL;
}

static bool copy_section(const struct image *image, const Elf64_Ehdr *header, size_t index,
                         Elf64_Shdr *ret_section)
{
    return index < header->e_shnum &&
           copy_entry(image, header->e_shoff, index, ret_section, sizeof(*ret_section));
}

static unsigned symbol_bit(const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } known[] = {
        {"lua_newstate", FFISAN_ELF_LUA_NEWSTATE},
        {"luaL_newstate", FFISAN_ELF_LUAL_NEWSTATE},
        {"lua_setallocf", FFISAN_ELF_LUA_SETALLOCF},
        {"luaJIT_setmode", FFISAN_ELF_LUAJIT_SETMODE},
        {"malloc", FFISAN_ELF_MALLOC},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        if (strcmp(known[i].name, name) == 0)
            return known[i].bit;
    }
    return 0;
}

static void read_symbols(struct ffisan_elf *elf, const struct image *image,
                         const Elf64_Ehdr *header, const Elf64_Shdr *table)
{
    Elf64_Shdr strings;
    if (!copy_section(image, header, table->sh_link, &strings))
        return;
    const char *names = at(image, strings.sh_offset, strings.sh_size);
    if (!names || strings.sh_size == 0 || names[strings.sh_size - 1] != '\0')
        return;
    Elf64_Sym symbol;
    for (size_t i = 0; i < table->sh_size / sizeof(symbol); i++) {
        if (!copy_entry(image, table->sh_offset, i, &symbol, sizeof(symbol)))
            break;
        if (symbol.st_name >= strings.sh_size)
            continue;
        unsigned bit = symbol_bit(names + symbol.st_name);
        if (symbol.st_shndx == SHN_UNDEF)
            elf->imported |= bit;
        else
            elf->defined |= bit;
    }
}

static void read_interpreter(struct ffisan_elf *elf, const struct image *image,
                             const Elf64_Ehdr *header)
{
    bool is_dynamic = false;
    for (size_t i = 0; i < header->e_phnum; i++) {
        Elf64_Phdr segment;
        if (!copy_entry(image, header->e_phoff, i, &segment, sizeof(segment)))
            break;
        is_dynamic |= segment.p_type == PT_DYNAMIC;
        const char *path =
            segment.p_type == PT_INTERP ? at(image, segment.p_offset, segment.p_filesz) : NULL;
        if (path && segment.p_filesz < sizeof(elf->interpreter))
            memcpy(elf->interpreter, path, segment.p_filesz);
    }
    elf->is_static = elf->interpreter[0] == '\0' && (header->e_type == ET_EXEC || !is_dynamic);
}

static bool contains(const struct image *image, const char *text)
{
    return memmem(image->data, image->size, text, strlen(text) + 1) != NULL;
}

static void read_version(struct ffisan_elf *elf, const struct image *image)
{
    static const char start[] = "LuaJIT 2.";
    const char *found = memmem(image->data, image->size, start, strlen(start));
    if (!found)
        return;
    size_t n = 0, room = image->size - (size_t)(found - (const char *)image->data);
    while (n < room && n < sizeof(elf->luajit_version) - 1 && found[n] >= ' ' && found[n] < 0x7f)
        n++;
    memcpy(elf->luajit_version, found, n);
}

static void read_image(struct ffisan_elf *elf, const struct image *image)
{
    const Elf64_Ehdr *header = at(image, 0, sizeof(*header));
    elf->is_native = header && header->e_ident[EI_CLASS] == ELFCLASS64 &&
                     header->e_ident[EI_DATA] == ELFDATA2LSB && header->e_machine == NATIVE_MACHINE;
    if (!elf->is_native)
        return;
    read_interpreter(elf, image, header);
    for (size_t i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr table;
        if (copy_section(image, header, i, &table) && table.sh_type == SHT_DYNSYM)
            read_symbols(elf, image, header, &table);
    }
    read_version(elf, image);
    elf->has_lua_init = contains(image, "LUA_INIT");
    elf->has_ffi = contains(image, "too many callbacks");
}

static bool map(struct image *image, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat st;
    void *data = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    *image = (struct image){data, (size_t)st.st_size};
    return data != MAP_FAILED;
}

bool ffisan_elf_read(struct ffisan_elf *elf, const char *path, struct ffisan_failure *failure)
{
    memset(elf, 0, sizeof(*elf));
    struct image image;
    errno = ENOEXEC;
    if (!map(&image, path))
        return ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot read '%s': %s", path,
                                  strerror(errno));
    const unsigned char *magic = at(&image, 0, SELFMAG);
    bool is_elf = magic && memcmp(magic, ELFMAG, SELFMAG) == 0;
    if (is_elf)
        read_image(elf, &image);
    munmap((void *)image.data, image.size);
    return is_elf || ffisan_failure_set(failure, FFISAN_EXIT_OWN, "'%s' is not a program", path);
}
