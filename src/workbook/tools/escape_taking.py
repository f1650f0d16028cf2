"""Attempts to take more than a sandbox gives, or for longer, as data; see ``workbook.tools.escape_programs``.

Those that take without end stop by themselves at four times the limit, and give back what they took.
"""

from __future__ import annotations

from workbook.tools.escape_programs import Escape

TAKING: tuple[Escape, ...] = (
    Escape(
        "fork bomb",
        """
children = 0
try:
    while children < 4 * bait["processes"]:
        if not os.fork():
            time.sleep(1)
            os._exit(0)
        children += 1
except OSError:
    say("refused after", children)
else:
    escaped(f"{children} processes")
time.sleep(0.3)
""",
    ),
    Escape(
        "memory",
        """
held = []
try:
    while len(held) * 2**22 < 4 * bait["memory"]:
        held.append(b"x" * 2**22)
except MemoryError:
    say("refused after", len(held) * 4, "MiB")
else:
    escaped(f"{len(held) * 4} MiB")
""",
        ending="any",
    ),
    Escape(
        "memory of many",
        """
full, told = os.pipe()
for number in range(8):
    if not os.fork():
        held = [b"x" * 2**20 for _ in range(bait["memory"] // 2**21)]
        os.write(told, b"x")
        time.sleep(0.6)
        os._exit(0)
os.close(told)
count = 0
while os.read(full, 1):
    count += 1
    if count == 8:
        escaped(f"{count} processes of half the limit each")
""",
        ending="any",
    ),
    Escape(
        "memory without a process",
        """
total = 0
try:
    while total < 4 * bait["memory"]:
        file = os.memfd_create("x")
        for _ in range(4):
            total += os.write(file, b"x" * 2**20)
except (OSError, MemoryError):
    say("refused after", total)
else:
    escaped("memory in files without a name")
libc.shmat.restype = ctypes.c_void_p
segments = []
for number in range(16):
    shared = libc.shmget(0, bait["memory"] // 4, 0o1600)
    place = libc.shmat(shared, None, 0) if shared >= 0 else None
    if place in (None, 2**64 - 1):
        say("refused after", number)
        break
    ctypes.memset(place, 1, bait["memory"] // 4)
    libc.shmdt(ctypes.c_void_p(place))
    segments.append(shared)
else:
    escaped("memory in shared segments")
for shared in segments:
    libc.shmctl(shared, 0, None)
""",
        ending="any",
    ),
    Escape(
        "disk",
        """
total, made = 0, []
for place in ("/tmp", "/dev/shm", "/dev", "/var/tmp", "/run", "/dev/mqueue", "/"):
    for number in range(8):
        path = f"{place}/{bait['mark']}-{number}"
        try:
            with open(path, "xb", buffering=0) as file:
                made.append(path)
                while total < 4 * bait["disk"]:
                    total += file.write(b"x" * 2**16)
        except OSError as error:
            say("refused", place, error.errno, total)
if total > bait["disk"] + 2**21:
    escaped(f"{total} bytes on disk")
for path in made:
    os.unlink(path)
""",
    ),
    Escape(
        "endless output",
        """
while True:
    os.write(1, b"x" * 2**16)
    os.write(2, b"y" * 2**16)
""",
        ending="output",
    ),
    Escape(
        "endless loop",
        """
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    pass
""",
        ending="time",
    ),
    Escape(
        "outlive the end",
        """
if not os.fork():
    os.setsid()
    if not os.fork():
        for number in range(3):
            os.close(number)
        time.sleep(20)
    os._exit(0)
os.wait()
""",
    ),
)
