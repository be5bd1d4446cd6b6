"""Randomised search for the documents that take longest to read: kinds of nonsense, alone and mixed, at every size.

    uv run python -m tests.schema.documents.worst_documents [--seed 1] [--tries 400]

prints the kind of the worst documents and the processor time that reading them takes, the least of several times.
"""

import argparse
import gc
import os
import random
import time
from collections.abc import Callable, Iterator

LARGEST = 256 * 1024

FIELDS: dict[str, Callable[[int], str]] = {
    "aliases": lambda n: f"a{n}: serverTime",
    "one field again and again": lambda _: "serverTime",
    "one selection again and again": lambda _: "viewer { __typename }",
    "selections that almost agree": lambda n: (
        f"viewer {{ __typename a{n}: __typename user {{ id b{n}: id }} }}"
    ),
    "arguments that agree": lambda _: 'course(slug: "x") { id title }',
    "arguments that do not": lambda n: f'course(slug: "{n}") {{ id }}',
    "inline fragments": lambda _: "... on Query { ... { serverTime } }",
    "unknown fields": lambda n: f"courseCatalogues{n}",
    "unknown types": lambda n: f"... on SubmitAnswersInputPayload{n} {{ id }}",
    "unknown arguments": lambda n: f"serverTime(slugs{n}: 1)",
    "unknown directives": lambda _: "serverTime @a @skip(if: true) @skip(if: false)",
    "fragments that are spread": lambda n: f"...F{n % 40}",
    "nesting": lambda n: "lessons { course { " * (n % 90) + "id" + " } }" * (n % 90),
    "introspection": lambda _: "__schema { types { fields { type { name } } } }",
    "lists": lambda n: f"nodes(ids: [{'1 ' * (n % 200)}]) {{ id }}",
    "lists of the wrong type": lambda n: f"courses(filter: [{'X ' * (n % 200)}]) {{ __typename }}",
    "objects": lambda n: (
        "courses(filter: {" + " ".join(f"a{each}: 1" for each in range(n % 100)) + "}) { __typename }"
    ),
    "strings": lambda n: f'course(slug: "{"x" * (n * 37 % 5_000)}") {{ id }}',
    "escapes": lambda n: 'course(slug: "' + "\\n\\u0041" * (n * 7 % 1_000) + '") { id }',
    "block strings": lambda n: 'course(slug: """' + " a\n" * (n * 11 % 2_000) + '""") { id }',
    "numbers": lambda n: f"courses(first: {'9' * (n % 90 + 1)}) {{ __typename }}",
    "names": lambda n: "x" * (n % 140 + 1),
    "comments": lambda n: "# a\n" * (n * 13 % 3_000) + "serverTime",
    "white space": lambda n: ",\n" * (n * 13 % 9_000) + "serverTime",
    "variables": lambda n: f"a{n}: node(id: $v{n % 50}) {{ id }}",
}
KINDS = [
    *FIELDS,
    "operations",
    "fragments",
    "fragments that are not spread",
    "definitions of variables",
    "punctuation",
]


def documents(seed: int) -> Iterator[tuple[str, str]]:
    """Endless documents of at most 256 kB, each with the kinds it is mixed of. The same for the same seed."""
    chance = random.Random(seed)
    while True:
        kinds = chance.sample(KINDS, chance.choice((1, 1, 2, 3)))
        size = round(5 * 1.3 ** chance.uniform(0, 20))
        text = document(kinds, size, chance)
        if len(text) <= LARGEST:
            yield f"{' and '.join(kinds)}, {size} of them", text


def document(kinds: list[str], size: int, chance: random.Random) -> str:
    """`size` pieces of these kinds, in one operation or in many."""
    inside = [FIELDS[kind] for kind in kinds if kind in FIELDS] or [FIELDS["aliases"]]
    pieces = [chance.choice(inside)(number) for number in range(size)]
    operations = max(1, size // chance.choice((2, 5))) if "operations" in kinds else 1
    variables = " ".join(
        f"$v{number}: ID!" for number in range(size if "definitions of variables" in kinds else 50)
    )
    signature = f"({variables})" if {"variables", "definitions of variables"} & set(kinds) else ""
    parts = [
        f"query Q{number}{signature} {{ {' '.join(pieces[number::operations])} }}"
        for number in range(operations)
    ]
    if {"fragments", "fragments that are spread"} & set(kinds):
        spreads = [chance.sample(range(number + 1, 41), min(2, 40 - number)) for number in range(40)]
        parts += [
            f"fragment F{number} on Query {{ viewer {{ __typename }} {' '.join(f'...F{each}' for each in after)} }}"
            for number, after in enumerate(spreads)
        ]
        parts.append("fragment F40 on Query { viewer { __typename } }")
    if "fragments that are not spread" in kinds:
        parts += [f"fragment U{number} on Query {{ serverTime }}" for number in range(size)]
    if "punctuation" in kinds:
        parts.append("{" * size)
    return " ".join(parts)


def milliseconds(read: Callable[[str], object], text: str, times: int) -> float:
    """The least processor time that reading `text` took."""
    spans = []
    for _ in range(times):
        before = time.process_time()
        read(text)
        spans.append(time.process_time() - before)
    return min(spans) * 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tries", type=int, default=400)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from schema.documents.reading import forget_documents, prepare
    from schema.root import schema

    def read(text: str) -> None:
        forget_documents()
        prepare(schema, text)

    read("{ serverTime }")
    gc.collect()
    gc.freeze()  # as the server does once it has started
    search = documents(options.seed)
    tried = [next(search) for _ in range(options.tries)]
    slowest = sorted(tried, key=lambda each: milliseconds(read, each[1], 2), reverse=True)[:10]
    measured = sorted(((milliseconds(read, text, 20), kind, text) for kind, text in slowest), reverse=True)
    for spent, kind, text in measured:
        print(f"{spent:6.1f} ms  {len(text):7,} characters  {kind}")


if __name__ == "__main__":
    main()
