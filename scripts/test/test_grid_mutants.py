"""A sample of the grid's mutants: each oracle can fail."""

import pathlib

import mutants


def test_sample(tmp_path: pathlib.Path) -> None:
    """None of those that a seed draws lives, and unchanged cells pass."""
    made = mutants.make(tmp_path / "cells")
    kinds = {name.rsplit("-", 1)[-1] for name in made}
    assert kinds >= {"state", "flag", "seq", "ack", "silence", "more", "result"}
    assert not mutants.survivors(made, 150, 1, tmp_path)
