"""The house has one-way edges: an #include against them fails here, and so does I/O in the layers that must not do
any (design: right of and including pipeline is sans-I/O). Inside a layer no include leads in a circle, and a module (a
header with its source file) stands at most so many floors above the lowest as FLOORS says."""

import re
from pathlib import Path

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
# Modules one above the other within a layer, by their includes.
FLOORS = {"session": 6}
FLOORS_ELSEWHERE = 8
NO_THROW = {"protocol", "flow", "session", "pipeline"}


def layer_of(path):
    return path.parts[1] if path.parts[0] == "dissector" else path.parts[0]


def modules(files):
    """{module: the modules that its header or source file includes}"""
    graph = {}
    for path in files:
        module = str(Path(*path.parts[path.parts[0] == "dissector":]).with_suffix(""))
        named = re.findall(r'^\s*#\s*include\s+"([^"]+)\.[ch]pp"', code(path), re.M)
        graph.setdefault(module, set()).update(name for name in named if name != module)
    return graph


def check_floors(findings, graph):
    """Every module has a floor: one above the highest of what it includes in its layer. One that has none is in a circle."""
    floor, below = {}, {}

    def find(module, above):
        if module in above:
            findings.add(f"a circle of includes: {' > '.join([*above[above.index(module):], module])}")
            return 0
        if module not in floor:
            layer = module.split("/")[0]
            under = [(find(name, [*above, module]), name) for name in sorted(graph.get(module, ())) if name.split("/")[0] == layer]
            height, below[module] = max(under, default=(0, None))
            floor[module] = height + 1
        return floor[module]

    for module in sorted(graph):
        find(module, [])
    for layer in sorted({module.split("/")[0] for module in graph}):
        top = max((module for module in graph if module.split("/")[0] == layer), key=floor.get)
        stack, allowed = [top], FLOORS.get(layer, FLOORS_ELSEWHERE)
        while below[stack[-1]] and below[stack[-1]] not in stack:
            stack.append(below[stack[-1]])
        findings.check(floor[top] <= allowed, f"{layer}: {floor[top]} floors, {allowed} are allowed: {' > '.join(stack)}")
    return floor


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
    graph = modules(files)
    floor = check_floors(findings, graph)
    findings.check(len(graph) > 30 and max(floor.values()) > 2, f"{len(graph)} modules: the includes were not understood")
    findings.check(len(files) > 30, f"only {len(files)} source files found: this test sees nothing")
    findings.finish(f"{len(files)} files")


main()
