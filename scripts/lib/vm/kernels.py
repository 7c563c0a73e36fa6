# SPDX-License-Identifier: GPL-2.0-only
"""Which kernels there are: the series that we want, and what the mirror has of each."""
import json
import os
import re
from dataclasses import dataclass

from . import cache
from .architectures import ARCHITECTURES, NATIVE
from .archive import Archive, Package
from .errors import Refused, Skipped

# Suites by family; the first one names it. Its series have packages in any suite of it.
FAMILIES = {
    "bullseye": ("bullseye", "bullseye-security"),
    "bookworm": ("bookworm", "bookworm-security"),
    "trixie": ("trixie", "trixie-security"),
    "trixie-backports": ("trixie-backports",),
}
STABLE_SERIES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie"}
BACKPORTS = "trixie-backports"
# Of the backports every series is taken that the mirror has; these are named when it has them not.
EXPECTED_BACKPORTS = ("6.19", "7.3")
NEWEST = "newest"
RECIPE = 2  # one more whenever what kernel_files made before would no longer do

# linux-image-6.12.9+deb13-amd64: part, release, series. No other flavour: cloud and rt have other
# drivers, -16k other pages.
PACKAGE = re.compile(r"linux-(image|binary|modules|base)-((\d+\.\d+)\.[\d.]*(?:-[\d.a-z]+|\+[\w.+]+)?-%s)(-unsigned)?")


@dataclass(frozen=True)
class Kernel:
    """One series: its newest kernel, or why there is none."""

    series: str
    architecture: str
    suite: str
    release: str = ""
    version: str = ""
    packages: tuple = ()
    skipped: str = ""

    @property
    def name(self):
        return f"{self.series}/{self.architecture}"

    @property
    def entry(self):
        """Its name in the cache, where it is unpacked."""
        return f"kernels/{self.release}_{self.version}_{RECIPE}"

    @property
    def cached(self):
        return bool(self.release) and cache.has(self.entry)

    def need(self):
        if self.skipped:
            raise Skipped(f"skipped: {self.name}: {self.skipped}")
        return self


def series_key(series):
    return tuple(int(part) for part in series.split("."))


def version_key(version):
    return tuple(int(part) for part in re.findall(r"\d+", version))


def choose(series, architecture, packages, gone=()):
    """The newest kernel of that series that has all of its parts. `packages`: those of the series only; `gone`: releases
    whose packages turned out not to be there."""
    releases = {}
    for package in packages:
        part, release, _, unsigned = PACKAGE_OF[architecture].fullmatch(package.name).groups()
        parts = releases.setdefault(release, {})
        name = part + (unsigned or "")
        if name not in parts or version_key(package.version) > version_key(parts[name].version):
            parts[name] = package
    lacking = ""
    for release, parts in sorted(releases.items(), key=lambda item: newest_version(item[1]), reverse=True):
        # Since 6.19 the image is a mere name for three others; before, it is all there is.
        if "binary" in parts or "modules" in parts:
            wanted = ("binary", "modules", "base") if "base" in parts else ("binary", "modules")
        else:
            wanted = ("image",) if "image" in parts else ("image-unsigned",)
        missing = [part for part in wanted if part not in parts]
        if release in gone:
            lacking = lacking or f"the mirror has no longer linux-{wanted[0]}-{release}, which its index names"
            continue
        if missing:
            lacking = lacking or f"the mirror has no linux-{missing[0]}-{release}"
            continue
        chosen = [parts[part] for part in wanted]
        return Kernel(series, architecture, chosen[0].suite, release, chosen[0].version,
                      tuple(f"{package.name}={package.version}" for package in chosen))
    return Kernel(series, architecture, "", skipped=lacking or f"the mirror has no linux-image-{series}.*-{architecture}")


def newest_version(parts):
    return max(version_key(package.version) for package in parts.values())


PACKAGE_OF = {name: re.compile(PACKAGE.pattern % name) for name in ARCHITECTURES}


def _remembered(archive, architecture):
    """{packages, gone} of an index, from a file as long as that index is the same."""
    memory = os.path.join(archive.folder, "kernels.json")
    mark = archive.index_mark()
    try:
        with open(memory, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        found = {}
    if found.get("mark") != mark:
        packages = archive.find("linux-", PACKAGE_OF[architecture])
        found = {"mark": mark, "packages": [[p.name, p.version, p.suite] for p in packages], "gone": []}
        _remember(archive, found)
    return found


def _remember(archive, found):
    memory = os.path.join(archive.folder, "kernels.json")
    temporary = f"{memory}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(found, file)
    os.rename(temporary, memory)


def kernels_of(family, architecture):
    """{series: Kernel} of a family."""
    archive = Archive(FAMILIES[family], architecture)
    archive.refresh()
    found = _remembered(archive, architecture)
    by_series = {}
    for fields in found["packages"]:
        package = Package(*fields)
        series = PACKAGE_OF[architecture].fullmatch(package.name).group(3)
        by_series.setdefault(series, []).append(package)
    return {series: choose(series, architecture, packages, found["gone"]) for series, packages in by_series.items()}


def family_of(series):
    return STABLE_SERIES.get(series, BACKPORTS)


def archive_of(kernel):
    return Archive(FAMILIES[family_of(kernel.series)], kernel.architecture)


def forget(kernel):
    """The index names it, the mirror has it not: until the next index it is not chosen any more."""
    archive = archive_of(kernel)
    with cache.locked("kernels"):
        found = _remembered(archive, kernel.architecture)
        found["gone"].append(kernel.release)
        _remember(archive, found)


def every(architecture):
    """Every kernel there is or should be, oldest first."""
    result = {}
    for series, family in STABLE_SERIES.items():
        found = kernels_of(family, architecture).get(series)
        result[series] = found or choose(series, architecture, [])
    backports = kernels_of(BACKPORTS, architecture)
    for series in {*backports, *EXPECTED_BACKPORTS} - set(result):
        result[series] = backports.get(series) or choose(series, architecture, [])
    return [result[series] for series in sorted(result, key=series_key)]


def parse(name):
    """(series, architecture) of a name such as 6.12, 6.12/arm64 or newest."""
    series, _, architecture = name.partition("/")
    architecture = architecture or NATIVE
    if architecture not in ARCHITECTURES:
        raise Refused(f"unknown architecture {architecture}: one of {', '.join(ARCHITECTURES)}")
    if series != NEWEST and not re.fullmatch(r"\d+\.\d+", series):
        raise Refused(f"unknown kernel {name}: a series such as 6.1 or 6.12/arm64, or {NEWEST}; see scripts/vm --list")
    return series, architecture


def find(name):
    """The kernel of that name; Skipped where the mirror has it not, Refused where nobody has."""
    series, architecture = parse(name)
    if series in STABLE_SERIES:
        found = kernels_of(STABLE_SERIES[series], architecture).get(series)
        return (found or choose(series, architecture, [])).need()
    backports = kernels_of(BACKPORTS, architecture)
    if series == NEWEST:
        there = [kernel for kernel in backports.values() if not kernel.skipped]
        if not there:
            raise Skipped(f"skipped: {NEWEST}/{architecture}: the mirror has no kernel in {BACKPORTS}")
        return max(there, key=lambda kernel: series_key(kernel.series))
    if series not in backports and series not in EXPECTED_BACKPORTS:
        raise Refused(f"unknown kernel {name}: see scripts/vm --list")
    return (backports.get(series) or choose(series, architecture, [])).need()
