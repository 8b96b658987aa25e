"""Axes side by side for the examples, where matplotlib is installed."""

from __future__ import annotations


def make_axes(count: int):
    """`count` axes in a row; None where matplotlib is missing, and then it says so."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print("\nNo picture: it needs matplotlib. Install it with: python -m pip install '.[plot]'")
        return None
    _, axes = plt.subplots(1, count, figsize=(7.0 * count, 4.8), layout="constrained", squeeze=False)
    return list(axes[0])


def save(axes, output: str) -> None:
    """Write the picture that holds these axes."""
    axes[0].figure.savefig(output, dpi=100)
    print(f"\nPicture: {output}")
