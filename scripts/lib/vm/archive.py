# SPDX-License-Identifier: GPL-2.0-only
"""The Debian mirror that this machine is configured with, any suite and architecture of it, through
an apt state of its own: nothing of the system's apt or dpkg is changed, nothing is installed."""
import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass

from . import cache
from .errors import Failed, Gone, Refused

INDEX_NEW = 600  # seconds; a mirror that misses what such an index names will not have it after another
INDEX_LIFETIME = 24 * 3600  # seconds; an older index is fetched anew where the mirror answers
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
CODENAMES = r"(?:bullseye|bookworm|trixie|forky|duke|sid|(?:old){0,2}stable|testing|unstable)"
_given_up = set()  # folders of indexes that could not be fetched by this process: once is enough
NO_MIRROR = ("no Debian mirror in this machine's apt sources: "
             "name one, IOPATH_VM_MIRROR=URI (the folder that holds dists/)")


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    suite: str


def run(command, environment=None, folder=None):
    """Standard output of a command; Failed with its last lines of complaint where it fails."""
    done = subprocess.run(command, env={**os.environ, "LC_ALL": "C", **(environment or {})}, cwd=folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("W:")]
        kind = Gone if any("404  Not Found" in line for line in lines) else Failed
        raise kind(f"{command[0]} {command[1]} failed: {' '.join(lines[-3:]) or done.returncode}")
    return done.stdout


def _release_files():
    """Addresses of the release files that `apt-get update` would fetch here: apt knows every way to write a source."""
    empty = os.path.join(cache.root(), "apt", "none")
    os.makedirs(os.path.join(empty, "partial"), exist_ok=True)
    listed = run(["apt-get", "update", "--print-uris", "-o", f"Dir::State::Lists={empty}"])
    return re.findall(r"^'([^']+)/dists/([^']+)/InRelease'", listed, re.MULTILINE)


def mirror():
    """(base, security): addresses of the Debian archive and of its security updates."""
    named = os.environ.get("IOPATH_VM_MIRROR", "").rstrip("/")
    if named:
        return named, named + "-security"
    if not shutil.which("apt-get"):
        raise Refused("apt-get is not installed: kernels come as Debian packages through it")
    sources = _release_files()
    suites = {}
    for base, suite in sources:
        suites.setdefault(base, set()).add(suite)
    # Other archives use Debian's codenames too; only Debian's own has updates beside them.
    bases = [base for base, suite in sources if re.fullmatch(CODENAMES, suite)]
    bases.sort(key=lambda base: not (base.endswith("/debian") or any(s.endswith("-updates") for s in suites[base])))
    if not bases:
        raise Refused(NO_MIRROR)
    security = [base for base, suite in sources if re.fullmatch(CODENAMES + "(-security|/updates)", suite)]
    return bases[0], security[0] if security else bases[0] + "-security"


