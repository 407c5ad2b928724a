"""What the commands of `monomsk` take: options with their help, as dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from monomsk_analysis.cli_choices import Complexity, Lifter, MarkerSetName, Sex, Solver, UpAxis

_Height = Annotated[float | None, typer.Option(help="Height in metres; else assumed.")]
_Mass = Annotated[float | None, typer.Option(help="Mass in kilograms; else assumed.")]
_Sex = Annotated[Sex, typer.Option(help="Sex, for the masses of the segments.")]
_Out = Annotated[
    Path | None,
    typer.Option(help="Folder for the results; else NAME_monomsk here.", show_default=False),
]
_Model = Annotated[
    Path | None,
    typer.Option(
        help="The person's OpenSim model (.osim), or a file of height, mass, lengths (YAML)."
    ),
]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results in the folder.")]
_Solver = Annotated[
    Solver,
    typer.Option(help="Each frame's forces, then the motion; or both at once, without residual."),
]
_Muscles = Annotated[
    bool, typer.Option(help="Compute the muscles behind the torques, and joint contact forces.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@dataclass(frozen=True)
class AnalyzeOptions:
    """Options of `monomsk analyze`."""

    source: Annotated[
        Path, typer.Argument(metavar="VIDEO_OR_BAG", help="Video file, rosbag2 folder or file.")
    ]
    out: _Out = None
    height_m: _Height = None
    mass_kg: _Mass = None
    sex: _Sex = Sex.UNSPECIFIED
    model: _Model = None
    focal_px: Annotated[
        float | None, typer.Option(help="Focal length in pixels; assumed if no camera is given.")
    ] = None
    camera_info: Annotated[
        Path | None, typer.Option(help="Calibration: camera_calibration's file or a CameraInfo.")
    ] = None
    camera_height_m: Annotated[
        float | None,
        typer.Option(help="Lens above the floor, in metres; else estimated."),
    ] = None
    camera_pitch_deg: Annotated[
        float | None, typer.Option(help="How far the camera looks down, in degrees.")
    ] = None
    image_rotation_deg: Annotated[
        int, typer.Option(help="Clockwise turn that puts the images upright: 0, 90, 180 or 270.")
    ] = 0
    image_topic: Annotated[
        str | None, typer.Option(help="Image topic of a bag; the only one if not given.")
    ] = None
    model_complexity: Annotated[Complexity, typer.Option(help="Size of the landmark network.")] = (
        Complexity.FULL
    )
    lifter: Annotated[Lifter, typer.Option(help="From landmarks to joint angles.")] = (
        Lifter.TRANSFORMER
    )
    start_s: Annotated[float, typer.Option(help="First time to use, in seconds.")] = 0.0
    end_s: Annotated[float | None, typer.Option(help="Last time to use, in seconds.")] = None
    fit_proportions: Annotated[
        bool | None,
        typer.Option(
            help="Fit segment lengths to the recording; if not said, with the geometric lifter.",
            show_default=False,
        ),
    ] = None
    muscles: _Muscles = True
    causal: Annotated[
        bool,
        typer.Option(
            "--causal", help="Answer each image as the live nodes would, without hindsight."
        ),
    ] = False
    overlay: Annotated[bool, typer.Option(help="Draw the result over the video.")] = True
    overwrite: _Overwrite = False
    debug: Debug = False


@dataclass(frozen=True)
class DynamicsOptions:
    """Options of `monomsk dynamics`."""

    motion: Annotated[
        Path,
        typer.Argument(
            metavar="MOTION",
            help="OpenSim coordinates (.mot, .sto) or recorded markers (.c3d, .trc).",
        ),
    ]
    out: _Out = None
    static: Annotated[
        list[Path] | None,
        typer.Option(help="Markers of the same person standing; may be given more than once."),
    ] = None
    markers: Annotated[
        MarkerSetName | None, typer.Option(help="Marker set; found by the markers' names.")
    ] = None
    forces: Annotated[
        Path | None,
        typer.Option(help="Force plates (.mot) beside .trc markers, to compare with."),
    ] = None
    exchange: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A,B",
            help="Two markers whose labels are exchanged in MOTION; may be given more than once.",
        ),
    ] = None
    up: Annotated[
        UpAxis | None, typer.Option(help="Axis of the markers that points up; found if not given.")
    ] = None
    height_m: _Height = None
    mass_kg: _Mass = None
    sex: _Sex = Sex.UNSPECIFIED
    model: _Model = None
    solver: _Solver = Solver.BALANCE
    floor: Annotated[
        str | None, typer.Option(help="'level', or height and rises H[,X,Y], in m and deg.")
    ] = None
    muscles: _Muscles = True
    overwrite: _Overwrite = False
    debug: Debug = False
