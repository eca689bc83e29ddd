/* SPDX-License-Identifier: MIT */
#include "runtime/vm/symfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_SECTIONS 128
#define MOST_SEGMENTS 64
#define SYMBOLS_AT_ONCE 64

struct search {
    int fd;
    Elf64_Ehdr head;
    uint64_t value;
    enum ffisan_symbol_kind kind;
    uint64_t name_at; /* where in the file the name of the best symbol lies, 0 = none */
    uint64_t start;   /* value of that symbol */
};

static bool read_at(int fd, void *data, size_t size, uint64_t at)
{
    return pread(fd, data, size, (off_t)at) == (ssize_t)size;
}

static bool open_file(struct search *search, const char *path)
{
    search->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (search->fd < 0)
        return false;
    if (read_at(search->fd, &search->head, sizeof(search->head), 0) &&
        memcmp(search->head.e_ident, ELFMAG, SELFMAG) == 0 &&
        search->head.e_ident[EI_CLASS] == ELFCLASS64 &&
        search->head.e_shentsize == sizeof(Elf64_Shdr))
        return true;
    syscall(SYS_close, search->fd);
    return false;
}

static bool is_of_kind(enum ffisan_symbol_kind kind, unsigned type)
{
    switch (kind) {
    case FFISAN_SYMBOL_DATA:
        return type == STT_OBJECT;
    case FFISAN_SYMBOL_TLS:
        return type == STT_TLS;
    default:
        return type == STT_FUNC || type == STT_OBJECT;
    }
}

static bool is_better(const struct search *search, const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF &&
           is_of_kind(search->kind, ELF64_ST_TYPE(symbol->st_info)) &&
           search->value - symbol->st_value < symbol->st_size &&
           (search->name_at == 0 || symbol->st_value > search->start);
}

static void search_table(struct search *search, const Elf64_Shdr *table, uint64_t strings)
{
    Elf64_Sym symbols[SYMBOLS_AT_ONCE];
    uint64_t n = table->sh_size / sizeof(symbols[0]);
    for (uint64_t i = 0; i < n; i += SYMBOLS_AT_ONCE) {
        uint64_t n_here = n - i < SYMBOLS_AT_ONCE ? n - i : SYMBOLS_AT_ONCE;
        if (!read_at(search->fd, symbols, n_here * sizeof(symbols[0]),
                     table->sh_offset + i * sizeof(symbols[0])))
            return;
        for (uint64_t k = 0; k < n_here; k++)
            if (is_better(search, &symbols[k])) {
                search->name_at = strings + symbols[k].st_name;
                search->start = symbols[k].st_value;
            }
    }
}

static bool read_section(const struct search *search, unsigned i, Elf64_Shdr *ret_section)
{
    return read_at(search->fd, ret_section, sizeof(*ret_section),
                   search->head.e_shoff + i * sizeof(*ret_section));
}

static void search_tables(struct search *search)
{
    Elf64_Shdr section, strings;
    for (unsigned i = 0; i < search->head.e_shnum && i < MOST_SECTIONS; i++)
        if (read_section(search, i, &section) &&
            (section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM) &&
            read_section(search, section.sh_link, &strings))
            search_table(search, &section, strings.sh_offset);
}

static void search_sections(struct search *search)
{
    Elf64_Shdr section, strings;
    if (!read_section(search, search->head.e_shstrndx, &strings))
        return;
    for (unsigned i = 0; i < search->head.e_shnum && i < MOST_SECTIONS; i++)
        if (read_section(search, i, &section) && section.sh_flags & SHF_ALLOC &&
            !(section.sh_flags & SHF_TLS) && search->value - section.sh_addr < section.sh_size) {
            search->name_at = strings.sh_offset + section.sh_name;
            search->start = section.sh_addr;
        }
}

bool ffisan_symfile_find(const char *path, uint64_t value, enum ffisan_symbol_kind kind,
                         struct ffisan_symbol *ret_symbol)
{
    int saved_errno = errno;
    struct search search = {.value = value, .kind = kind};
    memset(ret_symbol, 0, sizeof(*ret_symbol));
    if (open_file(&search, path)) {
        search_tables(&search);
        ret_symbol->is_section = search.name_at == 0 && kind == FFISAN_SYMBOL_DATA;
        if (ret_symbol->is_section)
            search_sections(&search);
        if (search.name_at && pread(search.fd, ret_symbol->name, sizeof(ret_symbol->name) - 1,
                                    (off_t)search.name_at) <= 0)
            ret_symbol->name[0] = '\0';
        ret_symbol->start = search.start;
        syscall(SYS_close, search.fd);
    }
    errno = saved_errno;
    return ret_symbol->name[0] != '\0';
}

bool ffisan_symfile_add(const char *path, uint64_t offset, struct ffisan_text *text)
{
    struct ffisan_symbol symbol;
    bool found = ffisan_symfile_find(path, offset, FFISAN_SYMBOL_ANY, &symbol);
    ffisan_text_add(text, symbol.name);
    return found;
}

/* The header of the file is loaded with the segment that begins with it. */
static bool is_loaded(const struct search *search, uint64_t load_address)
{
    Elf64_Phdr segment;
    for (unsigned i = 0; i < search->head.e_phnum && i < MOST_SEGMENTS; i++)
        if (read_at(search->fd, &segment, sizeof(segment),
                    search->head.e_phoff + i * sizeof(segment)) &&
            segment.p_type == PT_LOAD && segment.p_offset == 0)
            return memcmp(&search->head, (const void *)(load_address + segment.p_vaddr),
                          sizeof(search->head)) == 0;
    return false;
}

bool ffisan_symfile_is_loaded(const char *path, uint64_t load_address)
{
    int saved_errno = errno;
    struct search search = {0};
    bool answer = false;
    if (open_file(&search, path)) {
        answer = is_loaded(&search, load_address);
        syscall(SYS_close, search.fd);
    }
    errno = saved_errno;
    return answer;
}
