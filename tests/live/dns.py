"""A real name server (BIND) on loopback, asked by dig and by sockets, over UDP and TCP: each record is written as dig
prints it, each failure as what it is, and connections to an address that was answered have its name."""

import json
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from live import SLOW, Installed, Schema, Server, Weir, curl, free_port, need_root
from weirtest import Findings

ZONE = r"""$TTL 300
@ SOA ns.example.test. admin.example.test. 1 2 3 4 5
@ NS ns
ns A 127.0.0.1
a A 127.0.0.1
alias CNAME a
aaaa AAAA 2001:db8::1
mx MX 10 mail
txt TXT "one \"two\" \\ three" "\000\255" ""
srv SRV 1 2 80 a
naptr NAPTR 10 20 "S" "SIP+D2U" "!^.*$!sip:a@b!" .
caa CAA 128 issue "ca.example; policy=ev"
ds DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
dnskey DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kv
rrsig RRSIG A 8 2 300 20300101000000 20200101000000 1234 example.test. AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3
nsec NSEC b.example.test. A MX RRSIG NSEC TYPE1234
nsec3param NSEC3PARAM 1 0 10 AABBCCDD
tlsa TLSA 3 1 1 0B9FA5A59EED715C26C1020C711B4F6EC42D58B0015E14337A39DAD301C5AFC3
smimea SMIMEA 3 1 1 0B9FA5A59EED715C26C1020C711B4F6EC42D58B0015E14337A39DAD301C5AFC3
sshfp SSHFP 4 2 0B9FA5A59EED715C26C1020C711B4F6EC42D58B0015E14337A39DAD301C5AFC3
svcb SVCB 1 a alpn="h2,h3" port=443 ipv4hint=1.2.3.4,5.6.7.8 ipv6hint=2001:db8::1 key65333="x\"y"
https HTTPS 0 a
https2 HTTPS 1 . mandatory=alpn alpn=h2 no-default-alpn ech=AAEC
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
loc2 LOC 42 21 54.5 S 71 6 18 W 24m 30m
hinfo HINFO "PC-Intel-700mhz" "Redhat Linux 7.1"
rp RP admin txt
dname DNAME other.test.
apl APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32
cert CERT PKIX 1234 RSASHA256 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3
openpgpkey OPENPGPKEY AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq
uri URI 10 1 "ftp://ftp.example.test/public?a=\"b\""
cds CDS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
cdnskey CDNSKEY 257 3 8 AwEAAaz/tAm8
csync CSYNC 66 3 A NS AAAA
zonemd ZONEMD 1 1 240 E2D523F654B9422A96C5A8F44607BBEEE2D523F654B9422A96C5A8F44607BBEE
eui48 EUI48 00-00-5e-00-53-2a
eui64 EUI64 00-00-5e-ef-10-00-00-2a
spf SPF "v=spf1 -all"
afsdb AFSDB 1 a
x25 X25 "311061700956"
isdn ISDN "150862028003217" "004"
rt RT 10 a
nsap NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000162.00
px PX 10 a b
kx KX 10 a
dhcid DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=
hip HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs
nid NID 10 0014:4fff:ff20:ee64
l32 L32 10 10.1.2.0
l64 L64 10 2001:0DB8:1140:1000
lp LP 10 a
talink TALINK a b
avc AVC "app-name:WOLFGANG"
gpos GPOS -32.6882 116.8652 10.0
minfo MINFO a b
wks WKS 127.0.0.1 6 25 80
ipseckey IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
ipseckey2 IPSECKEY 10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==
key KEY 512 3 8 AwEAAaz/tAm8
sink SINK 1 2 3 AwEAAaz/tAm8
amtrelay AMTRELAY 10 1 1 203.0.113.15
amtrelay2 AMTRELAY 10 0 0 .
doa DOA 0 1 2 "" aHR0cHM=
ninfo NINFO "a" "b"
rkey RKEY 0 3 8 AwEAAaz/tAm8
ta TA 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
unknown TYPE65280 \# 4 0a000001
odd\.name\@\032\$ TXT "odd"
"""
CONFIGURATION = """options {{
  directory "{folder}"; pid-file none; session-keyfile none; lock-file none; recursion no; notify no;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; allow-transfer {{ any; }}; dnssec-validation no;
  minimal-responses yes; check-names primary ignore;
}};
controls {{ }};
zone "example.test" {{ type primary; file "example.zone"; check-names ignore; }};
zone "broken.test" {{ type primary; file "missing.zone"; }};
"""


class NameServer:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="weir-named-"))
        self.port = free_port()
        (self.folder / "example.zone").write_text(ZONE)
        (self.folder / "named.conf").write_text(CONFIGURATION.format(folder=self.folder, port=self.port))
        self.process = subprocess.Popen(["named", "-g", "-n", "1", "-c", str(self.folder / "named.conf")],
                                        stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "w"))
        end = time.monotonic() + 20 * SLOW
        while "running" not in (self.folder / "log").read_text():
            if time.monotonic() > end or self.process.poll() is not None:
                raise RuntimeError("named does not start:\n" + (self.folder / "log").read_text()[-3000:])
            time.sleep(0.05)

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def dig(self, *arguments, port=None):
        done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port or self.port), "+time=1", "+tries=2", *arguments],
                              capture_output=True, text=True, timeout=30, check=False)
        return [line for line in done.stdout.splitlines() if line]


