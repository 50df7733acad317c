"""Every row of Zeek's conn.log in the corpus, letter for letter: Weir's `history` and `state` are Zeek's, but for the rows
that docs/conformance.md explains. The corpus is no part of the repository; where it is not there, this is skipped."""

import json
from collections import defaultdict

from weirtest import SOURCE, WEIR, Findings, events, run, skip

CORPUS = SOURCE.parent / "shared" / "corpus"
# Capture and port of the originator.
EXPLAINED = {
    ("zeek/auth_change_session_keys.pcap", 49159), ("zeek/http/connect-with-smtp.pcap", 3378),
    ("zeek/tcp/retransmit-fast009.pcap", 50368), ("zeek/wikipedia.pcap", 80),
    ("zeek/tunnels/Teredo.pcap", 1576), ("zeek/tunnels/Teredo.pcap", 1577),
}
# Not read: tests/corpus-left-out.txt says why.
NOT_READ = {line.split()[0] for line in (SOURCE / "tests" / "corpus-left-out.txt").read_text().splitlines()
            if line and not line.startswith("#") and {"tcp", "zeek"} & set(line.split()[1].split(","))}
NOT_READ.discard("zeek/tunnels/Teredo.pcap")    # much of it is outside the tunnel


def logs():
    """Of each capture the rows of one conn.log; where a test changed the columns or saw bad checksums, none."""
    by_capture = {}
    for path in sorted((CORPUS / "truth" / "zeek").glob("*.json")):
        log = json.loads(path.read_text())
        if log["log"] == "conn":
            by_capture.setdefault(log["capture"], [r for r in log["records"] if r.get("proto") == "tcp"])
    for capture, rows in by_capture.items():
        whole = all({"id.orig_p", "history", "conn_state"} <= r.keys() for r in rows)
        if rows and whole and not any("c" in r["history"].lower() for r in rows):
            yield capture, rows


def main():
    if not CORPUS.exists():
        skip("no corpus beside this checkout (../shared/corpus): nothing was compared")
    findings = Findings()
    compared = explained = 0
    for capture, rows in logs():
        if capture in NOT_READ:
            continue
        told = defaultdict(set)
        for close in events(run(WEIR, "-r", CORPUS / capture, "--json", "--events", "tcp.close").stdout):
            ends = frozenset((close[side]["ip"], close[side]["port"]) for side in ("client", "server"))
            told[ends].add((close["history"], close["state"]))
        for row in rows:
            ends = frozenset(((row["id.orig_h"], row["id.orig_p"]), (row["id.resp_h"], row["id.resp_p"])))
            if "tunnel_parents" in row:
                continue
            compared += 1
            same = (row["history"], row["conn_state"]) in told[ends]
            if (capture, row["id.orig_p"]) in EXPLAINED:
                explained += not same
            else:
                findings.check(same, f"{capture}: {row['id.orig_p']} is {row['history']} {row['conn_state']} to Zeek, "
                                     f"{sorted(told[ends])} to Weir")
    findings.check(compared > 0, "no row was compared")
    findings.finish(f"{compared} rows of Zeek, {explained} of them otherwise as docs/conformance.md explains")


main()
