"""weir --save DIR --save-streams: each direction of each connection in a file of its own, holes told beside it and never
filled, no more files and bytes than allowed, nothing made outside of the folder, nothing there overwritten or followed."""

import json
import os
import resource
import stat
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from sabotage import failing, without_landlock
from weirtest import WEIR, Findings, run, said, skip

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n" + bytes(range(250)) * 24


def exchanges(path, count=1, **how):
    """As many connections, one after the other open at the same time."""
    capture = Capture()
    all_ = [Connection(capture, client=("10.0.0.1", 40000 + i), **how) for i in range(count)]
    for connection in all_:
        connection.open()
        connection.request(REQUEST)
    for connection in all_:
        connection.response(RESPONSE)
        connection.close()
    capture.write_pcap(path)
    return path


def save(path, into, *options, **how):
    return run(WEIR, "--allow-root", "-r", path, "--save", into, "--save-streams", "--events", "capture.end", *options, **how)


def notes(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def check_whole(findings, folder):
    into = folder / "whole"
    done = save(exchanges(folder / "whole.pcap", 2), into)
    findings.check(done.returncode == 0 and said(done.stderr) == "", f"status {done.returncode}: {done.stderr}")
    files = {path.name: path for path in (into / "streams").iterdir()}
    names = {f"{n}-{way}" for n, port in ((1, 40000), (2, 40001))
             for way in (f"10.0.0.1.{port}-10.0.0.2.80", f"10.0.0.2.80-10.0.0.1.{port}")}
    findings.check(set(files) == names, f"files: {sorted(files)}")
    for name, path in files.items():
        findings.check(path.read_bytes() == (REQUEST if "-10.0.0.1" in name[:12] else RESPONSE), f"{name} has other bytes")
        findings.check(stat.S_IMODE(path.stat().st_mode) == 0o600, f"{name}: mode {path.stat().st_mode:o}")
    findings.check(stat.S_IMODE((into / "streams").stat().st_mode) == 0o700, "the folder is not its owner's alone")
    findings.check(done.stdout.count("\n") == 1, f"tcp.data and tcp.close were written though not selected: {done.stdout:.200}")


def check_holes(findings, folder):
    path = exchanges(folder / "holes.pcap", lose={2})
    done = save(path, folder / "holes")
    data = folder / "holes/streams/1-10.0.0.2.80-10.0.0.1.40000"
    findings.check(data.read_bytes() == RESPONSE[:1460] + RESPONSE[2920:], "a hole is filled, or more than a hole is missing")
    told = notes(data.with_name(data.name + ".holes"))
    findings.check(told == [{"at": 1460, "offset": 1460, "missing": 1460, "cause": "upstream"}], f"the hole is told as {told}")
    findings.check(done.returncode == 0, f"a hole is no failure: {done.returncode}")


def check_limits(findings, folder):
    path = exchanges(folder / "many.pcap", 10)
    for what, options, files, size, word in (("files", ("--save-files", "5"), 5, None, "files"),
                                             ("bytes", ("--save-bytes", "10000"), None, 10_000, "bytes"),
                                             ("no file", ("--save-files", "0"), 0, 0, "files")):
        into = folder / f"limit-{what}"
        done = save(path, into, *options)
        made = list((into / "streams").iterdir())
        total = sum(f.stat().st_size for f in made)
        findings.check(files is None or len(made) <= files, f"{what}: {len(made)} files")
        findings.check(size is None or total <= size, f"{what}: {total} bytes")
        findings.check(done.returncode == 0 and f"the limit of {word} in {into}/streams is reached" in done.stderr
                       and said(done.stderr).count("\n") == 1, f"{what}: status {done.returncode}, {done.stderr!r}")
    cut = [f for f in (folder / "limit-bytes/streams").glob("*.holes") if notes(f)[-1].get("ends") == "bytes"]
    findings.check(cut, "no file says that it ends before its stream")
    for f in cut:
        findings.check(notes(f)[-1]["at"] == f.with_suffix("").stat().st_size, f"{f.name} says {notes(f)}")


def check_descriptors(findings, folder):
    """More streams at once than descriptors: files are ended and go on in others, and together they are whole."""
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (72, 72))  # four streams
    into = folder / "few"
    done = save(exchanges(folder / "few.pcap", 10), into, preexec_fn=few)
    findings.check(done.returncode == 0, f"few descriptors: {done.returncode} {done.stderr}")
    streams = into / "streams"
    for i in range(10):
        name = f"{i + 1}-10.0.0.2.80-10.0.0.1.{40000 + i}"
        parts = sorted(p for p in streams.glob(name + "*") if p.suffix != ".holes")
        findings.check(b"".join(p.read_bytes() for p in parts) == RESPONSE, f"few descriptors: {name} in {len(parts)} parts")
    ended = [f for f in streams.glob("*.holes") if any(n.get("ends") == "descriptors" for n in notes(f))]
    findings.check(ended, "few descriptors: none was ended, so nothing is shown")
    both = Capture()
    slow = [Connection(both, client=("10.0.0.1", 41000 + i)) for i in range(6)]
    for connection in slow:
        connection.open()
    for _ in range(2):
        for connection in slow:
            connection.request(REQUEST)
    both.write_pcap(folder / "turns.pcap")
    save(folder / "turns.pcap", folder / "turns", preexec_fn=few)
    first = folder / "turns/streams/1-10.0.0.1.41000-10.0.0.2.80"
    again = first.with_name(first.name + ".2")
    findings.check(again.exists() and first.read_bytes() + again.read_bytes() == REQUEST * 2, "a stream does not go on in a second file")
    if again.exists():
        told = notes(again.with_name(again.name + ".holes"))
        findings.check(told[:1] == [{"at": 0, "offset": len(REQUEST), "continues": first.name}], f"the second file says {told}")


