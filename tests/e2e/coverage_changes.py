#!/usr/bin/env python3
"""heapgate coverage --since on small git repositories that this test makes, one kind of change each.

Usage: coverage_changes.py HEAPGATE [KIND...]
A line that a change makes a new site which nothing tries ends in "// new".
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HEAPGATE = os.path.abspath(sys.argv[1])

HEADER = """\
#include <stdlib.h>
#include <string.h>
extern volatile int never;
void *use(void);
"""
SOURCE = """\
#include "lib.h"

volatile int never;

static void *spare(size_t size)
{
    void *block = malloc(size);
    return block ? memset(block, 1, size) : NULL;
}

void *use(void)
{
    void *block = malloc(8);
    if (never)
        free(spare(9));
    return block ? memset(block, 2, 8) : NULL;
}
"""
SPARE_BODY = "    void *block = malloc(size);\n    return block ? memset(block, 1, size) : NULL;"
ADDED = """\
static void *added(void)
{
    void *block = malloc(7); // new
    return block ? memset(block, 3, 7) : NULL;
}

void *use(void)
"""
WORKLOAD = """\
#include <stdint.h>
#include <stdlib.h>
void *use(void);
int heapgate_iterate(uint64_t i)
{
    (void)i;
    free(use());
    return 0;
}
"""


def run(*words, folder):
    """Runs a program that must succeed."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"cd {folder} && {' '.join(words)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Repository:
    """A library with its workload under git, in a folder."""

    def __init__(self, folder, **files):
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.write(**{"lib_h": HEADER, "lib_c": SOURCE, "workload_c": WORKLOAD, **files})
        with open(self.path(".gitignore"), "w", encoding="utf-8") as file:
            file.write("*.so\nout\ngenerated\n")
        self.commit()

    def path(self, name):
        return os.path.join(self.folder, name)

    def git(self, *words):
        run("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", *words,
            folder=self.folder)

    def commit(self):
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")

    def write(self, **files):
        """Writes lib.c as lib_c, and so on."""
        for name, text in files.items():
            path = self.path(re.sub(r"_(?=[^_]+$)", ".", name).replace("__", "/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def replace(self, name, old, new):
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        if old not in text:
            sys.exit(f"{old} is not in {name}")
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def call(self, what):
        """Adds a call that is never made."""
        self.replace("lib.c", "    return block ? memset(block, 2",
                     f"    if (never)\n        free({what});\n    return block ? memset(block, 2")

    def check(self, *sources, since="HEAD~1", options=(), compiler="gcc", level="-O2", function=None,
              missing=None):
        """Builds it, and compares what fails with the marks of the sources."""
        sources = sources or ("lib.c",)
        run(compiler, level, "-g", "-fPIC", "-shared", "-w", "-I.", *options, "-o", "libsample.so", *sources,
            folder=self.folder)
        run("gcc", "-g", "-fPIC", "-shared", "-o", "workload.so", "workload.c", "-L.", "-lsample",
            f"-Wl,-rpath,{self.folder}", folder=self.folder)
        command = [HEAPGATE, "coverage", "workload.so", "--ops", "200", "--module", "libsample",
                   "--allocator", "glibc", "--since", since, "--out", "out"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        with open(self.path("out/run.json"), encoding="utf-8") as file:
            sites = json.load(file)["coverage"]["sites"]
        new = [site for site in sites if site["changed"] and site["reach"] == "untried"]
        failing = {(site["file"], site["line"]) for site in new}
        wanted = set() if missing else self.marks()
        if {(os.path.relpath(self.path(file), self.folder), line) for file, line in failing} != wanted:
            sys.exit(f"new and not tried: {failing}, not {wanted}\n{done.stdout}{done.stderr}")
        if done.returncode != (1 if wanted else 0):
            sys.exit(f"exit code {done.returncode}: {failing}\n{done.stdout}{done.stderr}")
        named = {site["function"] for site in new}
        if function and named != {function}:
            sys.exit(f"in the functions {named}, not {function}")

    def marks(self):
        """The lines that end in a mark."""
        found = set()
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                if re.search(r"\.(c|cc|h|hh|y)$", name) and "generated" not in path:
                    with open(path, encoding="utf-8") as file:
                        found |= {(os.path.relpath(path, self.folder), number)
                                  for number, line in enumerate(file, 1) if line.endswith("// new\n")}
        return found


def static_function(repository):
    repository.replace("lib.c", "void *use(void)\n", ADDED)
    repository.call("added()")
    repository.commit()
    repository.check()
    repository.check(level="-O0", function="added")


def header_inline(repository):
    repository.replace("lib.h", "void *use", "static inline void *box(void)\n{\n"
                       "    return calloc(3, 16); // new\n}\nvoid *use")
    repository.replace("lib.c", "free(spare(9));", "strcpy(box(), \"a\"), strcpy(box(), \"b\");")
    repository.commit()
    for level in ("-O0", "-O2"):
        repository.check(level=level)


def moved_code(repository):
    begin, end = SOURCE.index("static void *spare"), SOURCE.index("void *use(void)")
    function = SOURCE[begin:end]
    repository.replace("lib.c", function, "static void *spare(size_t size);\n\n")
    with open(repository.path("lib.c"), "a", encoding="utf-8") as file:
        file.write("\n" + function)
    repository.commit()
    repository.check()
    repository.replace("lib.c", "free(spare(9));", "{\n        void *added = malloc(7); // new\n"
                       "        free(added ? memset(added, 3, 7) : NULL);\n        free(spare(9));\n    }")
    repository.commit()
    repository.check(since="HEAD~2")


def moved_to_other_function(repository):
    """The same text elsewhere is a new allocation."""
    repository.replace("lib.c", SPARE_BODY,
                       "    return memset((void *)&never, 0, size - 9);")
    repository.replace("lib.c", "void *use(void)\n",
                       "void *other(size_t size)\n{\n    void *block = malloc(size); // new\n"
                       "    return block ? memset(block, 1, size) : NULL;\n}\n\nvoid *use(void)\n")
    repository.commit()
    repository.replace("lib.c", "malloc(size); // new", "malloc(size);")
    repository.git("commit", "-q", "-a", "--amend", "-m", "moved")
    repository.replace("lib.c", "malloc(size);", "malloc(size); // new")
    repository.check()


def indented_code(repository):
    repository.replace("lib.c", SPARE_BODY,
                       "    if (size > 1) {\n        void *block = malloc(size);\n"
                       "        return block ? memset(block, 1, size) : NULL;\n    }\n    return NULL;")
    repository.commit()
    repository.check()


def renamed_file(repository):
    repository.git("mv", "lib.c", "other.c")
    repository.commit()
    repository.check("other.c")
    repository.replace("other.c", "void *block = malloc(size);", "void *block = calloc(size, 2); // new")
    repository.git("mv", "other.c", "third.c")
    repository.commit()
    repository.check("third.c", since="HEAD~2")


def renamed_and_not_added(repository):
    os.rename(repository.path("lib.c"), repository.path("other.c"))
    repository.check("other.c", since="HEAD")


def deleted_site(repository):
    repository.replace("lib.c", "        free(spare(9));\n", "        abort();\n")
    repository.replace("lib.c", SPARE_BODY,
                       "    return (void *)size;")
    repository.commit()
    repository.check()


def new_macro(repository):
    repository.replace("lib.h", "void *use", "#define NEW(type) ((type *)malloc(sizeof(type)))\nvoid *use")
    repository.replace("lib.c", "free(spare(9));", "*NEW(long) = 7; // new")
    repository.commit()
    repository.check()


def changed_macro(repository):
    """The line that uses it is as it was, and allocates only now."""
    repository.replace("lib.h", "void *use", "extern long pool;\n#define NEW(type) \\\n    (&pool)\nvoid *use")
    repository.replace("lib.c", "free(spare(9));", "*NEW(long) = 7;")
    repository.replace("lib.c", "volatile int never;", "volatile int never;\nlong pool;")
    repository.commit()
    repository.replace("lib.h", "    (&pool)", "    ((type *)malloc(sizeof(type)))")
    repository.commit()
    repository.replace("lib.c", "*NEW(long) = 7;", "*NEW(long) = 7; // new")
    repository.check(options=["-fno-builtin"])


def conditional_site(repository):
    repository.replace("lib.c", "free(spare(9));", "free(spare(9));\n#ifdef FEATURE\n    if (never)\n"
                       "        memset(malloc(7), never, 7), abort(); // new\n#endif")
    repository.commit()
    repository.check(missing=True)
    repository.check(options=["-DFEATURE"])


def new_in_template(repository):
    repository.write(box_hh="template <typename T> struct Box {\n    T *made = nullptr;\n    void make()\n    {\n"
                     "        made = new T[5]; // new\n    }\n};\n",
                     lib_cc="#include \"box.hh\"\n#include <cstdlib>\nvolatile int never;\nvoid *kept;\n"
                     "extern \"C\" void *use(void)\n{\n    if (never) {\n"
                     "        Box<int> ints;\n        Box<char> texts;\n        ints.make();\n"
                     "        texts.make();\n        kept = ints.made + *texts.made;\n    }\n"
                     "    return std::malloc(8);\n}\n")
    repository.commit()
    for level in ("-O0", "-O2"):
        repository.check("lib.cc", compiler="g++", level=level)


def changed_beside(repository):
    repository.replace("lib.c", "return block ? memset(block, 1, size) : NULL;",
                       "return block ? memset(block, 4, size) : NULL;")
    repository.replace("lib.c", "static void *spare(size_t size)", "static void *spare(size_t  size)")
    repository.commit()
    repository.check()


def changed_argument(repository):
    """A call on several lines is one site."""
    repository.replace("lib.c", "void *block = malloc(size);", "void *block = malloc(size +\n"
                       "                         1);")
    repository.commit()
    repository.replace("lib.c", "                         1);", "                         2);")
    repository.commit()
    repository.replace("lib.c", "malloc(size +", "malloc(size + // new")
    repository.check()


def generated_outside(repository):
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "lib.c")
        shutil.copy(repository.path("lib.h"), folder)
        repository.replace("lib.h", "void *use", "void *grammar(void);\nvoid *use")
        repository.call("grammar()")
        repository.write(grammar_y="%%\n\n    void *block = malloc(3); // new\n")
        repository.commit()
        made = os.path.join(folder, "grammar.c")
        with open(made, "w", encoding="utf-8") as file:
            file.write("#include <stdlib.h>\n#include <string.h>\nvoid *grammar(void)\n{\n"
                       "    void *table = malloc(4000);\n    memset(table, 0, 4000);\n"
                       f"#line 3 \"{repository.path('grammar.y')}\"\n    void *block = malloc(3);\n"
                       f"#line 9 \"{made}\"\n    memcpy(table, &block, sizeof block);\n    return table;\n}}\n")
        repository.check("lib.c", made)
        repository.write(generated__grammar_c=open(made, encoding="utf-8").read())
        repository.check("lib.c", "generated/grammar.c")


def submodule(repository):
    with tempfile.TemporaryDirectory() as folder:
        part = Repository(folder, lib_c="#include <stdlib.h>\n#include <string.h>\n\nint part_first;\n\n"
                          "void *part(void)\n{\n    return NULL;\n}\n")
        repository.git("submodule", "--quiet", "add", folder, "part")
        repository.call("part()")
        repository.commit()
        part.replace("lib.c", "    return NULL;", "    void *block = malloc(5);\n"
                     "    return block ? memset(block, 1, 5) : NULL;")
        part.commit()
        repository.git("submodule", "--quiet", "update", "--remote")
        repository.commit()
        repository.replace("part/lib.c", "malloc(5);", "malloc(5); // new")
        repository.check("lib.c", "part/lib.c")


def merge_commit(repository):
    repository.git("checkout", "-q", "-b", "branch")
    repository.replace("lib.c", "void *use(void)\n", ADDED)
    repository.call("added()")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.replace("lib.h", "void *use", "/* what allocates */\nvoid *use")
    repository.commit()
    repository.git("merge", "-q", "--no-ff", "-m", "merged", "branch")
    repository.check()
    repository.check(since="main~1")
    repository.check(since="branch~1")


def branch_behind(repository):
    """What others changed on the main branch meanwhile is no change of this one."""
    repository.git("checkout", "-q", "-b", "branch")
    repository.replace("lib.h", "void *use", "/* what allocates */\nvoid *use")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.replace("lib.c", "void *block = malloc(size);", "void *block = calloc(size, 1);")
    repository.commit()
    repository.git("checkout", "-q", "branch")
    repository.check(since="main")


KINDS = [static_function, header_inline, moved_code, moved_to_other_function, indented_code, renamed_file,
         renamed_and_not_added, deleted_site, new_macro, changed_macro, conditional_site, new_in_template,
         changed_beside, changed_argument, generated_outside, submodule, merge_commit, branch_behind]
for kind in KINDS:
    if len(sys.argv) == 2 or kind.__name__ in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as place:
            print(kind.__name__, flush=True)
            kind(Repository(os.path.realpath(place)))
print("coverage_changes.py: only new sites fail")
