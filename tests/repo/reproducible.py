"""Two builds of both programs in two folders are the same byte for byte, and what hardening promises is in them. The one build
is that under test, the other is made here from a copy of its sources; only what is installed is built so (release)."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from weirtest import BUILD, SOURCE, WEIR, WEIR_CAPTURE, Findings, run, skip, tracked


def cached(name):
    """What the build under test was configured with."""
    lines = (BUILD / "CMakeCache.txt").read_text().splitlines()
    return next((line.partition("=")[2] for line in lines if line.partition(":")[0] == name), "")


def main():
    if cached("CMAKE_BUILD_TYPE") != "Release":
        skip("only a release build is promised to be the same everywhere")
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="weir-again-") as folder:
        source, build = Path(folder) / "elsewhere", Path(folder) / "elsewhere/out/again"
        for path in tracked():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / path, source / path)
        same = [f"-D{name}={cached(name)}" for name in ("CMAKE_CXX_COMPILER", "CMAKE_BUILD_TYPE", "CMAKE_INSTALL_PREFIX", "WEIR_WERROR",
                                                        "WEIR_CAPTURE_CONF")]
        made = run("cmake", "-G", "Ninja", "-S", source, "-B", build, *same)
        findings.check(made.returncode == 0, f"cmake: {made.stderr[-500:]}")
        made = subprocess.run(["ninja", "-C", build, "-j", str(os.cpu_count()), "weir", "weir-capture"], capture_output=True, text=True, check=False)
        findings.check(made.returncode == 0, f"ninja: {made.stdout[-1000:]}")
        for program in (WEIR, WEIR_CAPTURE):
            again = build / Path(program).relative_to(BUILD)
            sums = [hashlib.sha256(Path(p).read_bytes()).hexdigest() if Path(p).exists() else "none" for p in (program, again)]
            findings.check(sums[0] == sums[1], f"{Path(program).name} differs: {sums}")
            findings.check(str(SOURCE).encode() not in Path(program).read_bytes(), f"{program} names the folder of its sources")
            header = run("readelf", "-dlnW", program).stdout
            findings.check("BIND_NOW" in header and "GNU_RELRO" in header and "PIE" in header, f"{program}: no full RELRO, or no PIE")
    findings.finish("two builds in two folders")


main()