class Archive:
    """A few suites of the mirror that belong together, for one architecture."""

    def __init__(self, suites, architecture):
        self.suites = tuple(suites)
        self.architecture = architecture
        self.folder = os.path.join(cache.root(), "apt", f"{suites[0]}-{architecture}")
        self.configuration = os.path.join(self.folder, "apt.conf")
        self.stamp = os.path.join(self.folder, "stamp")
        self.packages_folder = os.path.join(cache.root(), "packages")

    def _apt(self, *command):
        return run(command, {"APT_CONFIG": self.configuration})

    def _configure(self):
        base, security = mirror()
        for name in ("lists/partial", "cache", "empty"):
            os.makedirs(os.path.join(self.folder, name), exist_ok=True)
        os.makedirs(os.path.join(self.packages_folder, "partial"), exist_ok=True)
        signed = f"[signed-by={KEYRING}] " if os.path.exists(KEYRING) else ""
        with open(os.path.join(self.folder, "sources.list"), "w", encoding="utf-8") as file:
            for suite in self.suites:
                file.write(f"deb {signed}{security if suite.endswith('-security') else base} {suite} main\n")
        with open(os.path.join(self.folder, "status"), "w", encoding="utf-8"):
            pass
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(self._settings())

    def _settings(self):
        """How the system reaches its mirror is kept (proxies and such); its hooks, pins and sources are not."""
        reach = [line for line in run(["apt-config", "dump"]).splitlines()
                 if re.match(r"Acquire::(?!Languages|IndexTargets)", line)]
        folder = self.folder
        return "\n".join(reach) + f"""
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "{folder}/empty";
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "{folder}/empty";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "{folder}/empty";
Dir::State "{folder}";
Dir::State::Lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Cache::Archives "{self.packages_folder}";
// Asked once for each index: not worth the 80 MB that each of these takes.
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true";
APT::Architecture "{self.architecture}";
APT::Architectures {{ "{self.architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
// Suites that are kept without updates are still signed, but no longer dated anew.
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
"""

    def _fresh(self):
        age = self._age()
        return age is not None and (0 <= age < INDEX_LIFETIME or self.folder in _given_up)

    def _age(self):
        try:
            return time.time() - os.path.getmtime(self.stamp)
        except OSError:
            return None

    def refresh(self):
        """Fetches the index where there is none, or an old one. An old one serves where the mirror does not answer."""
        self._fetch_unless(self._fresh)

    def renew(self):
        """True where the index was not quite new and is now: what it names may be there again."""
        def new():
            age = self._age()
            return age is not None and 0 <= age < INDEX_NEW

        if new() or self.folder in _given_up:
            return False
        self._fetch_unless(new)
        return new()

    def _fetch_unless(self, good):
        if good():
            return
        with locked_apt():
            if good():
                return
            try:
                self._configure()
                self._update()
            except (Failed, Refused) as problem:
                if self._age() is None:
                    raise
                cache.say(f"the index of {self.suites[0]} is {self._age() / 86400:.0f} days old: {problem}")
                _given_up.add(self.folder)
                return
            with open(self.stamp, "w", encoding="ascii") as file:
                file.write(f"{time.time_ns()}\n")
            _forget_old(self.packages_folder)

    def _update(self):
        """Suites end and move away one by one, so one that is not there does not fail the others."""
        try:
            self._apt("apt-get", "update", "-qq")
        except Failed:
            missing = self.missing_suites()
            if self.suites[0] in missing or not missing:
                raise
            cache.say(f"the mirror has no suite {', '.join(missing)}")

    def missing_suites(self):
        lists = os.listdir(os.path.join(self.folder, "lists"))
        return [suite for suite in self.suites
                if not any(name.endswith(f"_dists_{suite}_InRelease") for name in lists)]

    def index_mark(self):
        """Another with every index fetched."""
        with open(self.stamp, encoding="ascii") as file:
            return file.read().strip()

    def find(self, prefix, pattern):
        """Every version of every package whose name begins so and matches the compiled pattern as a whole."""
        self.refresh()
        with locked_apt():
            names = [name for name in self._apt("apt-cache", "pkgnames", prefix).split() if pattern.fullmatch(name)]
            listed = self._apt("apt-cache", "madison", *names) if names else ""
        found = []
        for line in listed.splitlines():
            name, version, source = (part.strip() for part in line.split("|"))
            where = source.split()
            if where[-1] == "Packages":
                found.append(Package(name, version, where[1].split("/")[0]))
        return found

    def download(self, packages):
        """Paths of exactly these packages, each `name=version` or `name`."""
        self.refresh()
        with locked_apt():
            # Run in the folder of packages, apt-get finds those that are there already.
            run(["apt-get", "download", "-q", *packages], {"APT_CONFIG": self.configuration}, self.packages_folder)
            listed = self._apt("apt-get", "download", "--print-uris", *packages)
        return self._paths(listed)

    def download_closure(self, names):
        """Paths of these packages and of all that they depend on."""
        self.refresh()
        try:
            return self._download_closure(names)
        except Gone:
            if not self.renew():
                raise
            return self._download_closure(names)

    def _download_closure(self, names):
        with locked_apt():
            # It leaves out what is in the folder of packages already: so of another, which has none.
            listed = self._apt("apt-get", "install", "-y", "--print-uris", "-o", f"Dir::Cache::Archives={self.folder}/cache", *names)
            self._apt("apt-get", "install", "-y", "--download-only", *names)
        return self._paths(listed)

    def _paths(self, listed):
        return [os.path.join(self.packages_folder, name) for name in re.findall(r"^'[^']+' (\S+\.deb) ", listed, re.MULTILINE)]


def _forget_old(folder):
    """Packages are kept for the next root file system. Their own times are those of their making, hence ctime."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.endswith(".deb") and time.time() - os.stat(path).st_ctime > cache.UNUSED_LIFETIME:
            os.unlink(path)


def locked_apt():
    return cache.locked("apt")


def unpack(package, folder):
    """Its files below that folder, where links of folders (bin -> usr/bin) stay links; no script of it is run."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as reader:
        done = subprocess.run(["tar", "-xf", "-", "-C", folder, "--keep-directory-symlink", "--no-same-owner"],
                              stdin=reader.stdout, capture_output=True, text=True, check=False)
    if done.returncode != 0 or reader.returncode != 0:
        raise Failed(f"cannot unpack {os.path.basename(package)}: {done.stderr.strip() or 'dpkg-deb failed'}")
