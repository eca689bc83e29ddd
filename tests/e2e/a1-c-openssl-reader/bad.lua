-- SPDX-License-Identifier: MIT
-- entries: reads a certificate store's index line by line, through a BIO over text that was made for it
local ffi = require("ffi")
local crypto = ffi.load("libcrypto.so.3")

ffi.cdef[[
typedef struct bio_st BIO;
BIO *BIO_new_mem_buf(const void *buf, int size);
int BIO_gets(BIO *bio, char *line, int size);
int BIO_free(BIO *bio);
]]

local reader = {}
reader.__index = reader

local function open(lines)
    local text = table.concat(lines, "\n")
    local bio = ffi.gc(crypto.BIO_new_mem_buf(text, #text), crypto.BIO_free)
    return setmetatable({ bio = bio, line = ffi.new("char[80]") }, reader)
end

function reader:next()
    local size = crypto.BIO_gets(self.bio, self.line, 80)
    return size > 0 and ffi.string(self.line, size):gsub("\n", "") or nil
end

local function parse(line)
    local entry = {}
    for field in line:gmatch("[^\t]+") do entry[#entry + 1] = { text = field, size = #field } end
    return entry
end

local index, entries = {}, {}
for number = 1, 40 do
    index[number] = ("V\t3012%02d\t%02d\tunknown\t/CN=host-%d"):format(number, number, number)
end
local file = open(index)
for line in file.next, file do entries[#entries + 1] = parse(line) end
print(#entries, entries[40][5].text)
