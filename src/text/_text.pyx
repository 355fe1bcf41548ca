# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False
# cython: freethreading_compatible=True
# SPDX-License-Identifier: BSD-3-Clause
"""Text to forms and ids, on the buffers of the strings; private, use quaver.text.

A form is a word as written, a run of one mark, or a character that stands alone, in UTF-8. One
pass over the code points finds the forms; one look-up in a table of open addressing turns each
into its ids. The first eight bytes of a form lie in the slot itself, so that most words are
decided by one comparison: 4 ns a character, look-ups included. Strings are collected with the
interpreter locked, the work on them is done without it.
"""

import unicodedata

import numpy as np

from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy
from libcpp.vector cimport vector

cdef extern from "Python.h":
    int PyUnicode_KIND(object text) noexcept
    const void* PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept

# Kinds of code points, filled a page of 256 at a time, once for the life of the process. Two
# threads may fill the same page; both write the same bytes, and the pointer is published last.
cdef extern from *:
    """
    #include <atomic>
    static std::atomic<const unsigned char*> quaver_text_pages[2][0x1100];
    static const unsigned char* quaver_text_page(int words, unsigned page) {
      return quaver_text_pages[words][page].load(std::memory_order_acquire);
    }
    static void quaver_text_publish(int words, unsigned page, const unsigned char* kinds) {
      const unsigned char* none = nullptr;
      if (!quaver_text_pages[words][page].compare_exchange_strong(none, kinds)) delete[] kinds;
    }
    static inline int quaver_text_ctz(unsigned long long bits) { return __builtin_ctzll(bits); }
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte of a word is its lowest");
    static unsigned char* quaver_text_new_page() { return new unsigned char[256]; }
    """
    const uint8_t* quaver_text_page(int words, unsigned page) noexcept nogil
    void quaver_text_publish(int words, unsigned page, const uint8_t* kinds) noexcept
    uint8_t* quaver_text_new_page() except +
    int ctz "quaver_text_ctz"(uint64_t bits) noexcept nogil
    void prefetch "__builtin_prefetch"(const void* address) noexcept nogil

ctypedef fused Char:
    uint8_t
    uint16_t
    uint32_t

cdef enum Kind:
    SPACE, IGNORED, APOSTROPHE, LETTER, DIGIT, SINGLE, MARK

cdef enum Digits:
    KEEP, MASK, DROP

cdef enum:
    UNKNOWN_ID = 1
    NEEDS_LOWER = 1
    CASED = 0x80   # beside the kind: what str.lower changes
    AHEAD = 12     # texts whose characters are fetched before they are looked at


# --- kinds ---------------------------------------------------------------------------------------

def _kind_of_word_character(str character):
    code = ord(character)
    if character in "'\u2019\u02bc\uff07":
        return APOSTROPHE
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x1F3FB <= code <= 0x1F3FF:
        return IGNORED  # variation selectors and skin tones
    category = unicodedata.category(character)
    if category in ("Cf", "Me"):
        return IGNORED
    if category == "Nd":
        return DIGIT
    if category == "So" or category == "Lo" and (
        0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
    ):
        return SINGLE
    if category[0] in "LMN":
        return LETTER
    return MARK if category[0] in "PS" else SPACE


def _kind_between_spaces(str character):
    category = unicodedata.category(character)
    if character == "\0" or category == "Cs" or character.isspace():
        return SPACE  # neither a zero byte nor half a surrogate pair can be part of a form
    if character.isascii() and not character.isalnum() and character.isprintable():
        return MARK
    return DIGIT if category == "Nd" else LETTER


cdef const uint8_t* _fill_page(int words, unsigned page) except NULL:
    cdef uint8_t* kinds = quaver_text_new_page()
    cdef unsigned i
    kind_of = _kind_of_word_character if words else _kind_between_spaces
    for i in range(256):
        character = chr(256 * page + i)
        kinds[i] = kind_of(character) | (CASED if character.lower() != character else 0)
    quaver_text_publish(words, page, kinds)
    return quaver_text_page(words, page)


