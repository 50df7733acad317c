"""Who may not capture through the helper asks the service at its usual socket, and hears so: the helper is missing, cannot be
executed, or has no capability. Never where the helper was named, where only it can do what was asked, or where it may work."""

import ctypes
import shutil
import sys
from pathlib import Path

from live import CaptureService, Installed, Server, Weir, curl, need_root, run, told
from weirtest import Findings

HELPER, POLICY = sys.argv[1:3]  # the helper, built with a policy file of our own
CLONE_NEWNS = 0x20000


def own_run_folder():
    """A /run/weir of this process and its children alone."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for command in (["mount", "--make-rprivate", "/"], ["mount", "-t", "tmpfs", "none", "/run"]):
        done = run(*command)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
    folder = Path("/run/weir")
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def asks(findings, what, weir, server, *options, says):
    running = Weir(weir, *options, "-i", "lo", f"tcp port {server.port}")
    running.started()
    curl(f"http://{server.host}/a")
    running.wait_for_count("http.exchange", 1)
    status, words = running.end(), running.said()
    findings.check(status == 0 and told(running.lines) == [("GET", "/a", 200, 8)], f"{what}: status {status}, {told(running.lines)}")
    findings.check(says in words and words.count("\n") == (1 if says else 0), f"{what}: said {words!r}")
    return running.lines[0]


def fails(findings, what, weir, *options, says):
    running = Weir(weir, *options, "-i", "lo")
    status, words = running.end(None), running.said()
    findings.check(status == 3 and says in words and "service" not in words, f"{what}: status {status}, said {words!r}")


def main():
    need_root("curl")
    findings, server = Findings(), Server()
    folder = own_run_folder()
    with Installed() as installed:
        mandatory = f"tcp portrange {server.port}-{server.port}"
        service = CaptureService(HELPER, POLICY, folder, f"user=nobody interface=lo filter={mandatory}")
        able = installed.weir
        alone = installed.folder / "alone"
        alone.mkdir()
        weir = Path(shutil.copy(able, alone))
        helper = alone / "weir-capture"
        try:
            start = asks(findings, "no helper", weir, server, says="there is no weir-capture")
            findings.check(mandatory in start["filter"] and f"tcp port {server.port}" in start["filter"],
                           f"capture.start has the filter {start.get('filter')}")
            shutil.copy(installed.capture, helper)  # a copy has no capability
            helper.chmod(0o755)
            asks(findings, "no capability", weir, server, says="/run/weir/capture.sock is asked instead")
            asks(findings, "no capability, quiet", weir, server, "--quiet", says="")
            fails(findings, "--immediate", weir, "--immediate", says="setcap cap_net_raw")
            fails(findings, "--helper", weir, "--helper", helper, says="setcap cap_net_raw")
            helper.chmod(0o700)
            asks(findings, "not executable", weir, server, says="cannot be executed (Permission denied)")
            service.path.chmod(0o600)
            fails(findings, "no right to the socket", weir, says="group")
            service.path.chmod(0o666)
            start = asks(findings, "an able helper", able, server, says="")
            findings.check(mandatory not in start["filter"], f"an able helper: the service was asked: {start}")
        finally:
            service.stop()
            Path(POLICY).unlink()
    findings.finish("the usual socket")


main()
