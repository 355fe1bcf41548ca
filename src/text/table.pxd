# cython: language_level=3
# SPDX-License-Identifier: BSD-3-Clause
"""Table from forms to numbers, of open addressing.

The first eight bytes of a form lie in the slot itself, so that most words are decided by one
comparison.
"""

from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy
from libcpp.vector cimport vector

cdef extern from *:
    void prefetch "__builtin_prefetch"(const void* address) noexcept nogil


cdef struct Slot:
    uint64_t head     # first eight bytes, zero behind a shorter form; no form holds a zero byte
    uint32_t rest     # 1 + where the length and the other bytes lie; 0 for a form of up to eight
    int32_t value


cdef cppclass Table:
    vector[Slot] slots
    vector[char] bytes
    int shift
    size_t used


cdef inline uint64_t load_head(const char* form, size_t length) noexcept nogil:
    cdef uint64_t head = 0
    memcpy(&head, form, 8)  # eight bytes may be read behind any form: what is not its own is cut
    return head if length >= 8 else head & ((<uint64_t>1 << (8 * length)) - 1)


cdef inline uint64_t hash_form(const char* form, size_t length, uint64_t head) noexcept nogil:
    cdef uint64_t mixed = head * <uint64_t>0x9E3779B97F4A7C15
    cdef size_t i = 8
    while i < length:
        mixed = ((mixed ^ (mixed >> 29)) + load_head(form + i, length - i)) \
            * <uint64_t>0xBF58476D1CE4E5B9
        i += 8
    mixed ^= mixed >> 32
    return mixed * <uint64_t>0x9E3779B97F4A7C15


cdef inline void prefetch_slot(const Table* table, const char* form, size_t length) noexcept nogil:
    prefetch(&table.slots[hash_form(form, length, load_head(form, length)) >> table.shift])


cdef inline Slot* find_slot(Table* table, const char* form, size_t length) noexcept nogil:
    """Return the form's slot, or the free one where it belongs."""
    cdef uint64_t head = load_head(form, length)
    cdef size_t mask = table.slots.size() - 1
    cdef size_t i = hash_form(form, length, head) >> table.shift
    cdef Slot* slot
    cdef uint32_t stored
    while True:
        slot = &table.slots[i]
        if slot.head == 0:
            return slot
        if slot.head == head:
            if length <= 8:
                if slot.rest == 0:
                    return slot
            elif slot.rest != 0:
                memcpy(&stored, &table.bytes[slot.rest - 1], 4)
                if stored == length and memcmp(
                    &table.bytes[slot.rest + 3], form + 8, length - 8
                ) == 0:
                    return slot
        i = (i + 1) & mask


cdef inline int form_of_slot(Table* table, const Slot* slot, vector[char]* form) except -1 nogil:
    """Write the form of a slot that is in use, without the bytes behind it."""
    cdef uint32_t length = 0
    if slot.rest == 0:
        while length < 8 and (slot.head >> (8 * length)) & 0xFF:
            length += 1
        form.resize(length)
        memcpy(form.data(), &slot.head, length)
        return 0
    memcpy(&length, &table.bytes[slot.rest - 1], 4)
    form.resize(length)
    memcpy(form.data(), &slot.head, 8)
    memcpy(form.data() + 8, &table.bytes[slot.rest + 3], length - 8)
    return 0


cdef inline int resize_table(Table* table, size_t n_slots) except -1 nogil:
    cdef vector[Slot] old = table.slots
    cdef Slot empty
    cdef vector[char] form
    cdef size_t i, length
    empty.head = 0
    empty.rest = 0
    empty.value = 0
    table.slots.assign(n_slots, empty)
    table.shift = 64
    while n_slots > 1:
        table.shift -= 1
        n_slots >>= 1
    for i in range(old.size()):
        if old[i].head == 0:
            continue
        form_of_slot(table, &old[i], &form)
        length = form.size()
        form.resize(length + 8)
        find_slot(table, form.data(), length)[0] = old[i]
    return 0


cdef inline Slot* claim_slot(Table* table, const char* form, size_t length) except NULL nogil:
    """Return the form's slot; a new one has the value 0."""
    cdef Slot* slot
    cdef uint32_t stored = <uint32_t>length
    if 2 * (table.used + 1) > table.slots.size():
        resize_table(table, max(<size_t>64, 2 * table.slots.size()))
    slot = find_slot(table, form, length)
    if slot.head != 0:
        return slot
    table.used += 1
    slot.head = load_head(form, length)
    if length > 8:
        slot.rest = <uint32_t>(table.bytes.size() + 1)
        table.bytes.resize(table.bytes.size() + 4 + length - 8)
        memcpy(&table.bytes[slot.rest - 1], &stored, 4)
        memcpy(&table.bytes[slot.rest + 3], form + 8, length - 8)
    return slot