def check_refusals(findings, folder):
    path = exchanges(folder / "plain.pcap")
    (folder / "full/streams").mkdir(parents=True)
    (folder / "full/streams/precious").write_text("kept")
    (folder / "linked").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "linked/streams").symlink_to(folder / "elsewhere")
    (folder / "file").write_text("kept")
    for what, into, word in (("a folder in use", folder / "full", "it is not empty"),
                             ("a link", folder / "linked", "Not a directory"),
                             ("a file", folder / "file", "Not a directory"),
                             ("no parent", folder / "no/such/folder", "No such file or directory")):
        done = save(path, into, "-o", folder / "events")
        findings.check(done.returncode == 1 and word in done.stderr and said(done.stderr).count("\n") == 1,
                       f"{what}: status {done.returncode}, {done.stderr!r}")
    findings.check((folder / "full/streams/precious").read_text() == "kept" and not list((folder / "elsewhere").iterdir()),
                   "something was made all the same")
    for options, word in ((("--save-streams",), "--save DIR"), (("--save", folder / "x"), "--save-streams"),
                          (("--save", folder / "x", "--save-streams", "--save-files", "many"), "a number"),
                          (("--save", folder / "x", "--save-streams", "--save-bytes", "1X"), "a size")):
        done = run(WEIR, "-r", path, *options)
        findings.check(done.returncode == 2 and word in done.stderr and done.stderr.count("\n") == 1, f"{options}: {done.stderr!r}")
    if os.geteuid() == 0:
        done = save(path, folder / "unguarded", preexec_fn=failing(without_landlock()))
        findings.check(done.returncode == 1 and "no Landlock" in done.stderr, f"without Landlock: {done.returncode} {done.stderr!r}")
        findings.check(not (folder / "unguarded").exists(), "without Landlock a folder is made")


def check_full_disk(findings, folder):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    done = save(exchanges(folder / "disk.pcap"), folder / "disk", preexec_fn=small)
    findings.check(done.returncode == 1 and "cannot save" in done.stderr and said(done.stderr).count("\n") == 1,
                   f"no room: status {done.returncode}, {done.stderr!r}")


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        probe = save(exchanges(folder / "probe.pcap"), folder / "probe")
        if "no Landlock" in probe.stderr:
            skip("this kernel, or this build, has no Landlock")
        for check in (check_whole, check_holes, check_limits, check_descriptors, check_refusals, check_full_disk):
            check(findings, folder)
    findings.finish("streams are saved")


main()
