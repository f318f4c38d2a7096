"""The first process of a job's namespaces: builds what the job sees, starts it, and reaps.

    unshare --mount --pid --fork ... python namespace.py <plan> <program> [argument ...]

The plan is a file of fields, each ended by a NUL: the folder that becomes the root, then for each
step its kind, its target and its source (:mod:`local_cloud.sagemaker.runner.view` makes them).
When this process ends, the kernel ends all others of the namespace. Standard library only, and
little of it, because it is run as a file, without this package, before each job.
"""

# Importing pathlib takes as long as all the rest does.
# ruff: noqa: PTH101, PTH102, PTH103, PTH109, PTH112, PTH120, PTH123, PTH211

from __future__ import annotations

import ctypes
import os
import signal
import sys

NAME = b"job-init"
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""A shell's exit statuses for a program that is not there or cannot be run."""
_PR_SET_NAME, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 15, 24, 38
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_REMOUNT, _MS_BIND, _MS_REC = 32, 4096, 16384
_MNT_DETACH = 2
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ENOSYS = 38
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_CONTAINERS_KEEP = frozenset((0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31))
"""The capabilities of a Docker container's root, but for CAP_MKNOD, by which it could reach the
machine's disks: a container's devices are limited by other means than here."""
_LAST_CAPABILITY = 40
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
libc = ctypes.CDLL(None, use_errno=True)


def main(plan: str, command: list[str]) -> int:
    """Answers the program's exit status; 128 + n where signal n ended it."""
    libc.prctl(_PR_SET_NAME, NAME, 0, 0, 0)
    folder = os.getcwd()
    with open(plan, encoding="utf-8") as file:
        root, *fields = file.read().split("\0")[:-1]
    mount("tmpfs", root, "tmpfs", _MS_NOSUID)
    for kind, target, source in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        carry_out(kind, root + target, source)
    enter(root)
    program = os.fork()
    if program == 0:
        start(command, folder)
    while True:
        ended, status = os.wait()
        if ended == program:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def carry_out(kind: str, place: str, source: str) -> None:
    """One step of the plan. Raises OSError."""
    if kind == "link":
        os.symlink(source, place)
        return
    if kind == "loopback":
        bring_up_loopback()
        return
    if source and not os.path.lexists(source):
        # What was listed may have gone since, where it is another program's.
        return
    make(place, os.path.isdir(source) or not source)
    if kind in ("read", "bind"):
        mount(source, place, None, _MS_BIND | _MS_REC)
        if kind == "read":
            make_read_only(place)
    elif kind == "hide":
        mount("tmpfs", place, "tmpfs", _MS_NOSUID | _MS_NODEV)
    elif kind == "processes":
        try:
            mount("proc", place, "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        except PermissionError:
            # In a container that hides parts of /proc. With a user namespace of its own a job may
            # look into no process outside of it; without one (docs/local-cloud.md) it may.
            mount("/proc", place, None, _MS_BIND | _MS_REC)
    elif kind == "devices":
        make_devices(place)
    elif kind != "folder":
        raise ValueError(kind)


def make(place: str, folder: bool) -> None:
    """The mount point: a folder or an empty file."""
    if folder:
        os.makedirs(place, exist_ok=True)
    elif not os.path.lexists(place):
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.close(os.open(place, os.O_CREAT | os.O_WRONLY, 0o644))


def make_devices(place: str) -> None:
    """What every program may expect in /dev, and a /dev/shm that no other process shares."""
    mount("tmpfs", place, "tmpfs", _MS_NOSUID, "mode=755")
    for name in _DEVICES:
        make(f"{place}/{name}", False)
        mount(f"/dev/{name}", f"{place}/{name}", None, _MS_BIND)
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, f"{place}/{name}")
    os.mkdir(f"{place}/shm")
    os.chmod(f"{place}/shm", 0o1777)  # noqa: S103 - as on every machine
    os.mkdir(f"{place}/pts")
    mount("devpts", f"{place}/pts", "devpts", _MS_NOSUID | _MS_NOEXEC, "newinstance,ptmxmode=0666")


def bring_up_loopback() -> None:
    import fcntl
    import socket
    import struct

    with socket.socket() as any_socket:
        request = struct.pack("16sH", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, request)


def make_read_only(place: str) -> None:
    """The mount and, since Linux 5.12, all that is mounted below it."""
    attributes = (ctypes.c_uint64 * 4)(_MS_RDONLY, 0, 0, 0)
    done = libc.syscall(
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        os.fsencode(place),
        _AT_RECURSIVE,
        attributes,
        ctypes.sizeof(attributes),
    )
    if done and ctypes.get_errno() == _ENOSYS:
        mount(None, place, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY)
    elif done:
        raise failure("mount_setattr", place)


def enter(root: str) -> None:
    """Make the folder the root, and what was the root unreachable."""
    os.chdir(root)
    number = _SYS_PIVOT_ROOT.get(os.uname().machine)
    if number is None or libc.syscall(number, b".", b"."):
        raise failure("pivot_root", root)
    if libc.umount2(b".", _MNT_DETACH):
        raise failure("umount", root)
    os.chdir("/")


def start(command: list[str], folder: str) -> None:
    """Become the program, with the privileges of a container's root at most."""
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _CONTAINERS_KEEP:
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        os.chdir(folder)
        os.execvp(command[0], command)  # noqa: S606 - the program of the job
    except OSError as error:
        print(f"cannot start {command[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(_NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE)


def mount(
    source: str | None, place: str, kind: str | None, flags: int, options: str | None = None
) -> None:
    """mount(2). Raises OSError."""
    words = [None if word is None else os.fsencode(word) for word in (source, place, kind)]
    data = None if options is None else options.encode()
    if libc.mount(*words, ctypes.c_ulong(flags), data):
        raise failure("mount", place)


def failure(what: str, place: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what} {place}: {os.strerror(number)}")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
