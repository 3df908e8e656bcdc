#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes iomt.h and iomt.c, the public headers and the core in two files: amalgamate.py DIRECTORY

In one file all names meet. What one source file keeps to itself (static functions and objects, tags,
enumerators, macros) gets the file's name in front of it when another file knows the same word for
something else: put of domain/carry.c becomes carry_put. The sources need not know of each other.
What the compiler would not see, a word that a macro pastes or makes a string of, keeps its name.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
FORMATS = ("amdv1", "x86_64", "vtd_ss", "arm_s1", "arm_s2", "riscv_s1", "riscv_s2")
ENGINE = ("config", "cursor", "iterate", "map", "pt", "split", "table", "translate", "trim", "visit", "words")
FIRST = ("base", "mem", "gather", "pt", "cursor", "formats")  # public headers that open the one: then by name
BASE = [f"pgtable/{name}.c" for name in ENGINE] + ["iotlb/gather.c", "error.c", "debug.c"]

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)|(?P<word>[A-Za-z_]\w*)|(?P<mark>->|\#\#|[^\s\w])|(?P<space>\s+)""",
    re.S,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<(iomt/[^>]+)>).*\n', re.M)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.M | re.S)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
GUARD = re.compile(r"^#ifndef (\w+_H)\n#define \1\n(.*)^#endif\n\Z", re.M | re.S)
SYSTEM = re.compile(r"^#include <(std\w+\.h)>\n", re.M)
EXTERN_C = re.compile(r'^#ifdef __cplusplus\n(?:extern "C" \{|\})\n#endif\n', re.M)
MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n\\]|\\.)*)", re.M | re.S)
ALIKE = {"u64"}  # the same wherever they are defined
TAGS = ("struct", "union", "enum")
TAGGED = re.compile(r"\b(struct|union|enum)\b\s*(\w*)\s*$")


def tokens(text):
    return [(m.lastgroup, m.group()) for m in TOKEN.finditer(text)]


def read(path):
    return path.read_text(encoding="utf-8")


def without_comments(text):
    return "".join(" " if kind == "comment" else '""' if kind == "text" else token for kind, token in tokens(text))


def declarations(text):
    """What stands outside of braces, as pairs of a declaration and the braces that end it."""
    outside, braces, depth = "", "", 0
    for char in ATTRIBUTE.sub(" ", DIRECTIVE.sub(" ", text)):
        if char == "}":
            depth -= 1
            if not depth:
                yield outside.strip(), braces
                outside = outside + " " if TAGGED.search(outside) else ""
                braces = ""
                continue
        if depth:
            braces += char
        elif char == ";":
            yield outside.strip(), ""
            outside = ""
        elif char != "{":
            outside += char
        depth += char == "{"


def declared(text):
    """The names that a static declaration or a typedef of this text makes."""
    pointer = re.match(r"[^()]*\(\s*\*\s*(\w+)", text)
    if pointer:
        return [pointer.group(1)]
    head = text.split("(")[0]
    if "=" in head:  # not a function
        head = re.sub(r"\([^()]*\)", "", text)
    return [re.findall(r"\w+", re.split(r"[\[=]", part)[0])[-1] for part in head.split(",")]


def pasted(body):
    """Which parameters of this macro it pastes or makes a string of."""
    parameters = re.match(r"\(([^)]*)\)", body)
    names = [name.strip() for name in parameters.group(1).split(",")] if parameters else []
    return [i for i, name in enumerate(names) if re.search(rf"#\s*{name}\b|\b{name}\s*##", body)]


