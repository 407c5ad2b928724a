"""Namespaces of nodes, as ros2 launch makes them of nested ones."""

from __future__ import annotations


def join_namespace(base: str | None, namespace: str) -> str:
    """Prefix a relative namespace with the one around it; an absolute one stays as it is.

    Args:
        base: The namespace around it; None at the top.
        namespace: The namespace; empty for the base itself.

    Returns:
        An absolute namespace without a trailing slash; `/` for the root.
    """
    absolute = namespace.startswith("/") or not base
    return "/" + (namespace if absolute else f"{base}/{namespace}").strip("/")


def node_key(namespace: str | None, name: str | None) -> str:
    """Name the node in a parameter file; ros2 launch does the same where both are given."""
    if namespace is None or name is None:
        return "/**"
    return f"{namespace.rstrip('/')}/{name}"
