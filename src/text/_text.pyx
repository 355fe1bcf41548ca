# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False
# cython: freethreading_compatible=True
# SPDX-License-Identifier: BSD-3-Clause
"""Text to forms and ids, on the buffers of the strings; private, use quaver.text.

One pass over the code points finds the forms (forms.pxd), one look-up in a table turns each into
its ids (table.pxd): 4 ns a character in all. Strings are collected with the interpreter locked, the
work on them is done without it.
"""

import numpy as np

from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memcmp, memcpy
from libcpp.vector cimport vector

from forms cimport (
    CASED, DROP, KEEP, KINDS, LETTER, MASK, Emoticons, Forms, Rules, Text, as_kind, fill_page,
    quaver_text_page, split_one, view,
)
from table cimport (
    Slot, Table, claim_slot, find_slot, form_of_slot, prefetch_slot, resize_table,
)

cdef enum:
    UNKNOWN_ID = 1


cdef Emoticons emoticons


cdef int fill_emoticons() except -1:
    from quaver._emoticons import EMOTICONS, spellings

    cdef int node, k
    emoticons.following.assign(128, 0)
    emoticons.found.assign(1, 0)
    emoticons.around.assign(1, 0)
    for spelling, token, around in spellings():
        node = 0
        for k in spelling.encode("ascii"):
            if emoticons.following[128 * node + k] == 0:
                emoticons.following[128 * node + k] = <int16_t>emoticons.found.size()
                emoticons.following.resize(emoticons.following.size() + 128, 0)
                emoticons.found.push_back(0)
                emoticons.around.push_back(0)
            node = emoticons.following[128 * node + k]
        emoticons.found[node] = <int16_t>(1 + EMOTICONS.index(token))
        emoticons.around[node] = around
    for token in EMOTICONS:
        for k in token.encode("ascii").ljust(4, b"\0"):
            emoticons.tokens.push_back(k)
    return 0


fill_emoticons()


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
            if not isinstance(form, str) or not isinstance(ids, tuple):
                raise TypeError(f"entries must be str and tuples of ids, got {form!r}: {ids!r}")
            for i in ids:
                if i < 0:
                    raise ValueError(f"ids must not be negative, got {i} for {form!r}")
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
        out = np.zeros((len(held), length), np.int32)
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
        if self._append_parts(form, end, ids):
            return
        if ending > form and ending < end:
            suffix = find_slot(&self.suffixes, ending, end - ending)
            if suffix.head != 0:
                slot = find_slot(&self.table, form, ending - form)
                self._append(slot.value if slot.head != 0 else UNKNOWN_ID, ids)
                self._append(suffix.value, ids)
                return
        ids.push_back(UNKNOWN_ID)


    cdef bint _append_parts(
        self, const char* form, const char* end, vector[int32_t]* ids
    ) noexcept nogil:
        """Append the parts of a picture that has no id: of joined ones, of a flag's letters."""
        cdef const char* part = form
        cdef const char* i = form
        cdef Slot* slot
        cdef size_t joiner
        if not self.rules.words or form[0] & 0x80 == 0 or end - form < 6:
            return False
        # F0 9F 87 begins each of a flag's two letters, E2 80 8D is the joiner.
        if end - form == 8 and memcmp(form, b"\xf0\x9f\x87", 3) == 0:
            slot = find_slot(&self.table, form, 4)
            ids.push_back(slot.value if slot.head != 0 else UNKNOWN_ID)
            slot = find_slot(&self.table, form + 4, 4)
            ids.push_back(slot.value if slot.head != 0 else UNKNOWN_ID)
            return True
        while i < end:
            joiner = 3 if end - i > 3 and memcmp(i, b"\xe2\x80\x8d", 3) == 0 else 0
            if joiner or i + 1 == end:
                if not joiner and part == form:
                    return False
                slot = find_slot(&self.table, part, (i if joiner else end) - part)
                self._append(slot.value if slot.head != 0 else UNKNOWN_ID, ids)
                part = i + 3
            i += 3 if joiner else 1
        return True


def splitter(*, bint lower, bint words, bint keep_marks, str digits, bint squeeze):
    """Return a splitter by these rules."""
    cdef Splitter made = Splitter()
    cdef int code
    cdef dict ways = {"keep": KEEP, "mask": MASK, "drop": DROP}
    if digits not in ways:
        raise ValueError(f"digits must be keep, mask or drop, got {digits!r}")
    cdef const uint8_t* page = quaver_text_page(words, 0)
    if page == NULL:
        page = fill_page(words, 0)
    made.rules.lower = lower
    made.rules.words = words
    made.rules.keep_marks = keep_marks
    made.rules.squeeze = squeeze
    made.rules.emoticons = &emoticons if words else NULL
    made.rules.digits = ways[digits]
    for code in range(256):
        made.rules.kinds[code] = as_kind(&made.rules, page[code])
    for code in range(128):
        made.rules.letters[code] = 0
        if made.rules.kinds[code] & KINDS == LETTER:
            made.rules.letters[code] = code + 32 if made.rules.kinds[code] & CASED else code
    return made


def encoder(Splitter like not None, dict table not None, dict suffixes not None):
    """Return an encoder by the rules of a splitter, with the ids of forms and of their endings."""
    cdef Encoder made = Encoder()
    made.rules = like.rules
    made._fill(&made.table, table)
    made._fill(&made.suffixes, suffixes)
    return made
