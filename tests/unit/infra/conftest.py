"""A copy of the shipped configuration that a test may spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.settings import ConfigurationError, load_settings

ROOT = Path(__file__).resolve().parents[3]


class Configuration:
    """`config/` with a workload's code folder beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "config"

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the one place in `file` (under config/) that reads `old`."""
        path = self.folder / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def faults(self, environment: str = "local") -> list[str]:
        """The lines of the error that loading ends with."""
        with pytest.raises(ConfigurationError) as caught:
            load_settings(self.folder, environment)
        first, *lines = str(caught.value).splitlines()
        assert first.endswith("in the configuration:")
        assert len(lines) == len(caught.value.faults)
        return [line.strip() for line in lines]


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    for file in (ROOT / "model_code").glob("*/*"):
        if file.is_file():
            empty = tmp_path / file.relative_to(ROOT)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    return Configuration(tmp_path)


@pytest.fixture
def one_fault(configuration: Configuration) -> Callable[[str, str, str], str]:
    """Change one place of one file, and get the one fault that this makes."""

    def change(file: str, old: str, new: str) -> str:
        configuration.edit(file, old, new)
        (fault,) = configuration.faults()
        return fault

    return change
