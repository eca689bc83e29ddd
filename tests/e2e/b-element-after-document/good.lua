-- SPDX-License-Identifier: MIT
-- outline: the heading of a parsed text; elements belong to their document
local ffi = require("ffi")
local owners = ffi.load("testowners")

ffi.cdef[[
typedef struct owners_document owners_document;
typedef struct owners_element owners_element;
owners_document *owners_document_parse(const char *text);
owners_element *owners_document_element(owners_document *document, int index);
const char *owners_element_tag(const owners_element *element);
int owners_document_count(const owners_document *document);
void owners_document_free(owners_document *document);
]]

local outline = {}

function outline.first(text)
    local document = owners.owners_document_parse(text)
    local element = owners.owners_document_element(document, 0)
    local n = owners.owners_document_count(document)
    return element, n, document
end

local function show(text)
    local element, n, document = outline.first(text)
    local tag = ffi.string(owners.owners_element_tag(element))
    print(tag, n)
    owners.owners_document_free(document)
end

show("introduction usage licence")
