"""The house has one-way edges: an #include against them fails here, and so does I/O in the layers that must not do
any (design: right of and including pipeline is sans-I/O)."""

import re

from weirtest import Findings, code, tracked

MAY_INCLUDE = {
    "common": {"common"},
    "protocol": {"common", "protocol"},
    "event": {"common", "event"},
    "flow": {"common", "event", "protocol", "flow"},
    "session": {"common", "event", "protocol", "flow", "session"},
    "pipeline": {"common", "event", "protocol", "flow", "session", "pipeline"},
    "input": {"common", "input"},
    "output": {"common", "event", "output"},
    "sandbox": {"common", "sandbox"},
    "cli": {"common", "event", "protocol", "flow", "session", "pipeline", "input", "output", "sandbox", "cli"},
    "capture-helper": {"common", "capture-helper"},
}
SANS_IO = {"common", "protocol", "event", "flow", "session", "pipeline"}
MAY_ASIO = {"input", "output", "cli"}
IO_HEADERS = re.compile(r"#include <(fstream|iostream|filesystem|random|thread|unistd\.h|fcntl\.h|time\.h|"
                        r"ctime|sys/.*)>")
IO_CALLS = re.compile(r"\b(getenv|random_device|\w+_clock|clock_gettime|fopen|std::cout|std::cerr)\b")
NO_THROW = {"protocol", "flow", "session", "pipeline"}


def layer_of(path):
    return path.parts[1] if path.parts[0] == "dissector" else path.parts[0]


def main():
    findings = Findings()
    files = [p for p in tracked("*.cpp", "*.hpp") if p.parts[0] in ("common", "dissector", "capture-helper")]
    for path in files:
        layer = layer_of(path)
        if layer not in MAY_INCLUDE:
            findings.add(f"{path}: layer {layer} is not in the table of this test")
            continue
        for number, line in enumerate(code(path).splitlines(), 1):
            where = f"{path}:{number}"
            quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if quoted:
                target = quoted[1].split("/")[0]
                if target not in MAY_INCLUDE:
                    findings.add(f"{where}: includes \"{quoted[1]}\", not written from the root of the layers")
                elif target not in MAY_INCLUDE[layer]:
                    findings.add(f"{where}: {layer} must not include {target} ({quoted[1]})")
            if "boost/asio" in line and layer not in MAY_ASIO:
                findings.add(f"{where}: Asio in {layer}")
            if layer in SANS_IO and (IO_HEADERS.search(line) or IO_CALLS.search(line)):
                findings.add(f"{where}: I/O, clock or environment in {layer}: {line.strip()}")
            if layer in NO_THROW and re.search(r"\b(throw|try|catch)\b", line.split('"')[0]):
                findings.add(f"{where}: exceptions on the packet path: {line.strip()}")
    findings.check(len(files) > 30, f"only {len(files)} source files found: this test sees nothing")
    findings.finish(f"{len(files)} files")


main()
