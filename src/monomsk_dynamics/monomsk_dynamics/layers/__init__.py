"""Differentiable rigid-body dynamics of a skeleton, for training and for offline optimisation.

Nothing here is imported by the rest of the package: torch and casadi are needed only by who uses
it. Two torch backends with one interface (`body.Body`):

- `pinocchio_body.PinocchioBody`: CPU, Pinocchio's analytical derivatives, one sample after another;
- `torch_body.TorchBody`: batched torch, any device and dtype.

`rollout` simulates, `losses` compares; `casadi_functions` has the same equations for IPOPT.
"""
