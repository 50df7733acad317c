"""A system that does not do what a program asks of it: system calls that fail, or answer success and do nothing, by a
seccomp filter made with the libseccomp that the programs link.

Must never be loaded into the test itself: use `failing` as preexec_fn.
"""

import ctypes
import errno
import os

ALLOW, ERRNO, EQUAL, NO_NEW_PRIVS_ATTRIBUTE = 0x7FFF0000, 0x00050000, 4, 3
PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 8, 22, 24, 38


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def failing(*calls, user=0, groups=()):
    """What makes each (name, errno, {argument: value}) fail in the program that is started, as that user. An errno of 0 is
    a lie: the call does nothing and succeeds."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p

    def prepare():
        context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(ALLOW)))
        done = library.seccomp_attr_set(context, NO_NEW_PRIVS_ATTRIBUTE, ctypes.c_uint32(0))  # capabilities come with exec
        for name, number, when in calls:
            conditions = (Comparison * len(when))(*(Comparison(i, EQUAL, value, 0) for i, value in when.items()))
            call = library.seccomp_syscall_resolve_name(name.encode())
            done = done or library.seccomp_rule_add_array(context, ctypes.c_uint32(ERRNO | number), call, len(when), conditions)
        os.setgroups(groups)
        if done or library.seccomp_load(context):
            os._exit(112)
        if user:
            os.setgid(user)
            os.setuid(user)
    return prepare


def without_landlock():
    return ("landlock_create_ruleset", errno.ENOSYS, {})