cdef const uint8_t* fill_page_locked(int words, unsigned page) except NULL with gil:
    return _fill_page(words, page)


# --- table of forms ------------------------------------------------------------------------------

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


cdef int form_of_slot(Table* table, const Slot* slot, vector[char]* form) except -1 nogil:
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


cdef int resize_table(Table* table, size_t n_slots) except -1 nogil:
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


cdef Slot* claim_slot(Table* table, const char* form, size_t length) except NULL nogil:
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


# --- one pass over a text ------------------------------------------------------------------------

cdef struct Rules:
    uint8_t kinds[256]
    uint8_t letters[128]        # ASCII letters as they are written to forms, 0 for the others
    int words
    bint lower
    bint keep_marks
    bint squeeze
    Digits digits


cdef cppclass Forms:
    vector[char] bytes          # with at least eight bytes behind the last form
    vector[uint32_t] ends


cdef struct Text:
    PyObject* owner             # borrowed
    const void* data
    size_t length
    int kind


cdef inline int as_kind(const Rules* rules, uint8_t kind) noexcept nogil:
    """Return the kind under the rules: between spaces, marks are letters or ignored."""
    if kind & ~CASED == MARK:
        if not rules.words:
            return LETTER if rules.keep_marks else IGNORED
        if not rules.keep_marks:
            return SPACE
    return kind if rules.lower else kind & ~CASED


cdef inline int kind_of(const Rules* rules, uint32_t code) except -1 nogil:
    cdef const uint8_t* page
    if code < 256:
        return rules.kinds[code]
    page = quaver_text_page(rules.words, code >> 8)
    if page == NULL:
        page = fill_page_locked(rules.words, code >> 8)
    return as_kind(rules, page[code & 255])


cdef inline char* put(char* to, uint32_t code) noexcept nogil:
    if code < 0x80:
        to[0] = <char>code
        return to + 1
    if code < 0x800:
        to[0] = <char>(0xC0 | code >> 6)
        to[1] = <char>(0x80 | code & 63)
        return to + 2
    if code < 0x10000:
        to[0] = <char>(0xE0 | code >> 12)
        to[1] = <char>(0x80 | code >> 6 & 63)
        to[2] = <char>(0x80 | code & 63)
        return to + 3
    to[0] = <char>(0xF0 | code >> 18)
    to[1] = <char>(0x80 | code >> 12 & 63)
    to[2] = <char>(0x80 | code >> 6 & 63)
    to[3] = <char>(0x80 | code & 63)
    return to + 4


cdef enum Open:
    NOTHING, A_WORD, A_MARK


cdef inline size_t copy_letters(
    const char* data, size_t length, const Rules* rules, char* to
) noexcept nogil:
    """Copy the ASCII letters ahead, eight at most, and return how many.

    All eight are judged at once: a loop over letters ends unforeseen at every word, which costs more
    than the letters. The letter before `to` counts for three in a row; where there are any, none is
    copied.
    """
    cdef uint64_t here = 0, small, outside, same
    cdef size_t count
    cdef uint64_t high = <uint64_t>0x8080808080808080
    cdef uint64_t low = <uint64_t>0x0101010101010101
    memcpy(&here, data, 8 if length >= 8 else length)
    small = here | low * 0x20
    # The high bit of each byte: set if it is below "a" or above "z", both without a carry.
    outside = ~((small & ~high) + low * 0x1F) | ((small & ~high) + low * 0x05) | here
    outside &= high
    count = ctz(outside) >> 3 if outside else 8
    if count == 0:
        return 0
    if rules.lower:
        here = small
    memcpy(to, &here, 8)
    if rules.squeeze and count > 1:
        # Byte k is zero if the letters k - 1, k and k + 1 are the same.
        same = (here ^ here << 8 ^ <uint8_t>(to - 1)[0]) | (here ^ here >> 8)
        same = (same - low) & ~same & high
        if same and ctz(same) >> 3 < count - 1:
            return 0
    return count


