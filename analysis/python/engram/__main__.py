"""python3 -m engram plot RESULTS.h5 --metric M --x PARAMETER [--y PARAMETER] -o PICTURE"""

import argparse
import sys

import matplotlib


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python3 -m engram", description="Pictures of results.")
    commands = parser.add_subparsers(dest="command", required=True)
    picture = commands.add_parser("plot", help="a metric against one or two parameters")
    picture.add_argument("results", help="results file (HDF5)")
    picture.add_argument("--metric", help="default: the study's objective")
    picture.add_argument("--x", required=True, help="parameter")
    picture.add_argument("--y", help="second parameter: the metric becomes the colour")
    picture.add_argument(
        "-o", "--output", required=True, help="picture; its ending says which kind (png, pdf, svg)"
    )
    options = parser.parse_args(arguments)

    matplotlib.use("Agg")
    from . import plot, study

    try:
        metric = options.metric or study(options.results)["objective"]
        figure = plot(options.results, metric, options.x, options.y)
        figure.savefig(options.output, dpi=150)
    except (KeyError, OSError, ValueError) as error:
        # str() of a KeyError has quotes around it.
        sys.exit(f"engram: {error.args[0] if isinstance(error, KeyError) else error}")


if __name__ == "__main__":
    main()
