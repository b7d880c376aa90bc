"""The commands that are killed: what each reads, what it writes, and how its result is looked at."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from annotate.files import read_text, resource_dir, sha256_file, sha256_text
from annotate.jsonl import write_records
from annotate.records import Annotation, Article, Claim, Entity, GoldRecord, Prediction, Quote, Span
from tests.support.spans import range_of

COUNT = 60
#: Articles of the kinds whose time goes with their number.
FEW = 8
OLD_LABEL, NEW_LABEL = "GPE", "PLACE"
#: Settings of a training that takes seconds and still learns the one name that there is to learn.
QUICK = {
    "passes = 8": "passes = 1",
    "train_articles = 15": "train_articles = 6",
    "held_out_articles = 8": "held_out_articles = 2",
    "held_out_items = 100": "held_out_items = 4",
    "encoder = 2e-5": "encoder = 2e-4",
    "heads = 1e-4": "heads = 2e-2",
    "warm_up = 10": "warm_up = 1",
    "pieces = 1024": "pieces = 80",
    "dropout = 0.1": "dropout = 0.0",
}
#: Content of a file by its name: what a command leaves, with which the next run is compared.
State = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One command, run in a folder with `inputs/`, writing below `out/`.

    Attributes:
        run: does the work; in a process of its own whose current folder it is.
        main: the file of the result that appears last; empty where there is no order.
        old: makes what was there before, where the command replaces something.
        once: a second run refuses to do it again, because a release is never changed.
        read: the state of the result.
        always_old: there is nothing to do without what was there before.
        end: stops what the command leaves running on purpose.
        fills: whether it writes to this machine's disk, which can be full.
    """

    kind: str
    run: Callable[[], None]
    main: str
    old: Callable[[], None] | None = None
    once: bool = False
    read: Callable[[], State] = field(default_factory=lambda: read_files)
    always_old: bool = False
    end: Callable[[], None] | None = None
    fills: bool = True


def read_files(root: Path = Path("out")) -> State:
    """The hashes of all files below `out/`, those apart that begin with a dot."""
    return {
        path.relative_to(root).as_posix(): sha256_file(path)
        for path in sorted(root.rglob("*"))
        if path.is_file() and not is_hidden(path.relative_to(root))
    }


def read_decisions() -> State:
    """The files, the log without the time of each decision."""
    log = Path("out/d.decisions.jsonl")
    state = dict(read_files())
    if log.exists():
        with contextlib.suppress(ValueError):
            lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
            state[log.name] = sha256_text(json.dumps([{**line, "at": None} for line in lines]))
    return state


def find_leftovers(root: Path = Path("out")) -> list[str]:
    """The names of what is not a result: temporary files, locks, folders in the making."""
    return [str(path) for path in sorted(root.rglob("*")) if is_hidden(path.relative_to(root))]


def is_hidden(path: Path) -> bool:
    """Whether a part of the path begins with a dot."""
    return any(part.startswith(".") for part in path.parts)


def annotate(*arguments: str) -> Callable[[], None]:
    """The command with these arguments."""

    def run() -> None:
        from annotate.cli.app import app

        app(list(arguments), standalone_mode=True)

    return run


def write_inputs() -> None:
    """Write what the commands read into `inputs/`: articles, annotations, predictions, gold, a release, settings."""
    folder = Path("inputs")
    decided = write_records_and_release(folder)
    write_records(folder / "articles.jsonl", [Article(id=one.id, text=one.text or "") for one in decided])
    copies = [Article(id=f"copy of {one.id}", text=f"(AP) {one.text}") for one in decided]
    write_records(folder / "copies.jsonl", copies)
    write_records(folder / "two.jsonl", [Article(id=one.id, text=one.text or "") for one in decided[:2]])
    write_records(
        folder / "annotations.jsonl",
        [
            Annotation(id=one.id, text=one.text, annotator=name, entities=entities, quotes=one.quotes)
            for one in decided
            for name, entities in (("ada", one.entities), ("ben", (one.entities or [])[:1]))
        ],
    )
    predictions = [
        Prediction(id=one.id, text=one.text, model="made-1", entities=one.entities, quotes=one.quotes)
        for one in decided
    ]
    write_records(folder / "predictions.jsonl", predictions)
    write_records(folder / "few.jsonl", predictions[:FEW])
    write_migration(folder)


def write_records_and_release(folder: Path) -> list[GoldRecord]:
    """Write `decided.jsonl` and its release below `gold/`; returns the records."""
    from annotate.release.build import release_records

    decided = [make_record(number) for number in range(COUNT)]
    write_records(folder / "decided.jsonl", decided)
    release_records(decided, "news", "1.0.0", to=folder / "gold")
    return decided


def make_record(number: int) -> GoldRecord:
    """A decided article with all layers; each is about a place of its own, so that no two are related."""
    place = "".join(chr(ord("a") + int(digit) * 2) for digit in f"{number:03}").title()
    words = " ".join(f"{place.lower()}{n}" for n in range(40))
    text = f"The council of {place} met. “{place} cannot wait,” Ann {place} said. {words}."

    at = partial(range_of, text)

    speaker = at(f"Ann {place}")
    return GoldRecord(
        id=f"a{number:03}",
        text=text,
        annotators=["ada", "ben"],
        decided_by="unanimous",
        entities=[Entity(*at(place), "GPE"), Entity(*speaker, "PERSON")],
        quotes=[Quote("direct", [Span(*at(f"“{place} cannot wait,”"))], Span(*speaker), Span(*at("said")))],
        claims=[Claim(*at(f"{place} cannot wait"), True, "other", Span(*speaker))],
    )