cdef int split(const Char* data, size_t length, const Rules* rules, Forms* forms) except -1 nogil:
    """Write the forms of a text one behind the other.

    Return `NEEDS_LOWER`, the forms unfinished, at a letter beyond ASCII whose case is to be ignored:
    one may become two, or depend on its neighbours, so that is left to str.lower.
    """
    cdef size_t i = 0, ahead, n_letters
    cdef uint32_t code, last = 0, before = 0  # the last two characters of the open form
    cdef int kind
    cdef Open opened = NOTHING
    cdef bint all_digits = True
    cdef int n_marks = 0
    cdef char* start
    cdef char* to
    if forms.bytes.size() < 4 * length + 16:
        forms.bytes.resize(4 * length + 16)
    forms.ends.clear()
    start = to = forms.bytes.data()
    while i <= length:
        if i == length:
            code, kind = 0, SPACE  # closes what is open
        else:
            code = data[i]
            if Char is uint8_t:
                kind = rules.kinds[code]
            else:
                kind = kind_of(rules, code)
        i += 1
        if kind & CASED:
            if code >= 128:
                return NEEDS_LOWER
            code, kind = code + 32, kind & ~CASED
        if kind == IGNORED:
            continue
        if kind == APOSTROPHE:
            kind = SPACE
            if opened == A_WORD and last != 39:
                ahead = i
                while ahead < length and kind_of(rules, data[ahead]) == IGNORED:
                    ahead += 1
                if ahead < length and kind_of(rules, data[ahead]) & ~CASED in (LETTER, DIGIT):
                    code, kind = 39, LETTER
        if kind == LETTER or kind == DIGIT:
            if opened == A_WORD:
                if code == last and code == before and kind == LETTER and rules.squeeze:
                    continue
                before = last
                last = code
                all_digits &= kind == DIGIT
                to = put(to, code)
                continue
        elif kind == MARK and opened == A_MARK and code == last:
            if n_marks < 3:
                n_marks += 1
                to = put(to, code)
            continue
        # Another form begins, or none: close the open one.
        if opened == A_WORD and all_digits and rules.digits != KEEP:
            to = start
            if rules.digits == MASK:
                to = put(start, 48)
        if to != start:
            forms.ends.push_back(<uint32_t>(to - forms.bytes.data()))
            start = to
        opened = NOTHING
        if kind == SPACE:
            continue
        to = put(to, code)
        last, before = code, 0
        if kind == SINGLE:
            forms.ends.push_back(<uint32_t>(to - forms.bytes.data()))
            start = to
        elif kind == MARK:
            opened, n_marks = A_MARK, 1
        else:
            opened, all_digits = A_WORD, kind == DIGIT
            if Char is uint8_t:
                n_letters = copy_letters(<const char*>data + i, length - i, rules, to)
                if n_letters > 0:
                    all_digits = False
                    i += n_letters
                    to += n_letters
                    before = last if n_letters == 1 else rules.letters[data[i - 2]]
                    last = rules.letters[data[i - 1]]
            while i < length and data[i] < 128:
                code = rules.letters[data[i]]
                if code == 0:
                    break
                i += 1
                all_digits = False
                if code == last and code == before and rules.squeeze:
                    continue
                to[0] = <char>code
                to += 1
                before = last
                last = code
    return 0


cdef int split_one(const vector[Text]& texts, size_t i, const Rules* rules, Forms* forms) \
        except -1 nogil:
    cdef size_t later = i + AHEAD
    if later < texts.size():
        prefetch(texts[later].data)
        prefetch(<const char*>texts[later].data + 64)
    if split_as_it_is(&texts[i], rules, forms) == NEEDS_LOWER:
        split_in_lower_case(&texts[i], rules, forms)
    return 0


# Functions of their own: one that holds the interpreter's lock anywhere takes it at its beginning.
cdef int split_in_lower_case(
    const Text* text, const Rules* rules, Forms* forms
) except -1 with gil:
    cdef str small = (<object>text.owner).lower()
    cdef Text lowered
    view(small, &lowered)
    split_as_it_is(&lowered, rules, forms)
    return 0


