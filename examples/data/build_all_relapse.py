"""Build all_relapse.npz from the data of Bioconductor's package ALL (Debian: r-bioc-all); README.md says what it holds.

    apt-get download r-bioc-all && dpkg-deb -x r-bioc-all_*.deb unpacked
    python build_all_relapse.py unpacked/usr/lib/R/site-library/ALL/data/ALL.rda

Needs R (the file is R's), but no package of R.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

READ = """
given <- commandArgs(trailingOnly = TRUE)
load(given[1])
about <- attr(attr(ALL, "phenoData"), "data")
day <- function(name) as.numeric(as.Date(as.character(about[[name]]), "%m/%d/%Y"))
time <- day("date last seen") - day("date.cr")
kept <- which(!is.na(time) & !is.na(about$relapse))
exprs <- get("exprs", attr(ALL, "assayData"))[, kept]
writeLines(rownames(exprs), file.path(given[2], "probes"))
writeBin(as.integer(round(100 * exprs)), file.path(given[2], "exprs"))
writeBin(as.numeric(c(time[kept], about$relapse[kept])), file.path(given[2], "outcome"))
"""


def main(rda):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "read.R").write_text(READ)
        subprocess.run(["Rscript", "--vanilla", str(place / "read.R"), rda, folder], check=True)
        probes = (place / "probes").read_text().split()
        time, relapse = np.fromfile(place / "outcome").reshape(2, -1)
        hundredths = np.fromfile(place / "exprs", np.int32).reshape(len(time), len(probes))
    # stored as differences from the probe's median: smaller numbers, a smaller file
    median = np.median(hundredths, axis=0).astype(np.int16)
    np.savez_compressed(
        Path(__file__).with_name("all_relapse.npz"),
        median=median, difference=(hundredths - median).astype(np.int16), probes=np.array("\n".join(probes)),
        days=time.astype(np.int16), relapse=relapse.astype(bool),
    )  # fmt: skip
    print(f"{hundredths.shape[0]} patients x {hundredths.shape[1]} probes, {relapse.sum():.0f} relapses, days {time}")


if __name__ == "__main__":
    main(sys.argv[1])
