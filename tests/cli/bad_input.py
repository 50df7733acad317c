"""Bad input, bad outputs and bad usage: one clear line on standard error, the documented status, and every whole record
before the trouble."""

import gzip
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from pcapmake import Capture, http_exchange
from weirtest import WEIR, Findings, events, run, said

DONE, FAILED, USAGE = 0, 1, 2


def capture(exchanges=3):
    made = Capture()
    for i in range(exchanges):
        http_exchange(made, b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i,
                      b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", client=("10.0.0.1", 40000 + i))
    return made


class Checker:
    def __init__(self, findings):
        self.findings = findings

    def __call__(self, what, arguments, status, *words, before=None, form=("--json",), **how):
        """Runs weir; `before` is how many exchanges it tells all the same."""
        done = run(WEIR, *form, *arguments, **how)
        find = self.findings.check
        find(done.returncode == status, f"{what}: status {done.returncode}, not {status}: {done.stderr!r}")
        find(said(done.stderr).startswith("weir: ") and said(done.stderr).count("\n") == 1, f"{what}: said {done.stderr!r}")
        for word in words:
            find(word in done.stderr, f"{what}: nothing about {word!r} in {done.stderr!r}")
        lines = events(done.stdout)
        if before is None:
            find(not lines, f"{what}: wrote {lines}")
            return
        told = [line["request"]["target"] for line in lines if line["event"] == "http.exchange"]
        find(told == [f"/{i}" for i in range(before)], f"{what}: told {told}")
        find(bool(lines) and lines[-1]["event"] == "capture.end" and lines[-1]["reason"] in ("truncated", "failed")
             and lines[-1]["error"] in done.stderr, f"{what}: ends with {lines[-1:]}")


def check_inputs(check, folder):
    whole = capture()
    pcap, pcapng = whole.pcap(), whole.pcapng()
    last = struct.unpack("<I", pcapng[-4:])[0]

    def file(name, data):
        (folder / name).write_bytes(data)
        return ["-r", folder / name]

    check("no such file", ["-r", folder / "nosuch"], FAILED, "nosuch", "No such file")
    check("a directory", ["-r", folder], FAILED, "is a directory")
    check("an empty file", file("empty", b""), FAILED, "empty", before=0)
    check("text", file("text", b"hello, this is text\n"), FAILED, "no capture", before=0)
    check("three bytes", file("three", pcap[:3]), FAILED, "at byte 3", before=0)
    check("pcap cut short", file("cut.pcap", pcap[:-5]), FAILED, "ends within a record", before=3)
    check("pcapng cut short", file("cut.pcapng", pcapng[:-5]), FAILED, "ends within a record",
          f"at byte {len(pcapng) - last}", before=3)
    cut = gzip.compress(pcap)[:-9]
    check("gzip cut short", file("cut.gz", cut), FAILED, "gzip", f"at byte {len(cut)})", before=3)
    check("gzip of text", file("text.gz", gzip.compress(b"hello, this is text\n")), FAILED, "no capture",
          "at byte 0 of what was unpacked", before=0)
    check("gzip of a cut capture", file("inner.gz", gzip.compress(pcap[:-5])), FAILED, "ends within a record",
          "of what was unpacked)", before=3)
    check("absurd packet length", file("absurd.pcap", pcap + struct.pack("<IIII", 1, 1, 0xFFFFFFF0, 0xFFFFFFF0)), FAILED,
          "4294967280", f"at byte {len(pcap)}", before=3)
    check("absurd block length", file("absurd.pcapng", pcapng + struct.pack("<II", 6, 0xFFFFFFF0) + b"\0" * 8), FAILED,
          "4294967280", f"at byte {len(pcapng)}", before=3)
    check("tiny block length", file("tiny.pcapng", pcapng + struct.pack("<III", 6, 4, 4)), FAILED, "below 12", before=3)
    check("lengths that differ", file("differ.pcapng", pcapng[:-4] + b"\x01\0\0\0"), FAILED, "differs", before=3)
    check("version 3", file("three.pcap", pcap[:4] + b"\x03\0" + pcap[6:]), FAILED, "version 3", before=0)
    secret = folder / "secret"
    secret.write_bytes(pcap)
    secret.chmod(0)
    if os.geteuid() == 0:
        os.chmod(folder, 0o755)
        check("no permission", ["-r", secret], FAILED, "Permission denied", user="nobody", extra_groups=[])
    else:
        check("no permission", ["-r", secret], FAILED, "Permission denied")


def check_outputs(check, findings, folder):
    path = folder / "many.pcap"
    capture(2000).write_pcap(path)
    check("no such folder", ["-r", path, "-o", folder / "nosuch" / "out"], FAILED, "cannot write", "No such file")
    check("full disk", ["-r", path, "-o", "/dev/full"], FAILED, "/dev/full", "No space left")
    check("the input itself", ["-r", path, "-o", path], FAILED, "it is the input")
    findings.check(path.stat().st_size > 100_000, "the input was emptied by -o")
    kept = folder / "kept"
    kept.write_text("precious")
    private = folder / "private"
    done = run(WEIR, "-r", path, "-o", private, preexec_fn=lambda: os.umask(0))
    findings.check(done.returncode == DONE and private.stat().st_mode & 0o777 == 0o600, f"-o makes {private.stat().st_mode:o}")
    check("no input for an output", ["-r", folder / "nosuch", "-o", kept], FAILED, "nosuch")
    findings.check(kept.read_text() == "precious", "an output was emptied although there is no input")

    # a file that may grow to 64 KiB only: what was written before is whole lines but for the last
    out = folder / "limited"
    done = subprocess.run(["sh", "-c", "ulimit -f 64; trap '' XFSZ; exec \"$@\"", "sh", WEIR, "-r", path, "-o", out],
                          capture_output=True, text=True, check=False)
    findings.check(done.returncode == FAILED and said(done.stderr).count("\n") == 1 and "File too large" in done.stderr,
                   f"limited file: status {done.returncode}: {done.stderr!r}")
    events(out.read_text().rpartition("\n")[0])

    reader = subprocess.Popen([WEIR, "-r", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    reader.stdout.readline()
    reader.stdout.close()
    findings.check(reader.wait(10) == DONE and said(reader.stderr.read()) == "", "a closed stdout does not end it quietly")
    reader.stderr.close()


def check_usage(check, folder):
    path = folder / "few.pcap"
    capture().write_pcap(path)
    check("unknown option", ["--frobnicate"], USAGE, "--frobnicate", "--help")
    check("-i with -r", ["-i", "lo", "-r", path], USAGE, "-r", "-i")
    check("a filter with -r", ["-r", path, "tcp"], USAGE, "filter", f"tcpdump -r {path} -w - tcp | weir -r -\n")
    check("a filter with -r, to be quoted", ["-r", folder / "it's.gz", "tcp port 80"], USAGE,
          f"zcat '{folder}/it'\\''s.gz' | tcpdump -r - -w - 'tcp port 80' | weir -r -\n")
    check("a file in the place of a filter", [path], USAGE, f"weir -r {path}\n")
    check("no such file in the place of a filter", ["nosuch.pcapng"], USAGE, "weir -r nosuch.pcapng\n")
    unnamed = folder / "unnamed"
    unnamed.write_bytes(capture().pcapng())
    check("a capture of any name in the place of a filter", [unnamed], USAGE, f"weir -r {unnamed}\n")
    check("--json and --text", ["--text", "-r", path], USAGE, "exclude")
    check("--hex and nothing to show", ["-r", path], USAGE, "--events tcp.data", form=("--hex",))
    check("unknown event", ["--events", "http.*,nosuch.event", "-r", path], USAGE, "nosuch.event")
    check("bad interval", ["--stats-interval", "-1", "-r", path], USAGE, "--stats-interval")
    check("--follow alone", ["--follow"], USAGE, "--follow")
    for option in ("--bodies", "--snaplen", "--buffer"):
        for size in ("many", "1e3", "-1", "1.5k", "1K", "", "99999999999999999999", "99999999999999999G"):
            if size or option != "--bodies":  # --bodies alone and "--bodies=" are its default
                check(f"{option}={size}", [f"{option}={size}", "-i", "lo"], USAGE, f"{option} takes a size", size)


def check_sizes(findings, folder):
    """Each form of a size gives the bytes that it says, and a blank works as well as a "="."""
    path, made = folder / "large.pcap", Capture()
    http_exchange(made, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000)
    made.write_pcap(path)
    for words, kept in ((["--bodies=100"], 100), (["--bodies", "100"], 100), (["--bodies=1k"], 1000), (["--bodies", "2KiB"], 2048),
                        (["--bodies=1M"], 3000), (["--bodies=2kB"], 2000), (["--bodies"], 3000), (["--bodies=1Gi"], 3000),
                        (["--bodies=7B"], 7)):
        done = run(WEIR, *words, "-r", path)
        bodies = [line["response"]["body"] for line in events(done.stdout) if line["event"] == "http.exchange"]
        findings.check(done.returncode == DONE and [len(b["data"]) for b in bodies] == [kept], f"{words}: {done.stderr} {bodies}"[:200])
    echo = folder / "echo"
    echo.write_text('#!/bin/sh\necho "weir-capture: $*" >&2\nexit 1\n')
    echo.chmod(0o755)
    done = run(WEIR, "--helper", echo, "-i", "lo", "-s", "64k", "-B", "4Mi", "--no-promiscuous", "tcp")
    findings.check("-i lo -s 64000 -B 4096 --no-promiscuous -- tcp" in done.stderr, f"the helper is given {done.stderr}")


def check_quiet(findings, folder):
    """A helper's warning is passed on, but not with -q; its failure always."""
    helper = folder / "warner"
    helper.write_text("#!/bin/sh\necho 'weir-capture: warning: it smells' >&2\necho 'weir-capture: it burns' >&2\nexit 1\n")
    helper.chmod(0o755)
    for options, said_ in (([], "weir: warning: it smells\nweir: it burns\n"), (["-q"], "weir: it burns\n"), (["--quiet"], "weir: it burns\n")):
        done = run(WEIR, "-i", "lo", "--helper", helper, *options)
        findings.check(done.returncode == FAILED and done.stderr == said_, f"{options}: {done.stderr!r}")
    if os.geteuid() != 0:
        return
    (folder / "live.pcapng").write_bytes(capture().pcapng())
    helper.write_text(f"#!/bin/sh\nexec cat {folder}/live.pcapng\n")
    with tempfile.TemporaryFile() as journal:
        stat = os.fstat(journal.fileno())
        known = {**os.environ, "JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"}
        for what, options, environment, count in (("a journal", ["-i", "lo"], known, 1), ("a journal, quiet", ["-q", "-i", "lo"], known, 0),
                                                  ("another's journal", ["-i", "lo"], {**known, "JOURNAL_STREAM": "1:2"}, 0),
                                                  ("a file that is read", ["-r", folder / "live.pcapng"], known, 0)):
            journal.truncate(0)
            helper_words = [] if "-r" in options else ["--helper", helper]
            subprocess.run([WEIR, *helper_words, *options], stdout=subprocess.DEVNULL, stderr=journal, env=environment, check=False)
            journal.seek(0)
            heard = journal.read().decode()
            findings.check(heard.count("started as root, goes on as") == count, f"{what}: said {heard!r}")


def main():
    findings = Findings()
    check = Checker(findings)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_inputs(check, folder)
        check_outputs(check, findings, folder)
        check_usage(check, folder)
        check_sizes(findings, folder)
        check_quiet(findings, folder)
    findings.finish("inputs, outputs and usage")


main()
