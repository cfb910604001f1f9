"""The rules of CONTRIBUTING.md that a look at the sources can check."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("core", "parallel", "experiments", "jobs", "analysis")

# What the files of a folder may include: our own folders, and libraries by the start of the name.
MAY_INCLUDE = {
    "core": (("core",), ("Kokkos_", "Random123/", "Eigen/")),
    "parallel": (("core", "parallel"), ("mpi.h",)),
    "experiments": (("core", "experiments"), ()),
    "jobs": (FOLDERS, ("boost/program_options", "hdf5.h", "H5")),
    "analysis": (("core", "experiments", "analysis", "jobs/results_file.hpp"), ()),
}
LIBRARIES = ("Kokkos_", "Random123/", "Eigen/", "mpi.h", "boost/", "hdf5.h", "H5", "gtest", "benchmark")


def sources(*folders):
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".cpp", ".hpp") and path.is_file()
    )


def without_comments(text):
    """The text without // comments, which hold no quotes that matter here."""
    return re.sub(r"//[^\n]*", "", text)


def includes(path):
    return re.findall(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', path.read_text(), re.MULTILINE)


def allowed(name, own):
    return any(name == folder or name.startswith(folder + "/") for folder in own)


def forbidden_includes(folder, path):
    own, libraries = MAY_INCLUDE[folder]
    for bracket, name in includes(path):
        if bracket == '"' and not allowed(name, own):
            yield name
        if bracket == "<" and name.startswith(LIBRARIES) and not name.startswith(libraries or ("\0",)):
            yield name


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS)
def test_includes_follow_the_layers(folder):
    wrong = {relative(p): names for p in sources(folder) if (names := list(forbidden_includes(folder, p)))}
    assert not wrong


def test_includes_are_written_from_the_root():
    wrong = [
        (relative(p), name)
        for p in sources(*FOLDERS, "tests", "bench")
        for bracket, name in includes(p)
        if bracket == '"' and not allowed(name, FOLDERS + ("tests", "bench"))
    ]
    assert not wrong


def test_headers_may_be_included_twice():
    headers = [p for p in sources(*FOLDERS, "tests", "bench") if p.suffix == ".hpp"]
    assert [relative(p) for p in headers if not p.read_text().startswith("#pragma once\n")] == []


def test_headers_with_foreign_handles_say_so_in_their_name():
    """Such headers are private to their folder: whoever links engram needs neither library."""
    prefixes = {"mpi.h": "mpi_", "hdf5.h": "hdf5_", "boost/": "never"}
    wrong = [
        (relative(p), name)
        for p in sources(*FOLDERS)
        for _, name in includes(p)
        for library, prefix in prefixes.items()
        if p.suffix == ".hpp" and name.startswith(library) and not p.name.startswith(prefix)
    ]
    assert not wrong


def test_core_touches_no_files():
    wrong = [
        (relative(p), name)
        for p in sources("core")
        for _, name in includes(p)
        if name in ("fstream", "filesystem", "fcntl.h")
    ]
    assert not wrong


def test_kokkos_versions_are_told_apart_in_compat_only():
    tests = re.compile(r"^\s*#\s*(if|elif)\b.*KOKKOS_VERSION", re.MULTILINE)
    users = {relative(p) for p in sources(*FOLDERS, "tests", "bench") if tests.search(p.read_text())}
    assert users <= {"core/compat.hpp", "core/compat.cpp"}


def unlabelled_launches(path):
    """First arguments of Kokkos launches that are neither a label of ours nor a range in a team."""
    for match in re.finditer(r"\bparallel_(?:for|reduce|scan)\s*\(\s*", without_comments(path.read_text())):
        rest = match.string[match.end() :]
        in_team = re.match(r"(Kokkos::)?(Team(Thread|Vector)|ThreadVector)(Range|MDRange)", rest)
        if not in_team and not rest.startswith('"engram::'):
            yield rest.split("\n")[0][:60]


def test_kernels_are_labelled():
    wrong = {relative(p): w for p in sources(*FOLDERS, "tests", "bench") if (w := list(unlabelled_launches(p)))}
    assert not wrong


def test_headers_have_at_most_400_lines():
    assert not [relative(p) for p in sources(*FOLDERS) if p.suffix == ".hpp" and len(p.read_text().splitlines()) > 400]


def test_the_rules_can_fail(tmp_path):
    bad = tmp_path / "bad.cpp"
    bad.write_text(
        '#include <mpi.h>\n#include "jobs/study.hpp"\n'
        'void f() { Kokkos::parallel_for("mine", 3, g); Kokkos::parallel_for(\n  3, g); }\n'
    )
    assert list(forbidden_includes("core", bad)) == ["mpi.h", "jobs/study.hpp"]
    assert len(list(unlabelled_launches(bad))) == 2
