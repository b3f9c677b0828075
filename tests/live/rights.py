# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who a program runs as, and what it may do: for preexec_fn of subprocess. Without setpriv(1), unshare(1) and the like,
which the lab's guests have no full ones of.
"""

import contextlib
import ctypes
import os
import platform
import shutil
import struct

from harness import program, scratch

libc = ctypes.CDLL(None, use_errno=True)

CAPABILITIES = {"dac_override": 1, "dac_read_search": 2, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8,
                "net_raw": 13, "sys_chroot": 18, "sys_ptrace": 19, "sys_admin": 21, "sys_nice": 23, "sys_resource": 24,
                "perfmon": 38, "bpf": 39}
DOCKER = ("dac_override", "kill", "setgid", "setuid", "setpcap", "net_raw", "sys_chroot")
NOBODY_ID = 65534

PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 8, 22, 23, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 47, 2, 4
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18
SECCOMP_MODE_FILTER, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO = 2, 0x7FFF0000, 0x00050000
CALLS = {"x86_64": {"move_pages": 279, "bpf": 321}, "aarch64": {"move_pages": 239, "bpf": 280}}[platform.machine()]
EPERM = 1


def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(*arguments):
    return check(libc.prctl(*(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:5])))


def mask(names):
    return sum(1 << CAPABILITIES[name] for name in names)


def capset(names):
    """Permitted, effective and inheritable: these."""
    low, high = mask(names) & 0xFFFFFFFF, mask(names) >> 32
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, (ctypes.c_uint32 * 6)(low, low, low, high, high, high)))


def limit_to(names):
    """The bounding set."""
    for number in range(64):
        try:
            prctl(PR_CAPBSET_READ, number)
        except OSError:
            return
        if not mask(names) >> number & 1:
            prctl(PR_CAPBSET_DROP, number)


def has(names):
    """Whether this process has them to give."""
    with open("/proc/self/status", encoding="ascii") as file:
        permitted, = [int(line.split()[1], 16) for line in file if line.startswith("CapPrm:")]
    return mask(names) & ~permitted == 0


def become(user=NOBODY_ID, names=(), bounds=None):
    """
    That user with these capabilities and no others, which programs that are executed keep: root's since there are no
    more to be had.
    """
    limit_to(bounds if bounds is not None else tuple(CAPABILITIES) if user else names)
    os.setgroups([])
    prctl(PR_SET_KEEPCAPS, 1)
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    capset(names)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for name in names if user else ():
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAPABILITIES[name])
    prctl(PR_SET_DUMPABLE, 1)  # as after exec, for /proc/self to belong to the user


def no_new_privileges():
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def unshare(flags):
    check(libc.unshare(flags))


def own_mounts():
    unshare(CLONE_NEWNS)
    check(libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))


def mount(kind, place, options=""):
    check(libc.mount(kind.encode(), place.encode(), kind.encode(), ctypes.c_ulong(0), options.encode()))


def deny(*names):
    """A container's filter: these calls fail with EPERM."""
    def statement(code, k, true=0, false=0):
        return struct.pack("=HBBI", code, true, false, k)

    load, jump_if_equal, leave = 0x20, 0x15, 0x06
    statements = [statement(load, 0)]
    for name in names:
        statements += [statement(jump_if_equal, CALLS[name], 0, 1), statement(leave, SECCOMP_RET_ERRNO | EPERM)]
    statements.append(statement(leave, SECCOMP_RET_ALLOW))
    code = ctypes.create_string_buffer(b"".join(statements))
    filter_program = ctypes.create_string_buffer(struct.pack("=HxxxxxxQ", len(statements), ctypes.addressof(code)))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter_program))


def steps(*functions):
    """One preexec_fn of several."""
    def run_all():
        for function in functions:
            function()

    return run_all


@contextlib.contextmanager
def placed(file_capabilities=("bpf", "perfmon")):
    """numaprobe and its walker where every user can run them: the first's path."""
    with scratch() as directory:
        for name in ("numaprobe", "numaprobe-walk"):
            path = shutil.copy(os.path.join(program("build"), name), directory)
            os.chmod(path, 0o755)
        if file_capabilities:
            value = mask(file_capabilities)
            os.setxattr(path, "security.capability",  # struct vfs_cap_data, version 2, effective
                        struct.pack("<IIIII", 0x02000001, value & 0xFFFFFFFF, 0, value >> 32, 0))
        yield directory / "numaprobe"
