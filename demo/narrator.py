"""How the demo speaks: headings and lines that are never wrapped, so that each can be copied."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Narrator:
    """Prints on a console, and numbers the headings."""

    console: Console
    _headings: int = field(default=0, init=False)

    def say(self, line: str) -> None:
        """A line as it is: what looks like markup is text."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def heading(self, line: str) -> None:
        """The next numbered heading."""
        self._headings += 1
        self.console.print(
            f"\n[bold]{self._headings}  {line}[/bold]", highlight=False, soft_wrap=True
        )

    def restart(self) -> None:
        """Number the next heading 1."""
        self._headings = 0

    def title(self, line: str) -> None:
        """What a whole workload's part begins with."""
        self.console.rule(line, align="left", style="bold")