cdef void view(object text, Text* to) noexcept:
    to.owner = <PyObject*>text
    to.data = PyUnicode_DATA(text)
    to.length = PyUnicode_GET_LENGTH(text)
    to.kind = PyUnicode_KIND(text)


cdef int split_as_it_is(const Text* text, const Rules* rules, Forms* forms) except -1 nogil:
    if text.kind == 1:
        return split(<const uint8_t*>text.data, text.length, rules, forms)
    if text.kind == 2:
        return split(<const uint16_t*>text.data, text.length, rules, forms)
    return split(<const uint32_t*>text.data, text.length, rules, forms)


# --- what Python sees ----------------------------------------------------------------------------

cdef class Splitter:
    """Finds the forms of texts; immutable."""

    cdef Rules rules

    def forms(self, str text not None):
        """Return the forms of one text, in order."""
        cdef vector[Text] views
        cdef Forms forms
        cdef size_t i, start = 0
        held = self._collect([text], views)
        split_one(views, 0, &self.rules, &forms)
        found = []
        for i in range(forms.ends.size()):
            found.append(forms.bytes.data()[start : forms.ends[i]].decode("utf-8"))
            start = forms.ends[i]
        return found

    def count(self, list texts not None):
        """Return how often each form occurs in the texts."""
        cdef vector[Text] views
        cdef Table table
        cdef Forms forms
        cdef Slot* slot
        cdef size_t i, j, start
        cdef vector[char] name
        table.used = 0
        held = self._collect(texts, views)
        with nogil:
            resize_table(&table, 1024)
            for i in range(views.size()):
                split_one(views, i, &self.rules, &forms)
                start = 0
                for j in range(forms.ends.size()):
                    slot = claim_slot(&table, forms.bytes.data() + start, forms.ends[j] - start)
                    slot.value += 1
                    start = forms.ends[j]
        counts = {}
        for i in range(table.slots.size()):
            if table.slots[i].head != 0:
                form_of_slot(&table, &table.slots[i], &name)
                counts[name.data()[: name.size()].decode("utf-8")] = table.slots[i].value
        return counts

    cdef list _collect(self, list texts, vector[Text]& views):
        """Point at the characters of the texts; the list returned keeps them alive."""
        cdef Text one
        cdef Py_ssize_t i
        cdef list held = texts.copy()
        views.reserve(len(held))
        for i in range(len(held)):
            text = held[i]
            if not isinstance(text, str):
                hint = ": decode it first" if isinstance(text, (bytes, bytearray)) else ""
                raise TypeError(f"texts[{i}] must be str, got {type(text).__name__}{hint}")
            view(text, &one)
            views.push_back(one)
        return held