class File:
    """A source file or a private header of the core."""

    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(SRC))
        self.text = read(path)
        self.includes = [(path.parent / name).resolve() for name, public in INCLUDE.findall(self.text) if name]
        bare = without_comments(INCLUDE.sub("", self.text))
        self.words = set(re.findall(r"[A-Za-z_]\w*", bare))
        self.macros = {name for name, body in MACRO.findall(bare)}
        self.pasting = {name: pasted(body) for name, body in MACRO.findall(bare) if "#" in body}
        self.calls = re.findall(r"\b(\w+)\s*\(([^()]*)\)", DIRECTIVE.sub("", bare))
        self.names, self.tags = set(), set()
        for outside, braces in declarations(bare):
            self.declare(outside, braces)

    def declare(self, outside, braces):
        tag = TAGGED.search(outside) if braces else None
        if tag:
            self.tags.update({tag.group(2)} - {""})
            self.names.update(re.findall(r"(?:^|,)\s*(\w+)", braces) if tag.group(1) == "enum" else [])
        elif re.match(r"(static|typedef|[A-Z]+_(NO)?INLINE)\b", outside):
            self.names.update(declared(outside))

    def closure(self, files):
        """This file and all private headers that it includes."""
        seen, todo = {self.path}, [self.path]
        while todo:
            for path in files[todo.pop()].includes:
                if path not in seen:
                    seen.add(path)
                    todo.append(path)
        return seen

    def prefixes(self, files):
        """The file's name, unless a file in another directory has it too; and both."""
        stem = self.path.stem
        alone = all(path.parent == self.path.parent for path in files if path.stem == stem)
        return ([stem] if alone else []) + [f"{self.path.parent.name}_{stem}"]


def renames(files, public):
    """For each file its own words and tags that mean something else in others, with their new names."""
    known = public.union(*(file.words for file in files.values()))
    closures = {path: file.closure(files) for path, file in files.items()}
    pasting = {name: places for file in files.values() for name, places in file.pasting.items()}
    kept = set(ALIKE)
    for path, file in files.items():
        known_here = set().union(*(files[other].names for other in closures[path]))
        for name, given in file.calls:
            kept.update(known_here.intersection(given.split(",")[place].strip() for place in pasting.get(name, [])))
    own = {}
    for path, file in files.items():
        foreign = public.union(
            *(files[other].words for other in files if path not in closures[other] and other not in closures[path])
        )
        shared = set().union(*(files[other].words for other in closures[path] - {path}))

        def fresh(word):
            for prefix in file.prefixes(files):
                name = f"{prefix}_{word}"
                name = name.upper() if word.isupper() else name
                if name not in known:
                    return name
            raise SystemExit(f"amalgamate.py: {file.name}: no new name for {word}")

        def clash(word):
            return word in foreign - kept and not word.startswith("iomt_")

        words = {word: fresh(word) for word in sorted(file.macros | file.names) if clash(word)}
        elsewhere = set().union(*(other.tags for other in files.values() if other is not file))
        tags = {word: fresh(word) for word in sorted((file.tags & elsewhere) - shared)}
        own[path] = words, tags
    return {
        path: tuple({old: new for other in sorted(closures[path]) for old, new in own[other][i].items()} for i in (0, 1))
        for path in files
    }


def renamed(text, words, tags):
    """The text with other words; members of structs keep theirs."""
    out, before, bodies = [], ["", ""], [False]
    line = tokens(text)
    for i, (kind, token) in enumerate(line):
        if token == "{":
            bodies.append(bodies[-1] or bool({"struct", "union"}.intersection(before)))
        elif token == "}":
            bodies.pop()
        elif kind == "word" and before[-1] not in (".", "->", "#", "##"):
            pasted = next((t for k, t in line[i + 1 :] if k != "space"), "") == "##"
            if before[-1] in TAGS:
                token = tags.get(token, token)
            elif not pasted and (token.isupper() or not bodies[-1]):
                token = words.get(token, token)
        if kind not in ("comment", "space"):
            before = [before[-1], token]
        out.append(token)
    return "".join(out)


