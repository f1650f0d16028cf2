"""Attempts to reach out of a sandbox, as data: small programs, and how each must end.

A program reads ``bait`` (where the canaries are), calls ``attempt(what, action)`` for each way out, and
``escaped(what)`` for what no sandbox lets happen; ``done`` is said at its end. What succeeds is undone or harms
nothing: a sandbox that leaks must not take the machine down, even under root. So none ends, unmounts or overwrites
anything but a canary. Leaves out attempts to take too much (``workbook.tools.escape_taking``), and who decides
(``workbook.tools.escapes``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ending = Literal["done", "seen", "time", "output", "any"]
"""What must have happened: the program came to its end; the same, and it was looked at from outside on its way; a limit
cut it; or it may also have been killed (memory)."""

PRELUDE = """
import ctypes, glob, json, os, signal, socket, subprocess, time
bait = json.load(open("bait.json"))
libc = ctypes.CDLL(None, use_errno=True)
def say(*words):
    print(*words, flush=True)
def attempt(what, action):
    try:
        say("tried", what, repr(action())[:400])
    except Exception as error:
        say("refused", what, type(error).__name__)
def escaped(what):
    say("escaped", what)
def read(path):
    with open(path, "rb") as file:
        return file.read(4000)
def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), name)
    escaped(name)
say("started")
"""


@dataclass(frozen=True)
class Escape:
    """One attempt: its name, its program (after ``PRELUDE``), and how a run of it must end to count at all."""

    name: str
    program: str
    ending: Ending = "done"


REACHING: tuple[Escape, ...] = (
    Escape(
        "read secrets",
        """
attempt("secret", lambda: read(bait["secret"]))
attempt("relative", lambda: read("../" * 12 + bait["secret"].lstrip("/")))
attempt("folder", lambda: os.listdir(bait["folder"]))
for path in ("/etc/shadow", "/etc/gshadow", "/etc/ssh/ssh_host_ed25519_key", "/run/secrets"):
    attempt(path, lambda: open(path).close() or escaped(path))
""",
    ),
    Escape(
        "home folder",
        """
attempt("secret", lambda: read(bait["home_secret"]))
attempt("list", lambda: os.listdir(os.path.dirname(bait["home_secret"])))
attempt("~", lambda: [read(path) for path in glob.glob(os.path.expanduser("~/.workbook-*/*"))])
""",
    ),
    Escape(
        "environment",
        """
attempt("own", lambda: [value for value in os.environ.values() if "canary" in value])
for path in glob.glob("/proc/[0-9]*/environ"):
    attempt(path, lambda: [part for part in read(path).split(b"\\0") if b"canary" in part])
""",
    ),
    Escape(
        "network",
        """
def connect(family, address):
    with socket.socket(family) as line:
        line.settimeout(1)
        line.connect(address)
# The second is what some engines call the machine's own loopback.
for host in ("127.0.0.1", "10.0.2.2"):
    attempt(host, lambda: connect(socket.AF_INET, (host, bait["port"])))
attempt("abstract", lambda: connect(socket.AF_UNIX, "\\0" + bait["abstract"]))
attempt("path", lambda: connect(socket.AF_UNIX, bait["socket"]))
attempt("machine", lambda: socket.socket(socket.AF_VSOCK).close() or escaped("sockets that no namespace confines"))
for path in ("/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket"):
    attempt(path, lambda: connect(socket.AF_UNIX, path) or escaped(path))
""",
    ),
    Escape(
        "name lookup",
        """
os.environ["RES_OPTIONS"] = "timeout:1 attempts:1"
query = bytes.fromhex("abcd01000001000000000000076578616d706c6503636f6d0000010001")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    attempt("listener", lambda: line.sendto(query, ("127.0.0.1", bait["datagrams"])))
    attempt("outside", lambda: line.sendto(query, ("192.0.2.1", 53)) and escaped("a datagram found a route out"))
