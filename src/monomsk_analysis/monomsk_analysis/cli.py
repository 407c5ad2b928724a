"""The command `monomsk`."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from monomsk_analysis import __version__
from monomsk_analysis.cli_options import takes_options
from monomsk_analysis.command_options import AnalyzeOptions, Debug, DynamicsOptions
from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.progress import Stages
from monomsk_description.errors import DescriptionError
from monomsk_dynamics.errors import DynamicsError
from monomsk_perception.errors import PerceptionError

PROJECT_ERRORS = (AnalysisError, DescriptionError, DynamicsError, PerceptionError)
EXIT_BAD_INPUT = 2

app = typer.Typer(
    name="monomsk",
    help="Joint angles and the forces behind them from one camera.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
@takes_options(AnalyzeOptions)
def analyze(options: AnalyzeOptions) -> None:
    """Angles, torques and forces of the person in a video or a bag."""
    _guard(lambda: _analyze(options), debug=options.debug)


@app.command()
@takes_options(DynamicsOptions)
def dynamics(options: DynamicsOptions) -> None:
    """Torques and forces behind angles or markers, without plates."""
    _guard(lambda: _dynamics(options), debug=options.debug)


@app.command()
def view(
    recording: Annotated[
        Path, typer.Argument(metavar="RESULT", help="result.mcap, or a bag of the recorder.")
    ],
    save: Annotated[Path | None, typer.Option(help="Write this .rrd instead of showing.")] = None,
    debug: Debug = False,
) -> None:
    """Show results in Rerun's viewer (pip install rerun-sdk)."""
    from monomsk_analysis.rerun_view import show

    _guard(lambda: typer.echo(f"{show(recording, save)} results"), debug=debug)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format="monomsk: %(message)s")
    app()


# The two commands import their machinery late: `monomsk --help` shall not wait for it.


def _analyze(options: AnalyzeOptions) -> None:
    from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
    from monomsk_analysis.body_choice import read_person
    from monomsk_analysis.camera_choice import CameraRequest
    from monomsk_analysis.console_summary import print_results
    from monomsk_analysis.frame_source import TimeWindow
    from monomsk_description.threads import use_one_thread

    use_one_thread()
    console, folder = Console(stderr=True), options.out or _results_of(options.source)
    subject, model = read_person(
        options.model, options.height_m, options.mass_kg, options.sex.value
    )
    request = AnalyzeRequest(
        source=options.source,
        out=folder,
        subject=subject,
        camera=CameraRequest(
            options.focal_px,
            options.camera_info,
            options.camera_height_m,
            options.camera_pitch_deg,
        ),
        window=TimeWindow(options.start_s, math.inf if options.end_s is None else options.end_s),
        model_complexity=options.model_complexity.value,
        lifter=options.lifter.value,
        image_topic=options.image_topic,
        image_rotation_deg=options.image_rotation_deg,
        overlay=options.overlay,
        overwrite=options.overwrite,
        model=model,
        fit_proportions=options.fit_proportions,
        causal=options.causal,
        muscles=options.muscles,
    )
    run_analyze(request, Stages(console))
    print_results(console, folder)


def _dynamics(options: DynamicsOptions) -> None:
    from monomsk_analysis.body_choice import read_person
    from monomsk_analysis.console_summary import print_results
    from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
    from monomsk_analysis.floor_choice import read_floor
    from monomsk_analysis.marker_motion import MarkerRequest, marker_pair
    from monomsk_description.threads import use_one_thread

    use_one_thread()
    subject, model = read_person(
        options.model, options.height_m, options.mass_kg, options.sex.value
    )
    console, folder = Console(stderr=True), options.out or _results_of(options.motion)
    markers = MarkerRequest(
        tuple(options.static or ()),
        options.markers and options.markers.value,
        options.up and options.up.value,
        options.forces,
        tuple(marker_pair(text) for text in options.exchange or ()),
    )
    request = DynamicsRequest(
        options.motion,
        folder,
        subject,
        options.overwrite,
        model,
        markers,
        options.muscles,
        options.solver.value,
        read_floor(options.floor),
    )
    run = run_dynamics(request, Stages(console))
    if run.motion.markers:
        console.print(run.motion.markers.sentence(), highlight=False, soft_wrap=True)
    print_results(console, folder)


def _results_of(source: Path) -> Path:
    """Where results go when nobody said: a folder here, named after the recording."""
    return Path(f"{source.resolve().stem}_monomsk")


def _guard(work: Callable[[], None], *, debug: bool) -> None:
    """Run a command; turn the project's errors into one line and an exit code."""
    try:
        work()
    except PROJECT_ERRORS as error:
        if debug:
            raise
        _refuse(str(error))
    except OSError as error:
        # a name that is too long, a folder that nobody may look into: the system says it best
        if debug:
            raise
        _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ModuleNotFoundError as error:
        if debug or (error.name or "").startswith("monomsk_"):
            raise
        _refuse(f"the Python package '{error.name}' is missing; run `make setup`")


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"monomsk: {' '.join(reason.split())}", err=True)
    raise typer.Exit(EXIT_BAD_INPUT)


if __name__ == "__main__":
    main()
