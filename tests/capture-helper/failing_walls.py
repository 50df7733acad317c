"""A step of giving up privilege that fails, or lies, ends the helper with one line and no stream. Only what a kernel may
lack is told instead: Landlock, and emptying the bounding set."""

import errno
import re
import shutil
import subprocess

from capturetest import Capture, blocks, capable, folder, options, own_words
from sabotage import (PR_CAPBSET_DROP, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, failing,
                      without_landlock)
from weirtest import Findings, run

NOBODY = 65534
SOL_SOCKET, SO_LOCK_FILTER = 1, 44
LIE = 0

# who starts it, what fails, the status, a word of the line
FATAL = (
    (0, [("setgroups", errno.EPERM, {})], 3, "supplementary groups"),
    (0, [("setresgid", errno.EPERM, {})], 3, "group"),
    (0, [("setresuid", errno.EAGAIN, {})], 3, "user id"),
    (0, [("setresuid", LIE, {})], 3, "did not settle"),
    (0, [("prctl", errno.EPERM, {0: PR_SET_KEEPCAPS})], 3, "keep capabilities"),
    (0, [("setuid", LIE, {})], 3, "uid 0 could be had back"),
    (NOBODY, [("capget", errno.EPERM, {})], 3, "read the capabilities"),
    (NOBODY, [("capset", errno.EPERM, {})], 3, "reduce the capabilities"),
    (NOBODY, [("capset", LIE, {})], 3, "a capability is left"),
    (NOBODY, [("prctl", errno.EINVAL, {0: PR_SET_NO_NEW_PRIVS})], 3, "NO_NEW_PRIVS"),
    (NOBODY, [("prctl", LIE, {0: PR_SET_NO_NEW_PRIVS})], 3, "NO_NEW_PRIVS did not hold"),
    (NOBODY, [("prctl", errno.EINVAL, {0: PR_SET_DUMPABLE})], 3, "become not dumpable"),
    (NOBODY, [("setsockopt", errno.EPERM, {1: SOL_SOCKET, 2: SO_LOCK_FILTER})], 1, "lock the filter"),
    (NOBODY, [("landlock_restrict_self", errno.EPERM, {})], 3, "Landlock"),
    (NOBODY, [("landlock_create_ruleset", errno.ENOMSG, {2: 0})], 3, "Landlock"),
    (NOBODY, [("seccomp", errno.EINVAL, {}), ("prctl", errno.EINVAL, {0: PR_SET_SECCOMP})], 3, "seccomp"),
    (NOBODY, [("landlock_restrict_self", LIE, {})], 3, "Landlock changes nothing"),
    (NOBODY, [("seccomp", LIE, {})], 3, "seccomp"),
    (NOBODY, [("close_range", errno.ENOSYS, {})], 1, "inherited descriptors"),
    (NOBODY, [("chdir", errno.EACCES, {})], 1, "clear what the caller left"),
)


def main():
    findings = Findings()
    where = folder()
    helper = capable(where)
    plain = where / "plain"
    shutil.copyfile(helper, plain)
    plain.chmod(0o755)

    for user, calls, status, words in FATAL:
        try:
            told = run(helper if user else plain, "-i", "lo", preexec_fn=failing(*calls, user=user), timeout=3, cwd="/")
        except subprocess.TimeoutExpired:
            findings.add(f"{calls}: it goes on")
            continue
        error = own_words(told.stderr)
        findings.check(told.returncode == status and not told.stdout and error.count("\n") == 1
                       and error.startswith("weir-capture: ") and words in error, f"{calls}: {told}")

    for calls, word in (([without_landlock()], "landlock=none"),
                        ([("landlock_create_ruleset", errno.EOPNOTSUPP, {})], "landlock=none"),
                        ([("unshare", errno.EPERM, {})], "bounding=inert"),
                        ([("unshare", errno.EPERM, {}), ("prctl", errno.EPERM, {0: PR_CAPBSET_DROP})], "bounding=inert")):
        capture = Capture(helper, "-i", "lo", preexec_fn=failing(*calls, user=NOBODY), user=None, group=None,
                          extra_groups=None).started()
        said = options(blocks(capture.data)[0][1], 16)[1].decode().split()
        findings.check(word in said and said[-1] == "seccomp", f"{calls}: {said}")
        told = run(helper, "--verify", preexec_fn=failing(*calls, user=NOBODY), timeout=10)
        findings.check(told.returncode == 0, f"{calls}: --verify: {told}")
        status, _, error = capture.end()
        findings.check(status == 0 and not error, f"{calls}: {status} {error!r}")
    # an old kernel has none of these; where there is Landlock it is named by its number
    capture = Capture(helper, "-i", "lo").started()
    said = options(blocks(capture.data)[0][1], 16)[1].decode()
    findings.check(re.search(r" landlock=(\d+|none) seccomp$", said), said)
    capture.end()
    print(f"{len(FATAL)} steps that fail or lie end it; without Landlock, or a bounding set that goes, it says so")
    findings.finish("failing walls")


main()