def write_old(*names: str) -> Callable[[], None]:
    """Writes what an earlier run left, so that a kill can be seen to keep it."""

    def write() -> None:
        for name in names:
            Path(name).write_text("the result of an earlier run\n")

    return write


def write_training() -> None:
    """Gold for one short training, its settings, and a network of one layer with few words to start from."""
    import torch

    from annotate.preannotate.news.pipeline import MODEL
    from annotate.training import model
    from annotate.training.export import export_network
    from annotate.training.improve import CONFIG
    from annotate.training.weights import restore_network

    folder = Path("inputs")
    text = "The Mary Celeste left the port of Genoa on Monday. Nobody saw the Mary Celeste again."
    starts = [text.index("Mary"), text.rindex("Mary")]
    names = [Entity(start, start + 12, "PRODUCT") for start in starts]
    records = [
        GoldRecord(id=str(number), text=text, entities=names, split="train" if number < 6 else "dev")
        for number in range(8)
    ]
    write_records(folder / "gold.jsonl", records)
    settings = CONFIG.read_text("utf-8")
    for usual, quick in QUICK.items():
        assert usual in settings
        settings = settings.replace(usual, quick)
    (folder / "quick.toml").write_text(settings)
    model.MINILM, model.CLAIM_LAYERS = replace(model.MINILM, layers=1), 1
    network = restore_network(MODEL, dropout=0.0)
    pieces = read_text(MODEL / "vocabulary.txt").splitlines()
    kept = [at for at, piece in enumerate(pieces) if piece.startswith("[") or piece.strip("#") in text.lower()]
    network.encoder.word = torch.nn.Embedding.from_pretrained(network.encoder.word.weight[kept])
    export_network(network, [pieces[at] for at in kept], folder / "start")
    (folder / "start" / "confidence.json").write_bytes((MODEL / "confidence.json").read_bytes())


def write_migration(folder: Path) -> None:
    """The packaged schema with a label renamed."""
    text = read_text(resource_dir("schemas") / "news.toml").replace(f'name = "{OLD_LABEL}"', f'name = "{NEW_LABEL}"')
    text = text.replace('version = "2.0.0"', 'version = "3.0.0"', 1)
    text += f'\n[[migrations]]\nfrom = "2.0.0"\nentities = {{ {OLD_LABEL} = "{NEW_LABEL}" }}\n'
    (folder / "new.toml").write_text(text)


def train() -> None:
    """As `annotate train inputs/gold.jsonl -o out/model`, but for the size of the network and of the training."""
    import torch

    from annotate.training import improve, model

    torch.set_num_threads(1)
    model.MINILM, model.CLAIM_LAYERS = replace(model.MINILM, layers=1), 1
    improve.train.__kwdefaults__.update(start=Path("inputs/start"), config_file=Path("inputs/quick.toml"))
    annotate("train", "inputs/gold.jsonl", "-o", "out/model")()


def train_before() -> None:
    """A model folder as an earlier training left it."""
    folder = Path("out/model")
    shutil.copytree("inputs/start", folder)
    (folder / "training.json").write_text('{"before": {}, "after": {}, "trained_on": 1, "held_out": 1}\n')


def read_model() -> State:
    """The model folder without its weights, which a training run does not repeat to the bit, but with their names."""
    folder = Path("out/model")
    if not folder.is_dir():
        return {}
    summary = json.loads((folder / "training.json").read_bytes())
    return {**{path.name: "" for path in folder.iterdir()}, "trained_on": str(summary["trained_on"])}


LOCAL = [
    Case(
        "preannotate",
        annotate("preannotate", "inputs/articles.jsonl", "-o", "out/p.jsonl", "--preannotator", "rules"),
        "p.jsonl",
        old=write_old("out/p.jsonl"),
    ),
    Case(
        "adjudicate",
        annotate("adjudicate", "inputs/annotations.jsonl", "-o", "out/d.jsonl", "--strategy", "union"),
        "d.jsonl",
        old=write_old("out/d.jsonl", "out/d.decisions.jsonl"),
        read=read_decisions,
    ),
    Case(
        "release",
        annotate(
            "release",
            "inputs/decided.jsonl",
            "--name",
            "news",
            "--version",
            "1.0.0",
            "--to",
            "out/gold",
            "--annotator-map",
            "out/names.json",
        ),
        "gold/news/1.0.0/manifest.json",
        once=True,
    ),
    Case(
        "export to a file",
        annotate("export", "inputs/gold/news/1.0.0", "--to", "conll", "-o", "out/g.conll"),
        "g.conll",
        old=write_old("out/g.conll"),
    ),
    Case(
        "export to a folder",
        annotate("export", "inputs/gold/news/1.0.0", "--to", "brat", "-o", "out/brat"),
        "brat/annotation.conf",
        once=True,
    ),
    Case(
        "explore",
        annotate("explore", "inputs/gold/news/1.0.0", "-o", "out/e.html"),
        "e.html",
        old=write_old("out/e.html"),
    ),
    Case(
        "publish to a folder",
        annotate("publish", "inputs/gold/news/1.0.0", "--to", "out/published"),
        "published/news/1.0.0/manifest.json",
    ),
    Case(
        "select",
        annotate("select", "inputs/articles.jsonl", "-n", "20", "-o", "out/b.jsonl"),
        "b.jsonl",
        old=write_old("out/b.jsonl"),
    ),
    Case(
        "transfer",
        annotate("transfer", "inputs/gold/news/1.0.0", "inputs/copies.jsonl", "-o", "out/t.jsonl", "--draft", "rules"),
        "t.jsonl",
        old=write_old("out/t.jsonl"),
    ),
    Case("train", train, "training.json", old=train_before, read=read_model),
]
