# cython: language_level=3
# SPDX-License-Identifier: BSD-3-Clause
"""Text to forms, in one pass over the code points.

A form is a word as written, a run of one mark, an emoticon, or what stands alone: a character, or
several that are one picture. In UTF-8.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy
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
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");
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
    SPACE, IGNORED, APOSTROPHE, LETTER, DIGIT, SINGLE, MARK, EMOTICON

cdef enum Digits:
    KEEP, MASK, DROP

cdef enum:
    NEEDS_REWRITING = 1
    CASED = 0x80   # beside the kind: what str.lower changes
    FORMED = 0x40  # beside the kind: what may have another Unicode form, alone or with others
    AHEAD = 12     # texts whose characters are fetched before they are looked at
    KINDS = 0x3F
    JOINER = 0x200D

# Of a spelling in the table of emoticons, as in quaver/_emoticons.py.
cdef enum Around:
    AT_WORDS = 1, REPEATS = 2, SLASH = 4


# --- kinds ---------------------------------------------------------------------------------------

cdef inline int kind_of_word_character(
    str character, str category, str apostrophes
) except -1:
    cdef int code = ord(character)
    if character in apostrophes:
        return APOSTROPHE
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF or 0x1F3FB <= code <= 0x1F3FF:
        return IGNORED  # variation selectors and skin tones
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


cdef inline int kind_between_spaces(str character, str category) except -1:
    if character == "\0" or category == "Cs" or character.isspace():
        return SPACE  # neither a zero byte nor half a surrogate pair can be part of a form
    if character.isascii() and not character.isalnum() and character.isprintable():
        return MARK
    return DIGIT if category == "Nd" else LETTER


cdef inline const uint8_t* fill_page(int words, unsigned page) except NULL:
    # Here, since outside of functions a .pxd file has no statements.
    from unicodedata import category

    from quaver._unicode import APOSTROPHES, unified

    cdef uint8_t* kinds = quaver_text_new_page()
    cdef unsigned i
    cdef int kind
    cdef str character
    for i in range(256):
        character = chr(256 * page + i)
        if words:
            kind = kind_of_word_character(character, category(character), APOSTROPHES)
        else:
            kind = kind_between_spaces(character, category(character))
        if words and kind not in (SPACE, IGNORED, APOSTROPHE) and (
            category(character)[0] == "M" or 0x1100 <= ord(character) <= 0x11FF
            or 0x16D63 <= ord(character) <= 0x16D6A or unified(character) != character
        ):
            kind |= FORMED
        kinds[i] = kind | (CASED if character.lower() != character else 0)
    quaver_text_publish(words, page, kinds)
    return quaver_text_page(words, page)


cdef inline const uint8_t* fill_page_locked(int words, unsigned page) except NULL with gil:
    return fill_page(words, page)


# --- one pass over a text ------------------------------------------------------------------------

# A tree of spellings: at each node, the next one for each ASCII character, 0 for none.
cdef cppclass Emoticons:
    vector[int16_t] following   # (nodes, 128)
    vector[int16_t] found       # 1 + the number of the emoticon that ends at a node, or 0
    vector[uint8_t] around      # what may stand around it
    vector[char] tokens         # four bytes for each emoticon, zeros behind


cdef struct Rules:
    uint8_t kinds[256]
    uint8_t letters[128]        # ASCII letters as they are written to forms, 0 for the others
    const Emoticons* emoticons  # none between spaces
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
    if kind & KINDS == MARK:
        if not rules.words:
            return LETTER if rules.keep_marks else IGNORED
        if not rules.keep_marks:
            return SPACE | kind & FORMED
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

    All eight are judged at once: a loop over letters ends unforeseen at every word, which costs
    more than the letters. The letter before `to` counts for three in a row; where there are any,
    none is copied.
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


cdef inline bint is_flag(uint32_t code) noexcept nogil:
    """Return whether two such letters are a flag."""
    return 0x1F1E6 <= code <= 0x1F1FF


cdef inline bint in_a_word(const Rules* rules, uint32_t code) except -1 nogil:
    return kind_of(rules, code) & KINDS in (LETTER, DIGIT)


cdef inline size_t match_emoticon(
    const Char* data,
    size_t length,
    size_t begin,
    size_t free_from,
    const Rules* rules,
    const char** token,
) except? 0xFFFFFFFF nogil:
    """Return how many characters the longest emoticon here has, 0 if there is none.

    What is before `free_from` is another emoticon. `token` is set to its token.
    """
    cdef const Emoticons* known = rules.emoticons
    cdef size_t i = begin, end = 0, best = 0
    cdef int node = 0, around
    cdef uint32_t code
    cdef bint touches, follows
    if known.following[<uint32_t>data[begin]] == 0:
        return 0
    touches = begin > free_from and in_a_word(rules, data[begin - 1])
    if begin > free_from and data[begin - 1] == data[begin]:
        return 0  # in a run of marks
    while i < length:
        code = data[i]
        if code >= 128 or code == 96:
            if kind_of(rules, code) & KINDS != APOSTROPHE:
                break
            code = 39
        node = known.following[128 * node + code]
        if node == 0:
            break
        i += 1
        if known.found[node] == 0:
            continue
        around = known.around[node]
        end = i
        if around & REPEATS:
            while end < length and data[end] == data[i - 1]:
                end += 1
        follows = end < length and in_a_word(rules, data[end])
        if around & AT_WORDS:
            if touches and follows:
                continue
        elif touches or follows:
            continue
        if around & SLASH and end < length and (data[end] == 47 or data[end] == 92):
            continue
        best = end - begin
        token[0] = &known.tokens[4 * (known.found[node] - 1)]
    return best


cdef inline int split(
    const Char* data, size_t length, const Rules* rules, Forms* forms, bint rewritten
) except -1 nogil:
    """Write the forms of a text one behind the other.

    Return `NEEDS_REWRITING`, the forms unfinished, at a letter beyond ASCII whose case is to be
    ignored, or at what may have another Unicode form: one may become two, or depend on its
    neighbours, so that is left to Python.
    """
    cdef size_t i = 0, ahead, n_letters
    cdef size_t consumed = 0, emoticon_end = 0
    cdef const char* token = NULL
    cdef bint picture = False  # whether the last form is a picture that what follows may join
    cdef bint joined = False   # ... and a joiner stands behind it
    cdef bint half_flag = False
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
        if kind & (CASED | FORMED):
            if code >= 128 and not rewritten:
                return NEEDS_REWRITING
            if kind & CASED and code < 128:
                code += 32
            kind &= KINDS
        if kind == IGNORED:
            joined |= picture and code == JOINER
            continue
        if picture:
            picture = False
            if kind == SINGLE or code == 0x2194:
                if joined and (code == 0x2640 or code == 0x2642):  # the gender of who gestures
                    picture, joined = True, False
                    continue
                if joined or (half_flag and is_flag(code)):
                    if joined:
                        to = put(to, JOINER)
                    to = put(to, code)
                    forms.ends[forms.ends.size() - 1] = <uint32_t>(to - forms.bytes.data())
                    start = to
                    picture, joined, half_flag = True, False, False
                    continue
            joined = half_flag = False
        if code < 128 and rules.emoticons != NULL and (kind == MARK or kind == SPACE):
            consumed = match_emoticon(data, length, i - 1, emoticon_end, rules, &token)
            if consumed > 0:
                kind = EMOTICON
        if kind == APOSTROPHE:
            kind = SPACE
            if opened == A_WORD and last != 39:
                ahead = i
                while ahead < length and kind_of(rules, data[ahead]) == IGNORED:
                    ahead += 1
                if ahead < length and kind_of(rules, data[ahead]) & KINDS in (LETTER, DIGIT):
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
        if kind == EMOTICON:
            while token[0] != 0:
                to[0] = token[0]
                to += 1
                token += 1
            forms.ends.push_back(<uint32_t>(to - forms.bytes.data()))
            start = to
            i += consumed - 1
            emoticon_end = i
            continue
        to = put(to, code)
        last, before = code, 0
        if kind == SINGLE:
            forms.ends.push_back(<uint32_t>(to - forms.bytes.data()))
            start = to
            picture = rules.words and (code < 0x3400 or 0x1F000 <= code < 0x20000)
            half_flag = is_flag(code)
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


cdef inline int split_one(
    const vector[Text]& texts, size_t i, const Rules* rules, Forms* forms
) except -1 nogil:
    cdef size_t later = i + AHEAD
    if later < texts.size():
        prefetch(texts[later].data)
        prefetch(<const char*>texts[later].data + 64)
    if split_text(&texts[i], rules, forms, False) == NEEDS_REWRITING:
        split_rewritten(&texts[i], rules, forms)
    return 0


# Functions of their own: one that holds the interpreter's lock anywhere takes it at its beginning.
cdef inline int split_rewritten(
    const Text* text, const Rules* rules, Forms* forms
) except -1 with gil:
    from quaver._unicode import unified

    cdef str other = <object>text.owner
    cdef Text view_of_it
    if rules.words:
        other = unified(other)
    if rules.lower:
        other = other.lower()
        if rules.words:
            other = unified(other)  # the case of a letter may have taken its accent apart
    view(other, &view_of_it)
    split_text(&view_of_it, rules, forms, True)
    return 0


cdef inline void view(object text, Text* to) noexcept:
    to.owner = <PyObject*>text
    to.data = PyUnicode_DATA(text)
    to.length = PyUnicode_GET_LENGTH(text)
    to.kind = PyUnicode_KIND(text)


cdef inline int split_text(
    const Text* text, const Rules* rules, Forms* forms, bint rewritten
) except -1 nogil:
    if text.kind == 1:
        return split(<const uint8_t*>text.data, text.length, rules, forms, rewritten)
    if text.kind == 2:
        return split(<const uint16_t*>text.data, text.length, rules, forms, rewritten)
    return split(<const uint32_t*>text.data, text.length, rules, forms, rewritten)