def query(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def asked(weir, name, transport="udp"):
    return [e for e in weir.of("dns.exchange") if e["transport"] == transport
            and e["questions"] and e["questions"][0]["name"] == name]


def without_case_of_bytes(text):
    """RFC 3597's form in lower case and one word: dig writes capitals."""
    if not text.startswith("\\# "):
        return text
    words = text.split(" ", 2)
    return " ".join([*words[:2], "".join(words[2:]).replace(" ", "").lower()])


def records(server, weir, findings):
    compared = 0
    for line in ZONE.splitlines()[3:]:
        owner, kind = line.split(" ")[:2]
        name = f"{owner}.example.test"
        for way in ("udp", "tcp"):
            printed = server.dig("+short", *(["+tcp"] if way == "tcp" else []), name, kind)
            findings.check(bool(printed), f"dig prints nothing for {name} {kind}")
            findings.check(weir.wait_for(lambda _: asked(weir, name, way), 5 * SLOW),
                           f"{name} {kind} over {way} is not told")
            told = [e for e in asked(weir, name, way) if e["questions"][0]["type"] in (kind, line.split(" ")[1])]
            data = [r["data"] for e in told[-1:] for r in e["response"]["answers"]]
            findings.check([without_case_of_bytes(p) for p in printed] == data,
                           f"{kind} over {way}:\n  dig:  {printed}\n  weir: {data}")
            compared += len(data)
    return compared


def failures(server, weir, findings):
    for name, rcode in (("nothing.example.test", "NXDOMAIN"), ("www.broken.test", "SERVFAIL"),
                        ("www.example.org", "REFUSED")):
        server.dig(name, "A")
        findings.check(weir.wait_for(lambda _: asked(weir, name), 5 * SLOW), f"{name} is not told")
        said = {e["response"]["rcode"] for e in asked(weir, name)}
        findings.check(said == {rcode}, f"{name}: {said}, not {rcode}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        server.dig("silent.example.test", "A", port=silent.getsockname()[1])
    closed = free_port()
    server.dig("closed.example.test", "A", port=closed)
    findings.check(weir.wait_for(lambda _: [e for e in weir.of("icmp.error") if e["server"]["port"] == closed], 5 * SLOW),
                   "no icmp.error says that the port is closed")


def pipelined(server, weir, findings):
    """Three queries in pieces on one connection, one answer awaited after the other."""
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        messages = [query(n, "a.example.test", 1) for n in (1, 2, 3)]
        data = b"".join(struct.pack(">H", len(m)) + m for m in messages)
        for at in range(0, len(data), 7):
            stream.sendall(data[at:at + 7])
            time.sleep(0.002)
        answers = b""
        while answers.count(b"\x7f\0\0\1") < 3:
            answers += stream.recv(4096)
    def told():
        return [e for e in asked(weir, "a.example.test", "tcp") if e["id"] in (1, 2, 3) and "query" in e and "response" in e]
    findings.check(weir.wait_for(lambda _: len(told()) == 3, 5 * SLOW) and len({e["conn"] for e in told()}) == 1,
                   f"pipelined queries: {told()}")


def transfer(server, weir, findings):
    printed = server.dig("+tcp", "+noall", "+answer", "example.test", "AXFR")
    findings.check(weir.wait_for(lambda _: asked(weir, "example.test", "tcp"), 5 * SLOW), "the transfer is not told")
    count = sum(len(e["response"]["answers"]) for e in weir.of("dns.exchange")
                if e["transport"] == "tcp" and (e.get("part") or e["questions"][0]["type"] == "AXFR"))
    findings.check(len(printed) == count > 50, f"a zone of {len(printed)} records was told as {count}")


def main():
    need_root("named", "dig")
    findings, schema = Findings(), Schema()
    server, web = NameServer(), Server()
    try:
        with Installed() as installed:
            weir = Weir(installed.weir, "-i", "lo", "--buffer", "4Mi",
                        f"udp or tcp port {server.port} or tcp port {web.port} or icmp")
            weir.started()
            compared = records(server, weir, findings)
            failures(server, weir, findings)
            pipelined(server, weir, findings)
            transfer(server, weir, findings)
            curl(f"http://127.0.0.1:{web.port}/a")
            findings.check(weir.wait_for_count("http.exchange", 1, 5 * SLOW), "no http.exchange")
            # 127.0.0.1 asked last for a.example.test, or for its alias, and was answered 127.0.0.1
            name = weir.of("http.exchange")[0]["server"].get("name")
            findings.check(name == "a.example.test", f"the server is called {name}")
            findings.check(weir.end() == 0, f"weir ends otherwise: {weir.said()}")
            silent = asked(weir, "silent.example.test")
            # dig asks again from another port
            findings.check(len(silent) == 2 and all(e["complete"] is False and e["ended"] in ("timeout", "shutdown")
                                                    and "response" not in e for e in silent), f"the silent server: {silent}")
            schema.check(findings, weir.lines)
            anomalies = [e for e in weir.of("anomaly") if e["code"].startswith("dns.")]
            findings.check(not anomalies, f"anomalies: {json.dumps(anomalies)[:2000]}")
    finally:
        server.end()
        web.shutdown()
    findings.finish(f"{compared} records as dig prints them")


main()
