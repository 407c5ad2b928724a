"""The human model: skeleton, inertias, limits, landmarks, sole contact points, scaling, URDF."""
