"""What stays in a worker's memory: not what only its start needed.

The doors of glibc and Linux are used where they are there; elsewhere nothing happens.
"""

import ctypes
import gc
import re
from pathlib import Path

_ARENA_MAX, _DONTNEED = -8, 4
"""For mallopt(3), as glibc's malloc.h has it, and for madvise(2), as Linux has it."""

_CODE = re.compile(r"^(\w+)-(\w+) r-xp \S+ \S+ [1-9]\d* +/.*\n(?:(?!Anonymous).*\n)*Anonymous: +0 kB", re.MULTILINE)
"""In smaps of proc(5): the code of a file, as it is in the file."""


def share_heap() -> None:
    """One heap for all threads, who take turns anyway: heaps of their own are 3 MB that lie idle. Call it before there are threads."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_ARENA_MAX, 1)


def settle() -> None:
    """What was loaded stays, and what loading it took goes back to the system."""
    gc.collect()
    gc.freeze()  # a collector that walks all of it again and again costs more than a request
    gc.set_threshold(20_000, 20, 20)  # an exchange leaves no cycles, and makes some hundred objects
    libc, maps = ctypes.CDLL(None), Path("/proc/self/smaps")
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)  # compiling the rules leaves it 9 MB
    if maps.exists():
        _unload(libc, maps.read_text())


def _unload(libc: ctypes.CDLL, maps: str) -> None:
    """Code leaves this process's memory; what runs again comes back from the file's cache. Of 25 MB that starting ran, serving runs a third."""
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for found in _CODE.finditer(maps):
        start, end = int(found[1], 16), int(found[2], 16)
        libc.madvise(start, end - start, _DONTNEED)
