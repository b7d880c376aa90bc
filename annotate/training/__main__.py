"""`python -m annotate.training`: train the bundled pipeline from scratch, export it, and fit its confidence."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from annotate.errors import AnnotateError
from annotate.training import require_training


def main() -> int:
    """The exit code: 0 done, 1 with a message about what is missing."""
    parser = argparse.ArgumentParser(prog="python -m annotate.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora, *.jsonl.gz")
    parser.add_argument("--encoder", type=Path, required=True, help="folder with model.safetensors and vocab.txt")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the new model folder")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.toml"))
    parser.add_argument("--checkpoint", type=Path, help="export this checkpoint instead of training")
    parser.add_argument("--start", type=Path, help="a model folder: train claims alone, keep its quotes and names")
    parser.add_argument(
        "--teacher", type=Path, help="folder like --encoder, of all-mpnet-base-v2: learn from what it reads as well"
    )
    options = parser.parse_args()
    try:
        require_training()
        from annotate.training.scratch import finish_model, train_from_scratch

        checkpoint = options.checkpoint or train_from_scratch(
            data=options.data,
            encoder=options.encoder,
            output=options.output / "checkpoints",
            start=options.start,
            teacher=options.teacher,
            config_file=options.config,
        )
        report = finish_model(
            checkpoint,
            data=options.data,
            encoder=options.encoder,
            output=options.output,
            start=options.start,
            config_file=options.config,
        )
    except AnnotateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
