/* SPDX-License-Identifier: MIT */
#include "runtime/vm/symfile.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MOST_SECTIONS 128
#define SYMBOLS_AT_ONCE 64

struct search {
    int fd;
    uint64_t offset;
    uint64_t name_at; /* where in the file the name of the best symbol lies, 0 = none */
    uint64_t value;   /* of that symbol */
};

static bool read_at(int fd, void *data, size_t size, uint64_t at)
{
    return pread(fd, data, size, (off_t)at) == (ssize_t)size;
}

static bool is_better(const struct search *search, const Elf64_Sym *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
           search->offset - symbol->st_value < symbol->st_size &&
           (search->name_at == 0 || symbol->st_value > search->value);
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
                search->value = symbols[k].st_value;
            }
    }
}

static void search_file(struct search *search)
{
    Elf64_Ehdr head;
    Elf64_Shdr section, strings;
    if (!read_at(search->fd, &head, sizeof(head), 0) ||
        memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64 ||
        head.e_shentsize != sizeof(section))
        return;
    for (unsigned i = 0; i < head.e_shnum && i < MOST_SECTIONS; i++)
        if (read_at(search->fd, &section, sizeof(section), head.e_shoff + i * sizeof(section)) &&
            (section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM) &&
            read_at(search->fd, &strings, sizeof(strings),
                    head.e_shoff + section.sh_link * sizeof(strings)))
            search_table(search, &section, strings.sh_offset);
}

bool ffisan_symfile_add(const char *path, uint64_t offset, struct ffisan_text *text)
{
    int saved_errno = errno;
    char name[256] = "";
    struct search search = {.fd = open(path, O_RDONLY | O_CLOEXEC), .offset = offset};
    if (search.fd >= 0) {
        search_file(&search);
        if (search.name_at && pread(search.fd, name, sizeof(name) - 1, (off_t)search.name_at) <= 0)
            name[0] = '\0';
        close(search.fd);
    }
    ffisan_text_add(text, name);
    errno = saved_errno;
    return name[0] != '\0';
}
