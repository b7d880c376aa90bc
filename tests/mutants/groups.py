"""Which tests have to notice a fault in which modules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Modules of one package, and the tests that are run for each mutant of them.

    Of these tests a mutant gets those that call the mutated function.
    """

    modules: tuple[str, ...]
    """Names without `annotate.`; a package stands for its modules."""
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Tests left out, by their names: they take long and look at something else."""


# not here: score.measures, whose functions run when it is imported, before a mutant is chosen
GROUPS = {
    "items": Group(("items",), ("tests/unit/test_items.py",)),
    "agreement": Group(
        ("agreement",),
        (
            "tests/unit/agreement/test_agreement.py",
            "tests/unit/agreement/test_coding.py",
            "tests/unit/agreement/test_unitizing.py",
            "tests/unit/score/test_sample.py",
        ),
    ),
    "counts": Group(
        (
            "score.alignment",
            "score.claims",
            "score.counts",
            "score.entities",
            "score.links",
            "score.matching",
            "score.overlaps",
            "score.problems",
            "score.quotes",
            "score.tables",
        ),
        (
            "tests/unit/score/test_alignment.py",
            "tests/unit/score/test_corpus_gold.py",
            "tests/unit/score/test_counts.py",
            "tests/unit/score/test_matching.py",
            "tests/unit/score/test_oracle.py",
            "tests/unit/score/test_overlaps.py",
            "tests/unit/score/test_tables.py",
            "tests/contract/test_score_definitions.py",
        ),
        ("entity_invariants",),
    ),
    "values": Group(
        (
            "score.compare",
            "score.distributions",
            "score.evaluate",
            "score.formulas",
            "score.options",
            "score.ranking",
            "score.report",
            "score.resampling",
            "score.sample",
            "score.signature",
            "score.significance",
            "score.weights",
        ),
        (
            "tests/unit/score/test_by_story.py",
            "tests/unit/score/test_options.py",
            "tests/unit/score/test_ranking.py",
            "tests/unit/score/test_report.py",
            "tests/unit/score/test_resampling.py",
            "tests/unit/score/test_sample.py",
            "tests/unit/score/test_signature.py",
            "tests/unit/score/test_uncertainty.py",
            "tests/contract/test_measures.py",
            "tests/contract/test_score_definitions.py",
        ),
    ),
    "grouping": Group(
        ("release.grouping",),
        ("tests/unit/release/grouping",),
        ("a_year_of_one_campaign_does_not_stick_together", "new_articles_never_tie_older_ones_together"),
    ),
    "facts": Group(
        ("release.changes", "release.counts", "release.provenance"),
        (
            "tests/unit/release/test_changes.py",
            "tests/unit/release/test_counts.py",
            "tests/unit/release/test_provenance.py",
        ),
    ),
    "papers": Group(
        ("release.card", "release.tokens"),
        ("tests/unit/release/test_card.py", "tests/unit/release/test_tokens.py"),
        ("tags_of_the_real_tokenizer",),
    ),
    "pseudonyms": Group(("release.pseudonyms",), ("tests/unit/release/test_pseudonyms.py",)),
    "signing": Group(("release.signing",), ("tests/contract/test_signatures.py",)),
    "build": Group(
        (
            "release.build",
            "release.croissant",
            "release.spool",
            "release.writer",
        ),
        ("tests/contract/test_release.py",),
        (
            "a_change_to_any_byte_of_any_file_is_found",
            "croissant_is_valid_and_its_records_can_be_read",
            "datasets_loads_both_configs_offline",
            "the_order_of_the_input_leaves_no_trace",
        ),
    ),
    "check": Group(
        ("release.check", "release.check_papers"),
        ("tests/unit/release/test_check.py", "tests/contract/test_trust.py"),
        (
            "a_manifest_with_odd_values_gives_a_report_or_one_error",
            "files_of_any_bytes_under_a_fitting_manifest_give_a_report_or_one_error",
        ),
    ),
}
