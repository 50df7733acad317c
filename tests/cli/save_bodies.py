"""weir --save DIR --save-bodies: each body, decoded, in a file that its content names; the event says which. Nothing of the
name comes from the wire; no more files and bytes than allowed; what is not whole is not saved, and why is said."""

import gzip
import hashlib
import json
import os
import resource
import stat
import tempfile
from pathlib import Path

from pcapmake import Capture, Connection
from sabotage import failing, without_landlock
from weirtest import WEIR, Findings, events, run, said, skip

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
TEXT = b"the same text, over and over\n" * 100


def message(body, *fields):
    lines = [b"HTTP/1.1 200 OK", *fields, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def exchanges(path, *responses, request=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", **how):
    """One connection with as many exchanges."""
    capture = Capture()
    connection = Connection(capture, **how)
    connection.open()
    for response in responses:
        connection.request(request)
        connection.response(response)
    connection.close()
    capture.write_pcap(path)
    return path


def save(path, into, *options, **how):
    return run(WEIR, "--allow-root", "--json", "-r", path, "--save", into, "--save-bodies", "--events", "http.exchange,capture.end",
               *options, **how)


def bodies(done, side="response"):
    return [e[side]["body"] for e in events(done.stdout) if e["event"] == "http.exchange"]


def name_of(body, ending):
    return "bodies/" + hashlib.sha256(body).hexdigest() + ending


def check_content(findings, folder):
    into = folder / "content"
    upload = b"POST /../../etc/x.png HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 3\r\n\r\na,b"
    path = exchanges(folder / "content.pcap", message(PNG, b"Content-Type: image/png"),
                     message(gzip.compress(TEXT), b"content-type: Text/Plain; charset=utf-8", b"Content-Encoding: gzip"),
                     message(TEXT, b"Content-Type: text/plain", b'Content-Disposition: attachment; filename="../../evil.sh"'),
                     message(PNG, b"Content-Type: ../../../tmp/x"), message(b"{}", b"Content-Type: application/problem+json"),
                     message(b""), request=upload)
    done = save(path, into)
    findings.check(done.returncode == 0 and said(done.stderr) == "", f"status {done.returncode}: {done.stderr}")
    expected = [name_of(PNG, ".png"), name_of(TEXT, ".txt"), name_of(TEXT, ".txt"), name_of(PNG, ".bin"), name_of(b"{}", ".json"), None]
    findings.check([b.get("saved") for b in bodies(done)] == expected, f"names: {[b.get('saved') for b in bodies(done)]}")
    findings.check({b.get("saved") for b in bodies(done, "request")} == {name_of(b"a,b", ".csv")}, "the uploads are not saved once")
    findings.check(not any("data" in b for b in bodies(done)), "the lines hold bodies though --bodies was not asked for")
    files = {f"bodies/{f.name}": f for f in (into / "bodies").iterdir()}
    findings.check(set(files) == {*expected[:5], name_of(b"a,b", ".csv")}, f"files: {sorted(files)}")
    for name, f in files.items():
        findings.check(hashlib.sha256(f.read_bytes()).hexdigest() == f.stem, f"{name} has another content")
        findings.check(stat.S_IMODE(f.stat().st_mode) == 0o600, f"{name}: mode {f.stat().st_mode:o}")
    findings.check(stat.S_IMODE((into / "bodies").stat().st_mode) == 0o700, "the folder is not its owner's alone")
    text = run(WEIR, "--allow-root", "--text", "-r", path, "--save", folder / "text", "--save-bodies")
    findings.check(f"(saved as {expected[0]})" in text.stdout, f"the text view does not say it: {text.stdout[:500]}")


def check_not_whole(findings, folder):
    lost = exchanges(folder / "lost.pcap", message(PNG * 4, b"Content-Type: image/png"), lose={2})
    cut = exchanges(folder / "cut.pcap", message(gzip.compress(TEXT)[:-8] + b"12345678", b"Content-Encoding: gzip"))
    whole = exchanges(folder / "whole.pcap", message(PNG))
    for path, options, why, count in ((lost, (), "incomplete", 0), (cut, (), "incomplete", 0),
                                      (whole, (f"--save-bodies={len(PNG) - 1}",), "too_large", 0),
                                      (whole, (f"--save-bodies={len(PNG)}",), None, 1),
                                      (whole, ("--save-bodies", "1k"), "too_large", 0)):
        into = folder / f"not-{path.stem}-{''.join(options)}"
        done = run(WEIR, "--allow-root", "--json", "-r", path, "--save", into, *(options or ("--save-bodies",)))
        [body] = bodies(done)
        findings.check(done.returncode == 0 and body.get("not_saved") == why and len(list((into / "bodies").iterdir())) == count,
                       f"{path.stem} {options}: {body}, {done.stderr!r}")


def check_limits(findings, folder):
    path = exchanges(folder / "many.pcap", *(message(b"%05d" % i * 100) for i in range(10)), message(b"00000" * 100))
    for options, files, word in ((("--save-files", "4"), 4, "files"), (("--save-bytes", "2600"), 5, "bytes"),
                                 (("--save-files", "0"), 0, "files")):
        into = folder / f"limit-{options[1]}"
        done = save(path, into, *options)
        got = bodies(done)
        findings.check(len(list((into / "bodies").iterdir())) == files, f"{options}: files")
        findings.check([("saved" in b, b.get("not_saved")) for b in got[:-1]] ==
                       [(True, None)] * files + [(False, "limit")] * (10 - files), f"{options}: {got}")
        findings.check(files == 0 or got[-1].get("saved") == got[0]["saved"], "what is there already needs no room")
        findings.check(done.returncode == 0 and f"the limit of {word} in {into}/bodies is reached" in done.stderr
                       and said(done.stderr).count("\n") == 1, f"{options}: status {done.returncode}, {done.stderr!r}")


def check_streams_too(findings, folder):
    into = folder / "both"
    path = exchanges(folder / "both.pcap", message(PNG, b"Content-Type: image/png"))
    done = save(path, into, "--save-streams", "-o", folder / "all.jsonl", "--append")
    findings.check(done.returncode == 0 and (into / name_of(PNG, ".png")).exists() and len(list((into / "streams").iterdir())) == 2,
                   f"both at once: {done.returncode} {done.stderr!r}")
    findings.check('"saved"' in (folder / "all.jsonl").read_text(), "the file of -o does not name the body")


def check_refusals(findings, folder):
    path = exchanges(folder / "plain.pcap", message(PNG))
    (folder / "full/bodies").mkdir(parents=True)
    (folder / "full/bodies/precious").write_text("kept")
    (folder / "linked").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "linked/bodies").symlink_to(folder / "elsewhere")
    for what, into, word in (("a folder in use", folder / "full", "it is not empty"), ("a link", folder / "linked", "Not a directory"),
                             ("no parent", folder / "no/such/folder", "No such file or directory")):
        done = save(path, into)
        findings.check(done.returncode == 1 and word in done.stderr and said(done.stderr).count("\n") == 1 and not done.stdout,
                       f"{what}: status {done.returncode}, {done.stderr!r}")
    findings.check((folder / "full/bodies/precious").read_text() == "kept" and not list((folder / "elsewhere").iterdir()),
                   "something was made all the same")
    for options, word in ((("--save-bodies",), "--save DIR"), (("--save", folder / "x"), "--save-bodies"),
                          (("--save", folder / "x", "--save-bodies=1X"), "a size")):
        done = run(WEIR, "-r", path, *options)
        findings.check(done.returncode == 2 and word in done.stderr and done.stderr.count("\n") == 1, f"{options}: {done.stderr!r}")
    if os.geteuid() == 0:
        done = save(path, folder / "unguarded", preexec_fn=failing(without_landlock()))
        findings.check(done.returncode == 1 and "no Landlock" in done.stderr, f"without Landlock: {done.returncode} {done.stderr!r}")
        findings.check(not (folder / "unguarded").exists(), "without Landlock a folder is made")


def check_full_disk(findings, folder):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    done = save(exchanges(folder / "disk.pcap", message(b"small"), message(PNG), message(b"other")), folder / "disk", "-o", "/dev/stdout",
                preexec_fn=small)
    findings.check(done.returncode == 1 and "cannot save a body" in done.stderr and "is cut short" in done.stderr
                   and said(done.stderr).count("\n") == 1, f"no room: status {done.returncode}, {done.stderr!r}")
    findings.check([b.get("not_saved") for b in bodies(done)] == [None, "failed", "failed"], f"no room: {done.stdout}")


def main():
    findings = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        probe = save(exchanges(folder / "probe.pcap", message(PNG)), folder / "probe")
        if "no Landlock" in probe.stderr:
            skip("this kernel, or this build, has no Landlock")
        for check in (check_content, check_not_whole, check_limits, check_streams_too, check_refusals, check_full_disk):
            check(findings, folder)
    findings.finish("bodies are saved")


main()
