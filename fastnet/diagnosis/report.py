"""What a diagnosis is: findings, each a number beside its threshold, as text and HTML."""

from __future__ import annotations

import html as html_module
from dataclasses import dataclass, field

__all__ = ["Diagnosis", "Finding"]


@dataclass(frozen=True)
class Finding:
    """One question to a fit and its answer: a number, its threshold, and what to do where it is crossed.

    Attributes
    ----------
    name : str
        ``"held_out"``, ``"gaps"``, ``"edge"``, ``"still_falling"``, ``"over_regularised"``, ``"scales"``,
        ``"stand_ins"`` or ``"interactions"``.
    meaning : str
        What the number is.
    number, threshold : float
    fires : {">", "<"}
        The finding is a pitfall where ``number > threshold``, or where ``number < threshold``.
    advice : str
        One sentence: what to do if it fired.
    details : tuple of str
        The columns or pairs behind the number, the strongest first.
    """

    name: str
    meaning: str
    number: float
    threshold: float
    fires: str
    advice: str
    details: tuple[str, ...] = ()

    @property
    def fired(self) -> bool:
        """Whether the threshold is crossed."""
        return bool(self.number > self.threshold if self.fires == ">" else self.number < self.threshold)

    def line(self) -> str:
        """The number and its threshold, on one line."""
        verdict = "PITFALL" if self.fired else "fine"
        return f"{verdict:>7}  {self.name}: {self.meaning} {self.number:.3g} (a pitfall where {self.fires} " + (
            f"{self.threshold:.3g})"
        )


@dataclass(frozen=True, repr=False)
class Diagnosis:
    """All findings of a fit. Iterates over those that fired; ``str()`` and notebooks show the report.

    Attributes
    ----------
    findings : tuple of Finding
        Every question that could be asked, fired or not.
    skipped : dict of str to str
        Questions that were not asked, and why.
    alpha : float
        The point that was looked at.
    n_selected : int
        Its non-zero coefficients.
    """

    findings: tuple[Finding, ...]
    alpha: float
    n_selected: int
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def fired(self) -> tuple[Finding, ...]:
        """The pitfalls: findings whose number crosses its threshold."""
        return tuple(finding for finding in self.findings if finding.fired)

    def __iter__(self):
        return iter(self.fired)

    def __len__(self) -> int:
        return len(self.fired)

    def __bool__(self) -> bool:
        """True where something fired."""
        return bool(self.fired)

    def __getitem__(self, name: str) -> Finding:
        """A finding by its name, fired or not."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        if name in self.skipped:
            raise KeyError(f"{name} was not looked at: {self.skipped[name]}")
        known = ", ".join([finding.name for finding in self.findings] + list(self.skipped))
        raise KeyError(f"{name!r} is no finding; known are {known}")

    def _title(self) -> str:
        count = len(self.fired)
        features = f"{self.n_selected} selected feature{'' if self.n_selected == 1 else 's'}"
        return f"Diagnosis at alpha {self.alpha:.4g}, {features}: {count} pitfall{'' if count == 1 else 's'}"

    def __repr__(self) -> str:
        names = ", ".join(finding.name for finding in self.fired)
        return f"<{self._title()}{': ' + names if names else ''}>"

    def __str__(self) -> str:
        lines = [self._title(), ""]
        for finding in sorted(self.findings, key=lambda finding: not finding.fired):
            lines.append(finding.line())
            if finding.fired:
                lines += [f"{'':9}{finding.advice}", *(f"{'':11}{detail}" for detail in finding.details)]
        lines += [f"{'-':>7}  {name}: not looked at, {reason}" for name, reason in self.skipped.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(_row(finding) for finding in sorted(self.findings, key=lambda finding: not finding.fired))
        rest = "<br>".join(html_module.escape(f"{name}: not looked at, {why}") for name, why in self.skipped.items())
        head = "".join(f"<th>{word}</th>" for word in ("", "finding", "number", "pitfall where", "advice"))
        return (
            f"<div><p>{html_module.escape(self._title())}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{rest}</p></div>"
        )


def _row(finding: Finding) -> str:
    advice = "<br>".join([finding.advice, *finding.details]) if finding.fired else ""
    cells = (
        "pitfall" if finding.fired else "fine", f"{finding.name}: {finding.meaning}", f"{finding.number:.3g}",
        f"{finding.fires} {finding.threshold:.3g}",
    )  # fmt: skip
    text = "".join(f"<td>{html_module.escape(cell)}</td>" for cell in cells)
    return f"<tr>{text}<td>{html_module.escape(advice).replace('&lt;br&gt;', '<br>')}</td></tr>"
