"""A new event, or a new member of one, recompiles only those who speak of it: what the core emits through (sink.hpp) knows
no event, and the registry is included by those alone who must know them all."""

import re

from weirtest import SOURCE, Findings, tracked

INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)
MAY_KNOW_ALL = {f"dissector/event/{name}.cpp" for name in ("json", "markdown", "registry", "schema", "selection")}
MAY_KNOW_ALL |= {"dissector/output/text_output.cpp"}


def included(header, seen=None):
    """What dissector/`header` includes, itself and through others."""
    seen = set() if seen is None else seen
    path = SOURCE / "dissector" / header
    if header in seen or not path.exists():
        return seen
    seen.add(header)
    for name in INCLUDE.findall(path.read_text()):
        included(name, seen)
    return seen


def main():
    findings = Findings()
    events = {name for name in included("event/registry.hpp") if (SOURCE / "dissector" / name).exists()
              and "std::string_view when" in (SOURCE / "dissector" / name).read_text()}
    findings.check(len(events) >= 4, f"events are declared in {sorted(events)}: this test sees too little")
    for core in ("event/sink.hpp", "event/json.hpp", "event/selection.hpp", "output/event_output.hpp"):
        known = included(core) & (events | {"event/registry.hpp"})
        findings.check(not known, f"{core} includes {sorted(known)}: each change there recompiles everything")
    who = {str(path) for path in tracked("*.cpp", "*.hpp") if path.parts[0] == "dissector"
           and "event/registry.hpp" in INCLUDE.findall((SOURCE / path).read_text())}
    findings.check(who <= MAY_KNOW_ALL, f"the registry is included by {sorted(who - MAY_KNOW_ALL)}")
    findings.check("dissector/event/json.cpp" in who, "nobody includes the registry: this test sees nothing")
    findings.finish(f"{len(events)} headers of events, {len(who)} files know them all")


main()
