-- SPDX-License-Identifier: MIT
-- catalogue: titles borrow from documents, whose finalizers run too early
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct owners_document owners_document;
owners_document *owners_document_parse(const char *text);
const char *owners_document_title(const owners_document *document);
void owners_document_free(owners_document *document);
typedef struct { const char *title; int shelf; } card_t;
]]

local Catalogue = {}
Catalogue.__index = Catalogue

function Catalogue.new(n)
    return setmetatable({ cards = ffi.new("card_t[?]", n), n = 0, documents = {} }, Catalogue)
end

function Catalogue:add(text)
    local document = ffi.gc(owners.owners_document_parse(text), owners.owners_document_free)
    local card = self.cards[self.n]
    card.title = owners.owners_document_title(document)
    card.shelf = #text % 7
    self.n = self.n + 1
end

function Catalogue:titles()
    local titles = {}
    for i = 0, self.n - 1 do
        titles[#titles + 1] = ffi.string(self.cards[i].title)
    end
    return table.concat(titles, "; ")
end

local catalogue = Catalogue.new(8)
for _, text in ipairs({ "the art of memory", "on ownership", "a year of pointers", "freed" }) do
    catalogue:add(text)
end
print(catalogue:titles())