attempt("lookup", lambda: socket.getaddrinfo("example.com", 80) and escaped("a name was looked up"))
""",
    ),
    Escape(
        "write outside",
        """
def write(path):
    with open(path, "w") as file:
        file.write("canary")
for place in bait["places"]:
    attempt(place, lambda: write(os.path.join(place, bait["mark"])))
attempt("append", lambda: open(bait["secret"], "a").write("changed"))
attempt("own files", lambda: write("bait.json") or escaped("a read-only file was written"))
attempt("kernel", lambda: os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY) and escaped("the kernel's settings"))
""",
    ),
    Escape(
        "links and /proc",
        """
os.symlink(bait["secret"], "link")
attempt("link", lambda: read("link"))
attempt("hard link", lambda: os.link(bait["secret"], "hard") or read("hard"))
for process in glob.glob("/proc/[0-9]*") + ["/proc/self", "/proc/thread-self"]:
    attempt(process + "/root", lambda: read(process + "/root" + bait["secret"]))
    attempt(process + "/cwd", lambda: read(process + "/cwd/" + os.path.basename(bait["secret"])))
    for opened in glob.glob(process + "/fd/*"):
        attempt(opened, lambda: read(opened + "/" + "../" * 12 + bait["secret"]))
""",
    ),
    Escape(
        "see processes",
        """
attempt("victim", lambda: read(f"/proc/{bait['victim']}/cmdline"))
for path in glob.glob("/proc/[0-9]*/cmdline"):
    attempt(path, lambda: [part for part in read(path).split(b"\\0") if b"canary" in part])
""",
    ),
    Escape(
        "signals",
        """
attempt("victim", lambda: os.kill(bait["victim"], signal.SIGKILL))
if os.getppid() == bait["parent"] > 1:
    escaped("the process that started the sandbox is the parent, within reach")
""",
    ),
    Escape(
        "ptrace",
        """
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
attempt("seize", lambda: call("ptrace", 0x4206, bait["victim"], None, None))
attempt("memory", lambda: open(f"/proc/{bait['victim']}/mem", "rb").close() or escaped("the victim's memory"))
""",
    ),
    Escape(
        "mounts and namespaces",
        """
def alone(name, *arguments):
    child = os.fork()
    if not child:
        attempt(name, lambda: call(name, *arguments))
        os._exit(0)
    os.waitpid(child, 0)
for kind in (0x10000000, 0x10020000, 0x00020000, 0x40000000):
    alone("unshare", kind)
os.mkdir("point")
alone("mount", b"none", b"point", b"tmpfs", 0, None)
# What succeeded must not stay: without a sandbox, this is the machine's own tree.
libc.umount2(b"point", 2)
""",
    ),
    Escape(
        "setuid",
        """
attempt("setuid", lambda: os.setuid(0) or escaped("setuid(0)"))
attempt("setgid", lambda: os.setgid(0) or escaped("setgid(0)"))
attempt("groups", lambda: os.setgroups([0]) or escaped("setgroups"))
def ask(*command):
    shown = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=3)
    return shown.stdout.strip() == "0" and escaped(command[0])
attempt("su", lambda: ask("su", "-c", "id -u"))
attempt("sudo", lambda: ask("sudo", "-n", "id", "-u"))
# Time to be looked at from outside, for the rights that it has.
time.sleep(0.3)
""",
        ending="seen",
    ),
    Escape(
        "devices",
        """
names = "kmsg mem kmem port sda vda xvda nvme0n1 loop0 loop-control fuse kvm net/tun nvidia0 dri/card0 input/event0"
for name in names.split():
    attempt(name, lambda: os.close(os.open("/dev/" + name, os.O_RDONLY | os.O_NONBLOCK)) or escaped("/dev/" + name))
for kind in (0o060000, 0o020000):
    attempt("mknod", lambda: os.mknod("device", kind | 0o600, bait["device"]) or escaped("a device was made"))
""",
    ),
)
