#!/usr/bin/env python3
"""heapgate coverage against a count by hand, at each level of optimisation.

Usage: coverage.py HEAPGATE SOURCE_DIR BUILD_DIR WHAT...
WHAT: library (its lines have marks), toka (the list below), whole (the suite
that comes with heapgate), suite (with torture), paths (very many), or gate (a git repository that this test makes)
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HEAPGATE, SOURCE, BUILD = (os.path.abspath(path) for path in sys.argv[1:4])
SAMPLE = os.path.join(SOURCE, "tests/e2e/coverage")

# Each allocation call of core/, counted by hand: file, function, what it calls.
TOKA_SHARED = [
    ("common/manifest.c", "toka_manifest_parse", "calloc"),
    ("common/manifest_rules.c", "check_metadata", "calloc"),
    ("common/manifest_text.c", "yaml_read", "calloc"),
    ("common/table.c", "table_grow", "calloc"),
    ("common/uses.c", "toka_uses_make_room", "realloc"),
    ("schema/arena.c", "arena_grow", "malloc"),
    ("schema/pattern.c", "allocate_for_match", "malloc"),
    ("schema/schema.c", "toka_schema_from_document", "calloc"),
    ("schema/unique.c", "check_on_heap", "calloc"),
]
TOKA = {
    "after": TOKA_SHARED + [
        ("after/registry.c", "registry_entry_new", "malloc"),
        ("after/schema_store.c", "store_entry_new", "malloc"),
        ("after/schema_store.c", "toka_schema_store_new", "calloc"),
    ],
    "before": TOKA_SHARED + [
        ("before/registry.c", "registry_entry_new", "malloc"),
        ("before/schema_store.c", "store_entry_new", "malloc"),
        ("before/schema_store.c", "toka_schema_store_new", "calloc"),
    ],
}


def run(*words, **options):
    """Runs a program that must succeed."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def coverage(folder, *words, code=0):
    """The run that heapgate coverage makes."""
    command = [HEAPGATE, "coverage", *words, "--allocator", "glibc", "--out", os.path.join(folder, "out")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != code:
        sys.exit(f"cd {folder} && {' '.join(command)}\nexit code {done.returncode}, not {code}\n"
                 f"{done.stdout}{done.stderr}")
    if code == 2:
        return None
    with open(os.path.join(folder, "out/run.json"), encoding="utf-8") as file:
        return json.load(file)["coverage"]


def expect(what, found, wanted):
    """Compares two collections."""
    if found != wanted:
        sys.exit(f"{what}:\n  found, not wanted: {sorted(found - wanted)}\n"
                 f"  wanted, not found: {sorted(wanted - found)}")


def compilers():
    """The compilers of this machine."""
    return [compiler for compiler in ("gcc", "clang") if shutil.which(compiler)]


def build_library(folder, words, library="library.c", workload="workload.c"):
    """Builds a small library and its workload."""
    run(*words, "-g", "-fPIC", "-shared", "-D_GNU_SOURCE", "-o", os.path.join(folder, "libsample.so"),
        os.path.join(folder, library))
    run(*words, "-g", "-fPIC", "-shared", "-o", os.path.join(folder, "workload.so"),
        os.path.join(folder, workload), "-L", folder, "-lsample", "-Wl,-rpath," + folder)


def marks(path):
    """The marks of a source, by line."""
    with open(path, encoding="utf-8") as file:
        return {(number, match[1]) for number, line in enumerate(file, 1)
                if (match := re.search(r"// (tried|untried|unclear|seen)$", line))}


def check_marks(words, library, workload, then=None):
    """Marks and sites agree, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(SAMPLE):
            shutil.copy(os.path.join(SAMPLE, name), folder)
        build_library(folder, words, library, workload)
        tried = coverage(folder, "workload.so", "--ops", "200", "--module", "libsample")
        found = {(site["line"], site["reach"]) for site in tried["sites"]}
        lines = {line for line, reach in found if reach != "seen"}
        found = {site for site in found if site[1] != "seen" or site[0] not in lines}
        expect(" ".join([*words, library]), found, marks(os.path.join(folder, library)))
        for site in tried["sites"]:
            if (site["reach"] in ("tried", "seen")) != (site["blocks"] > 0):
                sys.exit(f"{words}: a count contradicts {site}")
        if library == "library.c":
            check_frees(tried["sites"])
        if then:
            then(folder)


def check_frees(sites):
    """Who frees is known, and what nobody freed."""
    freed = {site["function"]: {free["function"] for free in site.get("frees", [])} for site in sites}
    if freed["add_node"] != {"library_use"} or freed["library_make"] != {"heapgate_iterate"}:
        sys.exit(f"not freed by the right functions: {freed}")
    kept = [site["function"] for site in sites if site["reach"] == "tried" and site["freed_blocks"] == 0]
    if kept != ["keep_one"] or freed["keep_one"]:
        sys.exit(f"never freed: {kept}")


def check_library():
    """The small libraries, built in each way."""
    if not compilers():
        sys.exit("no compiler was found")
    for compiler in compilers():
        for level in (["-O0"], ["-O1"], ["-O2"], ["-O2", "-fno-plt"], ["-O2", "-gdwarf-4"], ["-Os", "-flto"]):
            if compiler == "gcc" or "-flto" not in level:  # clang needs a linker of its own for it
                check_marks([compiler, *level], "library.c", "workload.c",
                            check_stripped if level == ["-O2"] else None)
        for level in ("-O0", "-O1", "-O2"):
            for library in ("containers.cc", "strings.cc"):
                check_marks([{"gcc": "g++", "clang": "clang++"}[compiler], level], library,
                            "containers_workload.cc")


def check_stripped(folder):
    """Without debug information a site is a function."""
    run("strip", "--strip-debug", os.path.join(folder, "libsample.so"))
    tried = coverage(folder, "workload.so", "--ops", "200", "--module", "libsample")
    sites = {(site["function"], site["line"]) for site in tried["sites"]}
    if tried["modules"][0]["has_lines"] or ("add_node", 0) not in sites or ("library_use", 0) not in sites:
        sys.exit(f"stripped: {tried}")
    with open(os.path.join(folder, "libsample.so"), "r+b") as file:
        file.seek(0x40)
        file.write(b"\xff" * 0x4000)  # nothing can run it now; nothing may crash on it
    coverage(folder, "workload.so", "--ops", "200", "--module", "libsample", code=2)


def check_toka():
    """The sites of libtoka are those of the list, in each build of it."""
    for compiler, level, subject in (("gcc", "-O0", "after"), ("gcc", "-O2", "after"), ("gcc", "-O2", "before"),
                                     ("clang", "-O0", "before"), ("clang", "-O2", "after")):
        if compiler not in compilers():
            continue
        with tempfile.TemporaryDirectory() as folder:
            build_toka(folder, compiler, level, subject)
            tried = coverage(folder, "-c", "heapgate.yaml")
            sites = [site for site in tried["sites"] if site["reach"] != "seen"]
            found = {(re.sub(r"^(.*/)?core/", "", site["file"]), site["function"], site["calls"])
                     for site in sites}
            if len(found) != len(sites):
                sys.exit(f"two sites are one: {sites}")
            expect(f"libtoka, {subject}, {compiler} {level}", found, set(TOKA[subject]))


def check_whole():
    """The suite that comes with heapgate tries 95 % of libtoka's sites at least, and names what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        tried = coverage(folder, "--min-tried", "95")
        untried = {(os.path.basename(site["file"]), site["function"]) for site in tried["sites"]
                   if site["reach"] == "untried"}
        expect("untried sites of libtoka", untried, {("uses.c", "toka_uses_make_room")})  # before never calls it
        if sum(site["reach"] == "tried" for site in tried["sites"]) < 2 * (len(TOKA["after"]) - 1) - 1:
            sys.exit(f"too few sites are tried: {tried['sites']}")


def build_toka(folder, compiler, level, subject):
    """One build of libtoka, and a suite that loads it."""
    core = os.path.join(SOURCE, "core")
    sources = [os.path.join(core, part, name) for part in ("schema", "common", subject)
               for name in sorted(os.listdir(os.path.join(core, part))) if name.endswith(".c")]
    flags = run("pkg-config", "--cflags", "--libs", "jansson", "libpcre2-8", "libxxhash", "yaml-0.1").split()
    run(compiler, level, "-g", "-std=gnu17", "-fPIC", "-shared", "-D_GNU_SOURCE", "-w", "-Wl,-soname,libtoka.so.0",
        *[f"-I{core}/{part}" for part in ("include", "schema", "common")], *sources, *flags, "-lm", "-pthread",
        "-o", os.path.join(folder, "libtoka.so.0"))
    with open(os.path.join(folder, "heapgate.yaml"), "w", encoding="utf-8") as file:
        file.write(f"suite: toka\nsubjects:\n  {subject}: {{ library_path: {folder} }}\nallocators: [glibc]\n"
                   f"workloads:\n  schema-storm: {{ plugin: {BUILD}/workloads/schema_storm.so, ops: 100 }}\n")


def check_suite():
    """With torture in the same run, a site says how many of its calls were made to fail."""
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(SAMPLE):
            shutil.copy(os.path.join(SAMPLE, name), folder)
        build_library(folder, ["gcc", "-O2"])
        with open(os.path.join(folder, "heapgate.yaml"), "w", encoding="utf-8") as file:
            file.write(f"suite: sample\nsubjects:\n  main: {{ library_path: {folder} }}\nallocators: [glibc]\n"
                       "workloads:\n  use: { plugin: workload.so, ops: 200, torture: { ops: 2 } }\n")
        subprocess.run([HEAPGATE, "run", "--torture", "--coverage", "--no-speed", "--out", "out"], cwd=folder,
                       capture_output=True, check=False)
        with open(os.path.join(folder, "out/run.json"), encoding="utf-8") as file:
            made = json.load(file)
        sites = {site["function"]: site for site in made["coverage"]["sites"]}
        if not made["cells"] or sites["add_node"]["faults"] == 0 or sites["never_used"]["faults"] > 0:
            sys.exit(f"run --torture --coverage: {sites}")
        if [use["workload"] for use in sites["add_node"]["uses"]] != ["use"]:
            sys.exit(f"not tried by the one workload: {sites['add_node']}")
        check_error_paths(made["coverage"])
        check_error_paths(coverage(folder, "--torture", "-c", "heapgate.yaml"))
        check_error_paths(coverage(folder, "--torture", "workload.so", "--module", "libsample"))


def check_many_paths():
    """Stacks of blocks and of their frees, more than the probe has room for at first."""
    steps = "".join(f"STEP f{i}(unsigned way)\n{{\n    if (way & 1)\n        return f{i - 1}(way >> 1) | 0;\n"
                    f"    int status = f{i - 1}(way >> 1);\n    return status;\n}}\n" for i in range(1, 14))
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "paths.c"), "w", encoding="utf-8") as file:
            file.write("#include <stdint.h>\n#include <stdlib.h>\n"
                       "#define STEP static __attribute__((noinline)) int\n"
                       "STEP f0(unsigned way)\n{\n    void *block = malloc(10 + way);\n    free(block);\n"
                       "    return block ? 0 : 1;\n}\n" + steps +
                       "STEP deep(unsigned way, int more)\n{\n"
                       "    return (more ? deep(way, more - 1) : f13(way)) | 0;\n}\n"
                       "int heapgate_iterate(uint64_t i)\n{\n    return deep((unsigned)i & 8191, 40);\n}\n")
        run("gcc", "-g", "-O0", "-fPIC", "-shared", "-o", "paths.so", "paths.c", cwd=folder)
        tried = coverage(folder, "paths.so", "--ops", "9000")
        expect("sites", {(site["function"], site["reach"]) for site in tried["sites"]}, {("f0", "tried")})


