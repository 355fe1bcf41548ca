#!/usr/bin/env python3
"""No function that the linker may share holds instructions of a wider target.

A weak function (inline, or a template's instance) stands in many object files, and the linker keeps
any of them: were it one compiled inside a target region (cpp/simd/foreach_target.hpp), a processor
without that target would meet AVX instructions in baseline code. What a region defines bears the
target in its name; every other function that is visible beyond its object file must be free of
them.

    python tools/check_symbols.py build/release/cpp/libquaver_core.a

Names the offenders and exits with 1 if there are any. Needs nm and objdump (binutils); says so and
exits with 0 where the library is not of x86-64, which alone has such targets.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

# quaver::avx2:: and quaver::avx512:: as Itanium names hold them; an instance of a baseline template
# over a target's type holds them too, and is another function in each target.
OF_A_TARGET = re.compile(r"6quaver(?:4avx2|6avx512)")
# All VEX and EVEX mnemonics begin with v (verr and verw alone are older) but those on masks.
WIDE = re.compile(r"v(?!er[rw]\b)|k(?:mov|and|or|xn?or|not|shift|test|add|unpck)|\S.*%[yz]mm")
FUNCTION = re.compile(r"[0-9a-f]+ <(.+)>:$")


def lines_of(*command: str) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip("\n")
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed")


def shared_functions(library: str) -> set[str]:
    """Functions and data that are weak, unique or global, and not of a target."""
    shared = set()
    for line in lines_of("nm", "--defined-only", library):
        match line.split():
            case [_, kind, name] if kind.isupper() or kind in "uvw":
                if not OF_A_TARGET.search(name):
                    shared.add(name)
    return shared


def wide_functions(library: str) -> dict[str, str]:
    """Each function that holds a wide instruction, and the first of them."""
    wide: dict[str, str] = {}
    function = ""
    for line in lines_of("objdump", "--disassemble", "--no-show-raw-insn", library):
        header = FUNCTION.match(line)
        if header is not None:
            function = header[1]
        elif function not in wide:
            _, separator, instruction = line.partition(":\t")
            if separator and WIDE.match(instruction):
                wide[function] = instruction.strip()
    return wide


def main(library: str) -> int:
    formats = {
        line.rsplit(" ", 1)[1]
        for line in lines_of("objdump", "--file-headers", library)
        if "file format" in line
    }
    if formats != {"elf64-x86-64"}:
        print(f"{library}: skipped, it is of {', '.join(sorted(formats))} and not of elf64-x86-64")
        return 0
    shared, wide = shared_functions(library), wide_functions(library)
    # Else the disassembly was not understood, and nothing would be found in it.
    if not any(OF_A_TARGET.search(name) for name in wide):
        print(f"{library}: holds no wide instruction at all, which is not quaver's core")
        return 1
    offenders = sorted(shared & wide.keys())
    for name in offenders:
        print(f"{name}: {wide[name]}")
    print(f"{library}: {len(shared)} shared symbols, {len(offenders)} with wider instructions")
    return 1 if offenders else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1]))