cdef class Encoder(Splitter):
    """Turns texts into ids by a table from forms to ids; immutable."""

    cdef Table table
    cdef Table suffixes
    cdef vector[int32_t] runs  # of the forms with other than one id: how many, then the ids

    def __cinit__(self):
        resize_table(&self.table, 64)  # a look-up ends at a free slot: there is always one
        resize_table(&self.suffixes, 64)

    cdef int _fill(self, Table* table, dict entries) except -1:
        cdef bytes name
        cdef Slot* slot
        cdef size_t n_slots = 64
        while n_slots < <size_t>(2 * len(entries) + 2):
            n_slots *= 2
        table.used = 0
        resize_table(table, n_slots)
        for form, ids in entries.items():
            name = form.encode("utf-8")
            slot = claim_slot(table, name + bytes(8), len(name))
            if len(ids) == 1:
                slot.value = ids[0]
            else:
                slot.value = -1 - <int32_t>self.runs.size()
                self.runs.push_back(len(ids))
                for i in ids:
                    self.runs.push_back(i)
        return 0

    def encode(self, list texts not None, Py_ssize_t length, bint pad_front, bint cut_front):
        """Return ids, int32 (n_texts, length); of the longest text if the length is negative."""
        cdef vector[Text] views
        cdef vector[int32_t] ids
        cdef vector[size_t] ends
        cdef Forms forms
        cdef size_t i, first, count, width
        cdef int32_t[:, ::1] matrix
        held = self._collect(texts, views)
        with nogil:
            ends.reserve(views.size())
            ids.reserve(16 * views.size())
            for i in range(views.size()):
                split_one(views, i, &self.rules, &forms)
                self._look_up(&forms, &ids)
                ends.push_back(ids.size())
        if length < 0:
            length = 0
            first = 0
            for i in range(ends.size()):
                length = max(length, <Py_ssize_t>(ends[i] - first))
                first = ends[i]
        out = np.zeros((len(texts), length), np.int32)
        if out.size == 0:
            return out
        matrix = out
        width = length
        with nogil:
            first = 0
            for i in range(ends.size()):
                count = ends[i] - first
                if count > width:
                    if cut_front:
                        first += count - width
                    count = width
                if count > 0:
                    memcpy(&matrix[i, width - count if pad_front else 0], &ids[first], 4 * count)
                first = ends[i]
        return out

    cdef void _look_up(self, const Forms* forms, vector[int32_t]* ids) noexcept nogil:
        cdef const char* form = forms.bytes.data()
        cdef const char* end
        cdef Slot* slot
        cdef size_t i
        for i in range(forms.ends.size()):
            end = forms.bytes.data() + forms.ends[i]
            prefetch_slot(&self.table, form, end - form)
            form = end
        form = forms.bytes.data()
        for i in range(forms.ends.size()):
            end = forms.bytes.data() + forms.ends[i]
            slot = find_slot(&self.table, form, end - form)
            if slot.head != 0:
                self._append(slot.value, ids)
            else:
                self._append_unknown(form, end, ids)
            form = end

    cdef inline void _append(self, int32_t value, vector[int32_t]* ids) noexcept nogil:
        cdef int32_t i, run
        if value >= 0:
            ids.push_back(value)
            return
        run = -1 - value
        for i in range(run + 1, run + 1 + self.runs[run]):
            ids.push_back(self.runs[i])

    cdef void _append_unknown(
        self, const char* form, const char* end, vector[int32_t]* ids
    ) noexcept nogil:
        """Append what a contraction stands for, "dog'll" or "dare n't", or the unknown id."""
        cdef const char* ending = end - 1
        cdef Slot* suffix
        cdef Slot* slot
        # The longest suffix has three bytes: only a form that ends in one goes further.
        cdef const char* lowest = end - 3 if end - form > 3 else form
        while ending > lowest and ending[0] != 39:
            ending -= 1
        if ending[0] == 39 and ending > form and end - ending == 2 and ending[1] == 116:
            ending -= 1  # n't
        if ending > form and ending < end:
            suffix = find_slot(&self.suffixes, ending, end - ending)
            if suffix.head != 0:
                slot = find_slot(&self.table, form, ending - form)
                self._append(slot.value if slot.head != 0 else UNKNOWN_ID, ids)
                self._append(suffix.value, ids)
                return
        ids.push_back(UNKNOWN_ID)


def splitter(*, bint lower, bint words, bint keep_marks, str digits, bint squeeze):
    """Return a splitter by these rules."""
    cdef Splitter made = Splitter()
    cdef int code
    cdef const uint8_t* page = quaver_text_page(words, 0)
    if page == NULL:
        page = _fill_page(words, 0)
    made.rules.lower = lower
    made.rules.words = words
    made.rules.keep_marks = keep_marks
    made.rules.squeeze = squeeze
    made.rules.digits = {"keep": KEEP, "mask": MASK, "drop": DROP}[digits]
    for code in range(256):
        made.rules.kinds[code] = as_kind(&made.rules, page[code])
    for code in range(128):
        made.rules.letters[code] = 0
        if made.rules.kinds[code] & ~CASED == LETTER:
            made.rules.letters[code] = code + 32 if made.rules.kinds[code] & CASED else code
    return made


def encoder(Splitter like not None, dict table not None, dict suffixes not None):
    """Return an encoder by the rules of a splitter, with the ids of forms and of their endings."""
    cdef Encoder made = Encoder()
    made.rules = like.rules
    made._fill(&made.table, table)
    made._fill(&made.suffixes, suffixes)
    return made