def check_error_paths(tried):
    """What only a failed allocation leads to is told apart; all else is as it is without faults."""
    errors = {(site["function"], site["calls"]) for site in tried["sites"] if site["reach"] == "failure"}
    expect("sites of error paths", errors, {("explain_failure", "strdup")})
    for site in tried["sites"]:
        faults = site["after_faults"] > 0
        wrong = {"untried": faults, "failure": not faults or site["blocks"] > 0}
        if wrong.get(site["reach"]):
            sys.exit(f"a count contradicts {site}")
    marked = marks(os.path.join(SAMPLE, "library.c"))
    untried = {site["line"] for site in tried["sites"] if site["reach"] == "untried"}
    explained = {site["line"] for site in tried["sites"] if site["reach"] == "failure"}
    expect("sites that no workload reached", untried | explained,
           {line for line, mark in marked if mark == "untried"})
    if not tried["tortured"]:
        sys.exit("it does not say that calls were made to fail")


def git(folder, *words):
    """Runs git as nobody in particular."""
    run("git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", *words)


def append(path, text):
    """Adds text to a file."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def check_gate():
    """A change that adds a malloc which no workload tries fails, with its line; a workload that does mends it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(SAMPLE):
            shutil.copy(os.path.join(SAMPLE, name), folder)
        append(os.path.join(folder, ".gitignore"), "*.so\nout\n")
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "the library")
        git(folder, "commit", "-q", "--allow-empty", "-m", "nothing new")
        build_library(folder, ["gcc", "-O2"])
        plain = ("workload.so", "--ops", "200", "--module", "libsample", "--since", "HEAD~1")
        coverage(folder, *plain)

        library = os.path.join(folder, "library.c")
        append(library, "\nvoid *library_new(size_t size)\n{\n    void *block = malloc(size);\n"
                        "    return block ? memset(block, 1, size) : NULL;\n}\n")
        append(os.path.join(folder, "library.h"), "void *library_new(unsigned long size);\n")
        line = len(open(library, encoding="utf-8").readlines()) - 2
        git(folder, "commit", "-q", "-a", "-m", "an allocation")
        build_library(folder, ["gcc", "-O2"])
        tried = coverage(folder, *plain, code=1)
        expect("new sites", {site["line"] for site in tried["sites"] if site.get("changed")}, {line})
        for form in ("github", "sarif", "markdown", "junit", "text", "brief", "html"):
            report = subprocess.run([HEAPGATE, "report", os.path.join(folder, "out"), "--format", form],
                                    capture_output=True, text=True, check=False).stdout
            if "library_new" not in report:
                sys.exit(f"{form} does not name the function:\n{report}")
        annotation = subprocess.run([HEAPGATE, "report", os.path.join(folder, "out"), "--format", "github"],
                                    capture_output=True, text=True, check=False).stdout
        if f"file=library.c,line={line}," not in annotation:
            sys.exit(f"no annotation at library.c:{line}:\n{annotation}")
        coverage(folder, *plain[:-2], "--min-tried", "100", code=1)
        coverage(folder, *plain[:-2], "--min-tried", "50")
        coverage(folder, *plain[:-1], "no-such-revision", code=2)

        workload = os.path.join(folder, "workload.c")
        with open(workload, encoding="utf-8") as file:
            text = file.read()
        with open(workload, "w", encoding="utf-8") as file:
            file.write(text.replace("    return 0;", "    free(library_new(9));\n    return 0;"))
        build_library(folder, ["gcc", "-O2"])
        coverage(folder, *plain)
        # Without lines the gate sees nothing, and says so.
        run("strip", "--strip-debug", os.path.join(folder, "libsample.so"))
        coverage(folder, *plain, code=4)


for part in sys.argv[4:]:
    {"library": check_library, "toka": check_toka, "whole": check_whole, "gate": check_gate,
     "suite": check_suite, "paths": check_many_paths}[part]()
    print(f"coverage.py: {part} is as it should be")
