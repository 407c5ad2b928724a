"""Where training runs: one processor, one GPU, or several of either, each filming for itself."""

from __future__ import annotations

import torch
from lightning_fabric import Fabric

from monomsk_training.config import OptimizerOptions


def launched(options: OptimizerOptions) -> Fabric:
    """The devices of the configuration, ready; with several, the other processes are started.

    Each process goes through the program from its beginning, on its own device. What torch makes
    afterwards without being told where (films, bodies) lands on that device.

    Args:
        options: Name the device and the number of processes.
    """
    has_gpu = torch.cuda.is_available()
    device = ("cuda" if has_gpu else "cpu") if options.device == "auto" else options.device
    everything = "auto" if device == "cuda" else 1
    fabric = Fabric(
        accelerator=device, devices=options.processes or everything, precision="bf16-mixed"
    )
    fabric.launch()
    # now: with several processes, launching shares all cores out
    torch.set_num_threads(options.threads)
    if fabric.device.type != "cpu":
        torch.set_default_device(fabric.device)
    return fabric