def part(name, text):
    """A file's text, with what it is called for a heading and without what one file needs once."""
    text = GUARD.sub(r"\2", EXTERN_C.sub("", SYSTEM.sub("", INCLUDE.sub("", text))))
    text = text.replace("/* SPDX-License-Identifier: MIT */\n", "")
    return f"/* ---- {name} ---- */\n\n" + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def banner(what):
    version = re.search(r"^ *VERSION ([\d.]+)", read(ROOT / "CMakeLists.txt"), re.M).group(1)
    made = "Made out of iomt's sources by its scripts/amalgamate.py: change those."
    licence = read(ROOT / "LICENSE").strip().splitlines()
    lines = [f"iomt {version}, I/O memory translation: {what}.", made, "", *licence]
    body = "\n".join(f" * {line}".rstrip() for line in lines)
    return f"/* SPDX-License-Identifier: MIT */\n/*\n{body}\n */\n"


HEADER = """#ifndef IOMT_IOMT_H
#define IOMT_IOMT_H

{system}

#ifdef __cplusplus
extern "C" {{
#endif

{parts}
#ifdef __cplusplus
}}
#endif

#endif
"""


def public_header():
    """iomt/iomt.h and all that it includes, those first that others need; and the words in it."""
    texts = {}  # in this order

    def visit(name):
        if name in texts:
            return
        text = read(ROOT / "include" / name)
        for _, include in INCLUDE.findall(text):
            visit(include)
        texts[name] = text

    for name in (*FIRST, "iomt"):
        visit(f"iomt/{name}.h")
    everything = "\n".join(texts.values())
    system = "\n".join(f"#include <{name}>" for name in sorted(set(SYSTEM.findall(everything))))
    parts = "\n".join(part(name, text) for name, text in texts.items())
    return HEADER.format(system=system, parts=parts), set(re.findall(r"[A-Za-z_]\w*", without_comments(everything)))


def condition(users):
    """When a piece is wanted, by the source files that need it; "" is always."""
    if users & {SRC / name for name in BASE}:
        return ""
    parts = [f"defined(IOMT_ONLY_{name.upper()})" for name in FORMATS if SRC / f"pgtable/{name}.c" in users]
    return " || ".join(["!defined(IOMT_ONLY)", *parts])


def in_order(files):
    """Headers before those who include them, then sources: the engine first, formats, the rest."""
    order = []

    def visit(path):
        if path in order:
            return
        for include in files[path].includes:
            visit(include)
        order.append(path)

    first = [SRC / name for name in BASE] + [SRC / f"pgtable/{name}.c" for name in FORMATS]
    sources = first + [path for path in files if path.suffix == ".c" and path not in first]
    for path in sources:
        visit(path)
    return [path for path in order if path.suffix == ".h"] + sources


ONLY = """#include "iomt.h"

/* IOMT_ONLY_AMDV1 and the like: page tables of the formats that are named, and nothing else. */
#if {}
#define IOMT_ONLY 1
#endif
"""


def source(files, public):
    maps = renames(files, public)
    closures = {path: file.closure(files) for path, file in files.items()}
    any_format = " || \\\n\t".join(f"defined(IOMT_ONLY_{name.upper()})" for name in FORMATS)
    out, current = [ONLY.format(any_format)], ""
    for path in in_order(files):
        users = {other for other in files if other.suffix == ".c" and path in closures[other]}
        wanted = condition(users)
        if wanted != current:
            out += ["#endif\n"] if current else []
            out += [f"#if {wanted}\n"] if wanted else []
            current = wanted
        out.append(part(f"src/{files[path].name}", renamed(files[path].text, *maps[path])))
    out += ["#endif\n"] if current else []
    return "\n".join(out)


def main():
    if len(sys.argv) != 2:
        raise SystemExit("usage: amalgamate.py DIRECTORY")
    into = Path(sys.argv[1])
    paths = sorted(path for path in SRC.rglob("*.[ch]") if SRC / "hosted" not in path.parents)
    files = {path: File(path) for path in paths}
    header, public = public_header()
    made = {"iomt.h": banner("the whole interface") + header, "iomt.c": banner("the core") + source(files, public)}
    into.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        if not (into / name).exists() or read(into / name) != text:  # so that only what changes is built again
            (into / name).write_text(text, encoding="utf-8")


main()
