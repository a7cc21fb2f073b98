"""The picture of load.py: how many requests per second a core serves, by application and server."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

INK, FAINT, OURS, OTHERS = "#1f2430", "#8a90a0", "#c2410c", "#a8b3c7"
PANELS = ("GET /ping", "POST /orders, validated, 973 bytes")


def bars(rates: dict[str, list[float]], path: Path) -> None:
    """Draw the rates of each title, one panel for each workload, the fastest at the top.

    Args:
        rates: by "application @ server", requests per second for each of PANELS.
    """
    mpl.use("Agg")
    mpl.rcParams.update({"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK, "axes.labelcolor": INK})
    figure, axes = plt.subplots(1, len(PANELS), figsize=(12, 4.4), sharey=True, layout="constrained")
    titles = sorted(rates, key=lambda title: rates[title][-1])
    for number, (axis, panel) in enumerate(zip(axes, PANELS, strict=True)):
        values = [rates[title][number] for title in titles]
        colours = [OURS if title.startswith("pymacaron") else OTHERS for title in titles]
        drawn = axis.barh(titles, values, color=colours, height=0.68)
        axis.bar_label(drawn, [f"{value:,.0f}" for value in values], padding=5, color=INK, fontsize=9)
        axis.set_title(panel, loc="left", fontsize=11, fontweight="bold", pad=10)
        axis.set_xlim(0, max(values) * 1.17)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.spines["left"].set_color(FAINT)
        axis.tick_params(axis="y", length=0)
        axis.set_xticks([])
    for label, title in zip(axes[0].get_yticklabels(), titles, strict=True):
        label.set(color=OURS if title.startswith("pymacaron") else INK)
    figure.supxlabel("Bare Flask validates nothing. How it is measured: docs/benchmarks.md", fontsize=9, color=FAINT)
    figure.suptitle("Requests per second that one core serves", x=0.01, ha="left", fontsize=13, fontweight="bold")
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
