"""One thread for all tests of the training: more only wait for each other at this size."""

import torch

torch.set_num_threads(1)
