#!/usr/bin/python3
"""Writes the CSV files of data/ from the packages that ship the originals.

Needs python3-statsmodels and python3-sklearn; run it only to check that the files are what
data/README.md says they are. Usage: scripts/make_data.py FOLDER
"""

import sys
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_digits
from statsmodels.datasets import co2, sunspots


def sunspots_yearly():
    table = sunspots.load_pandas().data
    return pd.DataFrame({"year": table["YEAR"].astype(int), "sunspots": table["SUNACTIVITY"]})


def mauna_loa_co2():
    weekly = co2.load_pandas().data["co2"]
    time = weekly.index
    year = time.year + (time.dayofyear - 0.5) / (365 + time.is_leap_year)
    return pd.DataFrame(
        {
            "date": time.strftime("%Y%m%d"),
            "year": year.map("{:.4f}".format),
            "co2_ppm": weekly.interpolate().round(2).to_numpy(),
            "interpolated": weekly.isna().astype(int).to_numpy(),
        }
    )


def digits_8x8():
    digits = load_digits()
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    return pd.DataFrame(digits.data.astype(int), columns=names).assign(digit=digits.target)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for make in (sunspots_yearly, mauna_loa_co2, digits_8x8):
        make().to_csv(folder / f"{make.__name__}.csv", index=False)
